"""The demo: a business day through the official SDK, with planted trouble, judged by exit code."""

from tallystick.demo.control import ControlFailed
from tallystick.demo.day import FEWEST
from tallystick.demo.house import NotPossible, Options
from tallystick.demo.processes import StartFailed
from tallystick.demo.progress import Show
from tallystick.demo.run import Result, demo
from tallystick.demo.screen import as_data, show
from tallystick.demo.settle import NeverSettled

__all__ = [
    "FEWEST",
    "ControlFailed",
    "NeverSettled",
    "NotPossible",
    "Options",
    "Result",
    "Show",
    "StartFailed",
    "as_data",
    "demo",
    "show",
]
