"""What a payment is: intents, attempts, refunds, disputes, and what may be refused about them.

An *attempt* is one question put to the world (authorise, capture, void, refund). Its id is the key the processor
dedupes by, so asking again can never do the thing twice. A *charge* is how an authorise attempt looks from outside.
Amounts are minor units; times are instants; JSON columns stay text until somebody needs what is inside.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from tallystick import cards
from tallystick.base import Instant, Kind, RefusalCode


class PaymentRefusal(RefusalCode):
    """Why a payment verb refuses, in the order in which the checks are made."""

    RESOURCE_MISSING = "resource_missing", Kind.MISSING
    PARAMETER_MISSING = "parameter_missing", Kind.INVALID
    PARAMETER_INVALID = "parameter_invalid", Kind.INVALID
    PARAMETER_UNSUPPORTED = "parameter_unsupported", Kind.INVALID
    AMOUNT_TOO_SMALL = "amount_too_small", Kind.INVALID
    AMOUNT_TOO_LARGE = "amount_too_large", Kind.INVALID
    CARD_NUMBER_REFUSED = "card_number_refused", Kind.INVALID
    LOCK_TIMEOUT = "lock_timeout", Kind.CONFLICT
    UNEXPECTED_STATE = "payment_intent_unexpected_state", Kind.STATE
    PAYMENT_METHOD_STATE = "payment_method_unexpected_state", Kind.STATE
    CHARGE_NOT_CAPTURED = "charge_not_refundable", Kind.STATE
    CHARGE_DISPUTED = "charge_disputed", Kind.STATE
    CHARGE_ALREADY_REFUNDED = "charge_already_refunded", Kind.STATE
    CAPTURE_DECLINED = "capture_declined", Kind.STATE
    CANCEL_DECLINED = "cancel_declined", Kind.STATE
    REFUND_TOO_LARGE = "refund_amount_too_large", Kind.INSUFFICIENT
    PROCESSOR_UNAVAILABLE = "processor_unavailable", Kind.LATER


class PaymentStatus(StrEnum):
    """Where a payment stands; the words are Stripe's. `processing` means: a question about the hold is open."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class AttemptKind(StrEnum):
    """What the processor is asked to do."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class AttemptState(StrEnum):
    """What is known of an attempt. Only `approved`, `declined` and `not_sent` are final."""

    OPEN = "open"
    UNKNOWN = "unknown"
    APPROVED = "approved"
    DECLINED = "declined"
    NOT_SENT = "not_sent"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(StrEnum):
    """Where a dispute stands. The `warning_` ones are inquiries: no money has moved."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    WON = "won"
    LOST = "lost"


class MovementKind(StrEnum):
    """Money moving at a processor, in the words its settlement report uses."""

    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment intent: a row of `payment_intents`.

    `authorised`, `captured`, `refunded` and `disputed` are minor units of `currency`. `pending_attempt` is the one
    attempt in the world at present; while it is set nothing else may begin. `card`, `metadata`, `options` and
    `last_error` are JSON text (`card` and `last_error` empty when there is none).
    """

    id: str
    merchant: str
    livemode: bool
    created: Instant
    version: int
    status: str
    amount: int
    currency: str
    authorised: int
    captured: int
    refunded: int
    disputed: int
    capture_method: str
    pending_attempt: str | None
    attempts: int
    charge: str
    processor: str
    processor_reference: str
    fee: int
    balance_transaction: str
    customer: str
    payment_method: str
    card: str
    last_error: str
    canceled_at: Instant | None
    cancellation_reason: str
    secret: str
    description: str
    receipt_email: str
    statement_descriptor: str
    metadata: str
    options: str

    @property
    def refundable(self) -> int:
        """Minor units that may still be refunded."""
        return self.captured - self.refunded


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a processor: a row of `attempts`. The id is the processor's idempotency key.

    `parent` is the authorise attempt that a later one follows; `compensates` marks a void or refund the platform
    sends by itself for an approval that came too late. `ask_at` is when `resolve` looks at it next (None: never).
    """

    id: str
    payment: str
    merchant: str
    livemode: bool
    created: Instant
    version: int
    kind: str
    state: str
    number: int
    operation: str
    processor: str
    amount: int
    currency: str
    capture: bool
    parent: str
    refund: str
    compensates: bool
    card: str
    reference: str
    code: str
    decline_code: str
    message: str
    decision: str
    settled: Instant | None
    asked: int
    ask_at: Instant | None


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid with, as payments and attempts remember it: a `cards.Card` and the billing details given with it."""

    token: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    funding: str
    country: str
    fingerprint: str
    billing: dict[str, Any] | None = None

    def card(self) -> cards.Card:
        """What a connector is given."""
        return cards.Card(
            self.token,
            self.brand,
            self.last4,
            self.exp_month,
            self.exp_year,
            self.funding,
            self.country,
            self.fingerprint,
        )


class Options(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a payment carries without acting on it; stored as JSON text."""

    confirmation_method: str = "automatic"
    payment_method_types: tuple[str, ...] = ("card",)
    automatic_payment_methods: dict[str, Any] | None = None
    setup_future_usage: str | None = None
    shipping: dict[str, Any] | None = None
    statement_descriptor_suffix: str | None = None
    transfer_group: str | None = None


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money going back: a row of `refunds`. `attempt` carries it out; `charge` is the authorise attempt it refunds."""

    id: str
    payment: str
    merchant: str
    livemode: bool
    created: Instant
    version: int
    status: str
    amount: int
    currency: str
    charge: str
    attempt: str
    reason: str
    failure_reason: str
    balance_transaction: str
    metadata: str


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """A cardholder's objection: a row of `disputes`.

    `amount` is what the processor says it took, in `currency`; it may differ from the payment's when the card's
    currency did. `provider_id` is the processor's own id of the dispute.
    """

    id: str
    payment: str
    merchant: str
    livemode: bool
    created: Instant
    version: int
    status: str
    amount: int
    currency: str
    reason: str
    charge: str
    processor: str
    provider_id: str
    due_by: Instant
    closed: Instant | None
    transactions: str
    metadata: str


class BalanceTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a merchant's balance: a row of `balance_transactions`, written once and never changed.

    `amount` is signed, `net` is `amount - fee`. `attempt` is the name under which the processor reports the movement:
    the key of our attempt, or the processor's own id of a dispute. `processor_reference` is its name for the payment.
    """

    id: str
    merchant: str
    livemode: bool
    created: Instant
    available_on: Instant
    type: str
    kind: str
    amount: int
    fee: int
    net: int
    currency: str
    source: str
    payment: str
    attempt: str
    processor: str
    processor_reference: str
    description: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who pays: a row of `customers`. `details` is JSON text with address, shipping and the like."""

    id: str
    merchant: str
    livemode: bool
    created: Instant
    version: int
    deleted: bool
    email: str
    name: str
    phone: str
    description: str
    details: str
    metadata: str


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A card somebody may pay with: a row of `payment_methods`. `card` is JSON text of a `cards.Card`."""

    id: str
    merchant: str
    livemode: bool
    created: Instant
    version: int
    customer: str
    detached: bool
    card: str
    billing: str
    metadata: str
