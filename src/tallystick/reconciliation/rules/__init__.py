"""The rack of match rules: one file each, one name in the tuple and in the union a spec may hold."""

from tallystick.reconciliation.rules.batch import Batch
from tallystick.reconciliation.rules.composite_exact import CompositeExact
from tallystick.reconciliation.rules.contract import Board, Pass, Rule
from tallystick.reconciliation.rules.exchangeable import Exchangeable
from tallystick.reconciliation.rules.strong_key import StrongKey

RULES = (StrongKey, Batch, CompositeExact, Exchangeable)
Tier = StrongKey | Batch | CompositeExact | Exchangeable

__all__ = ["RULES", "Batch", "Board", "CompositeExact", "Exchangeable", "Pass", "Rule", "StrongKey", "Tier"]
