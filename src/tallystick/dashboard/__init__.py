"""Pages for operators and merchants. The dashboard asks rooms through their doors and decides nothing."""

from tallystick.dashboard.doors import Doors
from tallystick.dashboard.mount import app

__all__ = ["Doors", "app"]
