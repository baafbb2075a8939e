"""What the webhook, API key and system pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tallystick.base import Instant


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One event on its way to one endpoint."""

    id: str
    event_id: str
    event_type: str
    url: str
    state: str
    """delivered, pending, retrying or failed."""
    attempts: int
    http_status: int | None
    created: Instant
    next_at: Instant | None
    error: str


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """Where a merchant wants to hear."""

    id: str
    url: str
    enabled: bool
    events: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """Deliveries newest first; `older` is the id to page from."""

    rows: tuple[DeliveryRow, ...]
    endpoints: tuple[EndpointRow, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """An API key as far as it may be shown: only its ends."""

    id: str
    merchant: str
    kind: str
    """secret or publishable."""
    hint: str
    name: str
    created: Instant
    last_used: date | None
    """The day; which hour is not kept."""
    revoked: Instant | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its one showing."""

    row: KeyRow
    key: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the system page looked at: good, wait or bad, and what to do about it."""

    name: str
    state: str
    detail: str
    advice: str = ""
