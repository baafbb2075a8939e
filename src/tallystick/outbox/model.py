"""What an event is: an immutable account of one change, with its place in the order of all commits.

The payload is the whole event object as JSON, in Stripe's shape (docs.stripe.com/api/events/object), frozen when it is
written: what a receiver reads later is what was true then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.base import Instant, Kind, RefusalCode


class OutboxRefusal(RefusalCode):
    """Why something cannot be done with events."""

    MISSING = "resource_missing", Kind.MISSING
    UNKNOWN_BROKER = "broker_unknown", Kind.INVALID


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """All of an event but its payload: enough to decide who wants it."""

    id: str
    type: str
    merchant_id: str
    livemode: bool
    created: Instant
    seq: int = 0
    """Place in commit order; 0 before the event is committed. There are gaps."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Head:
        """As stored."""
        return cls(**row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Head):
    """An event with its payload, the bytes every receiver gets."""

    payload: bytes

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Event:
        """As stored."""
        return cls(**{**row, "payload": row["payload"].encode()})
