"""Merchants, what opens their doors, and the people who work for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from tallystick import money
from tallystick.base import Instant, Kind, RefusalCode
from tallystick.web import KeyKind

PLATFORM = "platform"
"""The place of a membership that covers every merchant."""


class MerchantRefusal(RefusalCode):
    """Why this room refuses."""

    API_KEY_MISSING = "api_key_missing", Kind.UNAUTHENTICATED
    API_KEY_INVALID = "api_key_invalid", Kind.UNAUTHENTICATED
    API_KEY_EXPIRED = "api_key_expired", Kind.UNAUTHENTICATED
    SIGN_IN_FAILED = "sign_in_failed", Kind.UNAUTHENTICATED
    SIGN_IN_THROTTLED = "sign_in_throttled", Kind.LATER
    ROLE_INSUFFICIENT = "role_insufficient", Kind.FORBIDDEN
    MERCHANT_MISSING = "merchant_missing", Kind.MISSING
    KEY_MISSING = "api_key_unknown", Kind.MISSING
    USER_MISSING = "user_missing", Kind.MISSING
    EMAIL_TAKEN = "email_taken", Kind.STATE
    NAME_INVALID = "name_invalid", Kind.INVALID
    EMAIL_INVALID = "email_invalid", Kind.INVALID
    COUNTRY_INVALID = "country_invalid", Kind.INVALID
    PASSWORD_INVALID = "password_invalid", Kind.INVALID
    FEE_INVALID = "fee_invalid", Kind.INVALID


@dataclass(frozen=True, slots=True)
class Merchant:
    """Somebody who is paid through the platform. Test and live mode are two separate books of one merchant."""

    id: str
    name: str
    email: str
    country: str
    default_currency: str
    created: Instant


@dataclass(frozen=True, slots=True)
class FeePlan:
    """What the platform charges: `basis_points` hundredths of a percent, plus a fixed amount per currency."""

    basis_points: int = 0
    fixed_minor: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def fee(self, minor: int, currency: str) -> int:
        """Our fee in minor units on `minor` units of `currency` (capitals); never more than the amount itself."""
        return min(minor, money.portion(minor, self.basis_points) + self.fixed_minor.get(currency, 0))


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as far as anyone may see it after it was issued."""

    id: str
    merchant_id: str
    kind: KeyKind
    livemode: bool
    name: str
    last4: str
    created: Instant
    revoked: Instant | None
    last_used_day: int | None
    """Day since the epoch on which the key was last used, to the day only."""

    @property
    def hint(self) -> str:
        """The two ends of the key: `sk_test_…4f2c`."""
        return f"{prefix(self.kind, livemode=self.livemode)}…{self.last4}"


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key together with its secret, which is shown this once and kept nowhere."""

    key: ApiKey
    secret: str


def prefix(kind: KeyKind, *, livemode: bool) -> str:
    """How keys of this kind and mode begin."""
    return f"{'sk' if kind is KeyKind.SECRET else 'pk'}_{'live' if livemode else 'test'}_"


class Role(StrEnum):
    """What a person may do at a merchant, or everywhere (PLATFORM)."""

    OWNER = "owner"
    OPERATOR = "operator"
    FINANCE = "finance"
    VIEWER = "viewer"


class Permission(StrEnum):
    """What can be asked for."""

    READ = "read"
    PAY = "pay"
    """Refund, capture, cancel; send webhooks again."""
    CLOSE = "close"
    """Work on breaks, sign off, close days."""
    MANAGE = "manage"
    """Keys, people, fees."""


PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.OWNER: frozenset(Permission),
        Role.OPERATOR: frozenset({Permission.READ, Permission.PAY}),
        Role.FINANCE: frozenset({Permission.READ, Permission.CLOSE}),
        Role.VIEWER: frozenset({Permission.READ}),
    }
)


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in to the dashboard."""

    id: str
    email: str
    name: str
    roles: Mapping[str, Role]
    """Role by merchant id, or by PLATFORM for all merchants."""

    def may(self, permission: Permission, merchant_id: str) -> bool:
        """Whether a role of this person at the merchant, or on the platform, allows it."""
        places = (self.roles.get(merchant_id), self.roles.get(PLATFORM))
        return any(role is not None and permission in PERMISSIONS[role] for role in places)


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in until `expires`. Forms must carry `csrf_token`."""

    user: User
    csrf_token: str
    expires: Instant


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session with its token, which goes into the browser's cookie and is kept nowhere else."""

    token: str
    session: Session
