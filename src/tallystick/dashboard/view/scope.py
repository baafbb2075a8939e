"""Who looks, and at whose money: every door is asked with a `Scope`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant whose payments the visitor may see."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person. `operator` may close days and sign off breaks; others read."""

    id: str
    email: str
    name: str
    operator: bool
    merchants: tuple[Merchant, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one page may show: one merchant or (None) all the visitor's, in live or in test mode."""

    visitor: Visitor
    merchant_id: str | None
    livemode: bool

    @property
    def merchant_ids(self) -> tuple[str, ...]:
        """The merchants to show, never more than the visitor's own."""
        return tuple(m.id for m in self.visitor.merchants if self.merchant_id in (None, m.id))

    def merchant_name(self, merchant_id: str) -> str:
        """The merchant's name, or its id where it is unknown to the visitor."""
        return next((m.name for m in self.visitor.merchants if m.id == merchant_id), merchant_id)
