"""What is asked of a processor and what can come of it: words shared by every connector.

An outcome is returned, never raised, and there are exactly four. `Unknown` is one of them: the order was sent and no
trustworthy answer came, so the money may or may not have moved, and only `look_up` can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tallystick.base import Instant, Kind, RefusalCode
from tallystick.cards import Card


class ConnectorRefusal(RefusalCode):
    """Why a connector would not do something; the order is the order of the checks."""

    UNKNOWN_PLUG = "connector_unknown_plug", Kind.INVALID
    BAD_SIGNATURE = "notification_signature_invalid", Kind.UNAUTHENTICATED
    STALE_SIGNATURE = "notification_too_old", Kind.UNAUTHENTICATED
    UNREADABLE_NOTIFICATION = "notification_unreadable", Kind.INVALID


@dataclass(frozen=True, slots=True)
class Approved:
    """Done. `reference` is the processor's name for it, `amount` what it says it did, in minor units.

    `currency` is what the processor said, in capitals, where it says one; `raw` is its answer as received.
    """

    reference: str
    amount: int
    raw: bytes = b""
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """Not done, and it will not be done under this key. `retryable` allows offering it to another processor."""

    code: str
    decline_code: str | None
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Sent, and nobody can say yet whether it was done. Ask again with `look_up`; never do it again elsewhere."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """It never reached the processor, or the processor said it touched nothing. It may be offered elsewhere."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The processor's answer to `look_up`: it never saw this key."""

    key: str = ""


Outcome = Approved | Declined | Unknown | NotSent


@dataclass(frozen=True, slots=True)
class AuthorizeOrder:
    """Reserve `amount` on `card`; with `capture`, take it at once. `key` is the attempt's id, unique for ever."""

    key: str
    amount: int
    currency: str
    card: Card
    capture: bool
    payment_id: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    """Take `amount` of an authorisation; `final` releases what is left of it."""

    key: str
    processor_reference: str
    amount: int
    currency: str | None = None
    final: bool = True


@dataclass(frozen=True, slots=True)
class VoidOrder:
    """Release an authorisation, or what is left of it."""

    key: str
    processor_reference: str


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Give `amount` of a captured payment back."""

    key: str
    processor_reference: str
    amount: int
    currency: str | None = None


class NotificationKind(StrEnum):
    """What a processor may tell by itself, in our words."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    INQUIRY = "inquiry"
    FRAUD_WARNING = "fraud_warning"
    OTHER = "other"
    """Something this connector has no word for; kept, and otherwise left alone."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One piece of news from a processor. It may come twice, late and out of order.

    `event_id` is the same in every copy. `key` is our attempt's id where the processor knows it, `reference` the
    processor's payment. `amount` is in minor units.
    """

    event_id: str
    kind: NotificationKind
    key: str | None
    reference: str
    amount: int
    currency: str
    occurred: Instant
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer that arrived whole."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request left this machine, or may have, and no whole answer came back."""

    reason: str
