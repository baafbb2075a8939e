"""Which processor, in which order, and why: values only."""

from __future__ import annotations

from dataclasses import dataclass

from tallystick.base import Kind, RefusalCode

ANY = "*"


class RoutingRefusal(RefusalCode):
    """Why no route was found."""

    UNKNOWN_PROCESSOR = "routing_unknown_processor", Kind.INVALID
    NO_PROCESSOR = "routing_no_processor", Kind.LATER


@dataclass(frozen=True, slots=True)
class Rule:
    """For this merchant and currency (`*` is any), these processors in this order."""

    processors: tuple[str, ...]
    merchant: str = ANY
    currency: str = ANY

    def fits(self, *, merchant_id: str, currency: str) -> bool:
        """Whether the rule speaks of such a payment."""
        return self.merchant in (ANY, merchant_id) and self.currency in (ANY, currency)

    @property
    def weight(self) -> int:
        """How special the rule is: merchant and currency 3, merchant 2, currency 1, neither 0."""
        return 2 * (self.merchant != ANY) + (self.currency != ANY)


@dataclass(frozen=True, slots=True)
class Routes:
    """All rules. `order` is for payments no rule fits."""

    order: tuple[str, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice. `position` counts from 0; `chosen` is None when no further processor may or can be asked."""

    candidates: tuple[str, ...]
    chosen: str | None
    why: str
    position: int = 0
