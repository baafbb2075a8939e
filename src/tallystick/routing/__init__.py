"""Which processor takes a payment, and which one next if it fails."""

from tallystick.routing.choose import RuleSettings, choose, next_after, routes
from tallystick.routing.model import ANY, Decision, Routes, RoutingRefusal, Rule

__all__ = [
    "ANY",
    "Decision",
    "Routes",
    "RoutingRefusal",
    "Rule",
    "RuleSettings",
    "choose",
    "next_after",
    "routes",
]
