"""What the payments list and the payment page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tallystick.base import Instant
from tallystick.dashboard.view.developers import DeliveryRow
from tallystick.money import Money


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment in a list."""

    id: str
    created: Instant
    amount: Money
    status: str
    merchant: str
    method: str
    """Brand and last four digits, such as `visa 4242`; empty before a method is attached."""
    processor: str
    customer: str
    description: str
    refunded_minor: int = 0
    disputed: bool = False
    declined: bool = False
    """The last attempt was declined; the payment waits for another method."""

    @property
    def state(self) -> str:
        """The state a reader looks for: a dispute or refund says more than `succeeded`, a decline more than
        waiting for a method."""
        if self.disputed:
            return "disputed"
        if self.refunded_minor and self.refunded_minor >= self.amount.minor:
            return "refunded"
        if self.refunded_minor:
            return "partially_refunded"
        return "declined" if self.declined and self.status == "requires_payment_method" else self.status


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What to list. `before` and `after` are payment ids to page from; empty text means no filter."""

    query: str = ""
    status: str = ""
    processor: str = ""
    currency: str = ""
    before: str = ""
    after: str = ""
    limit: int = 25


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    """One page of payments, newest first; `older` and `newer` are the ids to page from, where there is more."""

    rows: tuple[PaymentRow, ...]
    older: str | None
    newer: str | None
    processors: tuple[str, ...]
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of a payment's timeline."""

    at: Instant
    kind: str
    """request, decision, attempt, posting, event, webhook, statement, match, dispute or close."""
    title: str
    detail: str = ""
    state: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    href: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer in the books: the same amount debited to one account and credited to another."""

    id: str
    at: Instant
    debit: str
    credit: str
    amount: Money
    reason: str
    state: str
    """posted, pending or voided."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """What a processor or bank wrote about this payment."""

    id: str
    source: str
    file: str
    place: str
    """Line number or element in the file."""
    booked: date | None
    kind: str
    amount: Money
    fee: Money | None
    reference: str
    state: str
    """matched, pending, break, read, duplicate or superseded."""


@dataclass(frozen=True, slots=True)
class Match:
    """A group of items that belong together, with the evidence it rests on."""

    id: str
    run_id: str
    tier: str
    rule: str
    evidence: str
    left: Money
    right: Money


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """News of this payment."""

    id: str
    type: str
    created: Instant


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """All that is known of one payment."""

    row: PaymentRow
    captured: Money
    fee: Money | None
    net: Money | None
    capture_method: str
    customer_email: str
    statement_descriptor: str
    last_error: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    timeline: tuple[Moment, ...] = ()
    postings: tuple[Posting, ...] = ()
    events: tuple[PaymentEvent, ...] = ()
    deliveries: tuple[DeliveryRow, ...] = ()
    lines: tuple[StatementLine, ...] = ()
    matches: tuple[Match, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
