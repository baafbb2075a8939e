"""Processors behind one contract: orders go out, outcomes come back, never an exception."""

from tallystick.connectors.contract import Caller, Connector, Plug
from tallystick.connectors.http import Transport
from tallystick.connectors.inside import Inside
from tallystick.connectors.model import (
    Approved,
    AuthorizeOrder,
    CaptureOrder,
    ConnectorRefusal,
    Declined,
    NoAnswer,
    NotFound,
    Notification,
    NotificationKind,
    NotSent,
    Outcome,
    RefundOrder,
    Response,
    Unknown,
    VoidOrder,
)
from tallystick.connectors.registry import PLUGS, build

__all__ = [
    "PLUGS",
    "Approved",
    "AuthorizeOrder",
    "Caller",
    "CaptureOrder",
    "Connector",
    "ConnectorRefusal",
    "Declined",
    "Inside",
    "NoAnswer",
    "NotFound",
    "NotSent",
    "Notification",
    "NotificationKind",
    "Outcome",
    "Plug",
    "RefundOrder",
    "Response",
    "Transport",
    "Unknown",
    "VoidOrder",
    "build",
]
