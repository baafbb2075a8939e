"""Who looks, and at whose money: every door is asked with a `Scope`."""

from __future__ import annotations

from dataclasses import dataclass

from tallystick.merchants import PLATFORM, Permission, User


@dataclass(frozen=True, slots=True)
class Merchant:
    """A merchant whose payments the visitor may see."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in person with the merchants they may see. Every form they send must carry `form_token`."""

    user: User
    form_token: str
    merchants: tuple[Merchant, ...]

    @property
    def email(self) -> str:
        """How breaks name their owner."""
        return self.user.email

    @property
    def name(self) -> str:
        """How pages name the person."""
        return self.user.name

    @property
    def platform(self) -> bool:
        """Whether they see what covers all merchants: reconciliation, breaks, day close."""
        return self.user.may(Permission.READ, PLATFORM)

    @property
    def closes(self) -> bool:
        """Whether they may work on breaks and close days."""
        return self.user.may(Permission.CLOSE, PLATFORM)

    @property
    def sends(self) -> bool:
        """Whether they may send webhooks again, somewhere."""
        return any(self.user.may(Permission.PAY, merchant.id) for merchant in self.merchants)

    @property
    def managed(self) -> tuple[Merchant, ...]:
        """The merchants whose keys they may make and revoke."""
        return tuple(m for m in self.merchants if self.user.may(Permission.MANAGE, m.id))

    @property
    def role(self) -> str:
        """Their role in a word: on the platform, or at the first merchant."""
        places = (PLATFORM, *(merchant.id for merchant in self.merchants))
        return next((self.user.roles[place].value for place in places if place in self.user.roles), "guest")


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
