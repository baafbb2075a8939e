"""The door of the day close: check, lock, prove."""

from tallystick.close import proof
from tallystick.close.api import endpoints
from tallystick.close.checks import CHECKS
from tallystick.close.day import day, preview
from tallystick.close.look import closed, closes
from tallystick.close.model import Checked, Clearing, Closed, CloseRefusal, Finding, Line, Preview, SignedOff
from tallystick.close.proof import verify

__all__ = [
    "CHECKS",
    "Checked",
    "Clearing",
    "CloseRefusal",
    "Closed",
    "Finding",
    "Line",
    "Preview",
    "SignedOff",
    "closed",
    "closes",
    "day",
    "endpoints",
    "preview",
    "proof",
    "verify",
]
