"""Pages for operators and merchants. The dashboard asks rooms through their doors and decides nothing."""

from tallystick.dashboard.doors import Doors
from tallystick.dashboard.mount import app, site
from tallystick.dashboard.pages import rooms

__all__ = ["Doors", "app", "rooms", "site"]
