"""Which processor takes a payment, which one next if it fails, and the record of why."""

from tallystick.routing.choose import RuleSettings, choose, next_after, routes
from tallystick.routing.model import ANY, Decision, Routes, RoutingRefusal, Rule
from tallystick.routing.record import Recorded, decisions_of, record

__all__ = [
    "ANY",
    "Decision",
    "Recorded",
    "Routes",
    "RoutingRefusal",
    "Rule",
    "RuleSettings",
    "choose",
    "decisions_of",
    "next_after",
    "record",
    "routes",
]
