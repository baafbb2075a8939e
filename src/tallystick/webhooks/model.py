"""Endpoints a merchant wants news at, and one delivery per endpoint and event.

Shapes and rules are Stripe's (docs.stripe.com/webhooks, docs.stripe.com/api/webhook_endpoints); deliveries, which
Stripe shows only in its dashboard, follow the same conventions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from tallystick.base import MICROSECONDS_PER_SECOND, Instant, Kind, RefusalCode
from tallystick.jobs import spread

ALL_EVENTS = "*"
PING = "tallystick.ping"
"""The event that tests an endpoint; it goes to that endpoint alone."""
MOST_ENDPOINTS = 16
"""Endpoints of one merchant in one mode, as at Stripe."""
MOST_TYPES = 300
RESPONSE_BYTES = 500
"""How much of a receiver's answer is kept."""
KEPT_DAYS = 30
"""How long a delivery that is over can be seen and sent again."""

LIVE_PAUSES_SECONDS = (10, 60, 300, 1_800, 7_200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200)
"""Pauses between tries in live mode: from ten seconds to twelve hours, within three days."""
TEST_PAUSES_SECONDS = (10, 300)
"""Pauses in test mode: three tries, as in Stripe's sandbox; a receiver that is down there is a closed laptop."""

_TYPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?", re.ASCII)


class EndpointStatus(StrEnum):
    """Whether news is sent."""

    ENABLED = "enabled"
    DISABLED = "disabled"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """To be tried, or being tried."""
    SUCCEEDED = "succeeded"
    """The receiver answered 2xx."""
    FAILED = "failed"
    """Tried as often as allowed; sent again only when somebody says so."""
    CANCELED = "canceled"
    """The endpoint was disabled or deleted before it got through."""


class WebhookRefusal(RefusalCode):
    """Why a webhook request is refused."""

    MISSING = "resource_missing", Kind.MISSING
    URL_INVALID = "url_invalid", Kind.INVALID
    EVENTS_INVALID = "enabled_events_invalid", Kind.INVALID
    METADATA_INVALID = "metadata_invalid", Kind.INVALID
    TOO_MANY = "webhook_endpoints_limit", Kind.STATE
    NOT_ENABLED = "webhook_endpoint_not_enabled", Kind.STATE


class Trouble(StrEnum):
    """Why a try got no answer."""

    TIMEOUT = "timeout"
    UNRESOLVED = "name_not_resolved"
    FORBIDDEN = "address_forbidden"
    UNREACHABLE = "connection_failed"
    TLS = "tls_failed"
    PROTOCOL = "protocol_error"
    SECRET = "secret_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a merchant wants to hear what. Secrets are sealed; see seal.py."""

    id: str
    merchant_id: str
    livemode: bool
    url: str
    description: str | None
    enabled_events: tuple[str, ...]
    metadata: Mapping[str, str]
    api_version: str | None
    status: EndpointStatus
    secret: str
    old_secret: str | None
    old_secret_until: Instant | None
    created: Instant
    version: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Endpoint:
        """As stored."""
        return cls(
            **{
                **row,
                "enabled_events": tuple(msgspec.json.decode(row["enabled_events"])),
                "metadata": msgspec.json.decode(row["metadata"]),
                "status": EndpointStatus(row["status"]),
            }
        )

    def wants(self, event_type: str) -> bool:
        """Whether this endpoint is to hear of events of this type."""
        return event_type != PING and any(matches(pattern, event_type) for pattern in self.enabled_events)

    def sealed_secrets(self, now: Instant) -> list[str]:
        """The secrets that sign now: the present one, and the former one until its time is over."""
        former = self.old_secret if (self.old_secret_until or 0) > now else None
        return [self.secret] if former is None else [self.secret, former]


def matches(pattern: str, event_type: str) -> bool:
    """`*` is everything, `charge.*` a group, anything else itself."""
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def is_event_pattern(text: str) -> bool:
    """Whether this can be asked for in `enabled_events`."""
    return text == ALL_EVENTS or (len(text) <= 100 and _TYPE.fullmatch(text) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint. `step` counts the tries since it was made or last sent again."""

    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    merchant_id: str
    livemode: bool
    status: DeliveryStatus
    due: Instant | None
    owner: str
    step: int
    tries: int
    http_status: int | None
    last_error: str | None
    created: Instant
    finished: Instant | None
    version: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Delivery:
        """As stored."""
        return cls(**{**row, "status": DeliveryStatus(row["status"])})

    @property
    def under_way(self) -> bool:
        """Whether some process holds it."""
        return self.status is DeliveryStatus.PENDING and self.owner != ""

    def held_like(self, other: Delivery) -> bool:
        """Whether both are the same holding: same owner, same try, still held."""
        return self.under_way and (self.owner, self.tries) == (other.owner, other.tries)

    def next_try(self, now: Instant) -> Instant | None:
        """When to try again after try `step` failed; None when that was the last."""
        if self.spent:
            return None
        pause = self._pauses[self.step - 1] * MICROSECONDS_PER_SECOND
        return Instant(now + pause - spread(self.id, self.step, pause // 10))

    @property
    def spent(self) -> bool:
        """Whether every try of this round has been begun."""
        return self.step > len(self._pauses)

    @property
    def _pauses(self) -> tuple[int, ...]:
        return LIVE_PAUSES_SECONDS if self.livemode else TEST_PAUSES_SECONDS


def delivery_id(event_id: str, endpoint_id: str) -> str:
    """One per event and endpoint; sorts by the event's time, and an event's deliveries stand together."""
    return f"{delivery_prefix(event_id)}{endpoint_id.partition('_')[2]}"


def delivery_prefix(event_id: str) -> str:
    """What the ids of an event's deliveries begin with."""
    return f"whd_{event_id.partition('_')[2]}_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The receiver answered: status, and the first bytes of what it said."""

    status: int
    body: bytes = b""

    @property
    def well(self) -> bool:
        """Any 2xx; a redirect is not followed and counts as a failure."""
        return 200 <= self.status < 300


Answer = Reply | Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt at a delivery."""

    delivery_id: str
    number: int
    started: Instant
    duration_us: int
    http_status: int | None
    error: str | None
    response: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Try:
        """As stored."""
        return cls(**row)

    @classmethod
    def of(cls, delivery: Delivery, answer: Answer, *, started: Instant, ended: Instant) -> Try:
        """What this answer to this delivery's present try is kept as."""
        replied = isinstance(answer, Reply)
        text = answer.body[:RESPONSE_BYTES].decode("utf-8", "replace") if isinstance(answer, Reply) else ""
        return cls(
            delivery_id=delivery.id,
            number=delivery.tries,
            started=started,
            duration_us=max(0, ended - started),
            http_status=answer.status if isinstance(answer, Reply) else None,
            error=None if replied else str(answer),
            response=text.replace("\x00", "\ufffd"),
        )
