"""The rack of checks, in the order in which they are shown: one file each, one name in the tuple."""

from tallystick.close.checks.breaks_settled import BreaksSettled
from tallystick.close.checks.clearing_explained import ClearingExplained
from tallystick.close.checks.contract import Check
from tallystick.close.checks.day_over import DayOver
from tallystick.close.checks.files_arrived import FilesArrived
from tallystick.close.checks.nothing_unknown import NothingUnknown
from tallystick.close.checks.reconciled import Reconciled
from tallystick.close.checks.trial_balance import TrialBalance

CHECKS: tuple[Check, ...] = (
    DayOver(),
    TrialBalance(),
    NothingUnknown(),
    FilesArrived(),
    Reconciled(),
    BreaksSettled(),
    ClearingExplained(),
)

__all__ = ["CHECKS", "Check"]
