"""The room's tables. States and laws are CHECK constraints made from the tables in `states.py`, so that no program,
ours or a stranger's with a database shell, can write what the lifecycle does not allow.

Keys are time-ordered ids, so that (merchant, livemode, id) serves every "newest first" list as a walk along an index.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, Index, Table

from tallystick import db
from tallystick.payments.model import (
    AttemptKind,
    AttemptState,
    DisputeStatus,
    MovementKind,
    PaymentStatus,
    RefundStatus,
)

DESCRIPTION_LENGTH = 5000
METADATA_PAIRS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500
TOKEN_LENGTH = 120


def _one_of(column: str, members: Iterable[str], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(member)) for member in members)})", name=name)


PAYMENTS = Table(
    "payment_intents",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.integer("version"),
    db.text_id("status"),
    db.minor("amount"),
    db.currency(),
    db.minor("authorised"),
    db.minor("captured"),
    db.minor("refunded"),
    db.minor("disputed"),
    db.text_id("capture_method"),
    db.text_id("pending_attempt", nullable=True),
    db.integer("attempts"),
    db.text_id("charge"),
    db.text_id("processor"),
    db.text("processor_reference", 200),
    db.minor("fee"),
    db.text_id("balance_transaction"),
    db.text_id("customer"),
    db.text_id("payment_method"),
    db.long_text("card"),
    db.long_text("last_error"),
    db.instant("canceled_at", nullable=True),
    db.text_id("cancellation_reason"),
    db.text_id("secret"),
    db.long_text("description"),
    db.text("receipt_email", 512),
    db.text("statement_descriptor", 22),
    db.long_text("metadata"),
    db.long_text("options"),
    _one_of("status", PaymentStatus, "status"),
    _one_of("capture_method", ("automatic", "manual"), "capture_method"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("refunded >= 0 AND refunded <= captured AND captured <= authorised", name="law_5"),
    CheckConstraint("disputed >= 0", name="disputed"),
    CheckConstraint("status <> 'processing' OR pending_attempt IS NOT NULL", name="processing_has_attempt"),
    CheckConstraint("pending_attempt IS NULL OR status IN ('processing', 'succeeded')", name="attempt_has_status"),
    CheckConstraint("status <> 'succeeded' OR captured > 0", name="succeeded_is_captured"),
    Index("ix_payment_intents_list", "merchant", "livemode", "id"),
    Index("ix_payment_intents_status", "merchant", "livemode", "status", "id"),
    Index("ix_payment_intents_customer", "merchant", "livemode", "customer", "id"),
)

ATTEMPTS = Table(
    "attempts",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("payment"),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.integer("version"),
    db.text_id("kind"),
    db.text_id("state"),
    db.integer("number"),
    db.text_id("operation"),
    db.text_id("processor"),
    db.minor("amount"),
    db.currency(),
    db.flag("capture"),
    db.text_id("parent"),
    db.text_id("refund"),
    db.flag("compensates"),
    db.long_text("card"),
    db.text("reference", 200),
    db.text_id("code"),
    db.text_id("decline_code"),
    db.long_text("message"),
    db.long_text("decision"),
    db.instant("settled", nullable=True),
    db.integer("asked"),
    db.instant("ask_at", nullable=True),
    _one_of("kind", AttemptKind, "kind"),
    _one_of("state", AttemptState, "state"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("(settled IS NULL) = (state IN ('open', 'unknown'))", name="settled_when_known"),
    CheckConstraint("(ask_at IS NOT NULL) = (state IN ('open', 'unknown'))", name="asked_while_unknown"),
    Index("ix_attempts_payment", "payment"),
    Index("ix_attempts_list", "merchant", "livemode", "id"),
    Index("ix_attempts_ask_at", "ask_at"),
)

REFUNDS = Table(
    "refunds",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("payment"),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.integer("version"),
    db.text_id("status"),
    db.minor("amount"),
    db.currency(),
    db.text_id("charge"),
    db.text_id("attempt"),
    db.text_id("reason"),
    db.text_id("failure_reason"),
    db.text_id("balance_transaction"),
    db.long_text("metadata"),
    _one_of("status", RefundStatus, "status"),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_refunds_payment", "payment"),
    Index("ix_refunds_list", "merchant", "livemode", "id"),
)

DISPUTES = Table(
    "disputes",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("payment"),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.integer("version"),
    db.text_id("status"),
    db.minor("amount"),
    db.currency(),
    db.text_id("reason"),
    db.text_id("charge"),
    db.text_id("processor"),
    db.text("provider_id", 200),
    db.instant("due_by"),
    db.instant("closed", nullable=True),
    db.long_text("transactions"),
    db.long_text("metadata"),
    _one_of("status", DisputeStatus, "status"),
    CheckConstraint("amount > 0", name="amount"),
    Index("uq_disputes_provider", "processor", "provider_id", unique=True),
    Index("ix_disputes_payment", "payment"),
    Index("ix_disputes_list", "merchant", "livemode", "id"),
)

BALANCE_TRANSACTIONS = Table(
    "balance_transactions",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.instant("available_on"),
    db.text_id("type"),
    db.text_id("kind"),
    db.minor("amount"),
    db.minor("fee"),
    db.minor("net"),
    db.currency(),
    db.text_id("source"),
    db.text_id("payment"),
    db.text("attempt", 200),
    db.text_id("processor"),
    db.text("processor_reference", 200),
    db.long_text("description"),
    _one_of("kind", MovementKind, "kind"),
    CheckConstraint("net = amount - fee", name="net"),
    Index("ix_balance_transactions_payment", "payment"),
    Index("ix_balance_transactions_list", "merchant", "livemode", "id"),
    Index("ix_balance_transactions_type", "merchant", "livemode", "type", "id"),
    Index("ix_balance_transactions_available", "merchant", "livemode", "available_on", "currency", "net"),
)

CUSTOMERS = Table(
    "customers",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.integer("version"),
    db.flag("deleted"),
    db.text("email", 512),
    db.text("name", 256),
    db.text("phone", 40),
    db.long_text("description"),
    db.long_text("details"),
    db.long_text("metadata"),
    Index("ix_customers_list", "merchant", "livemode", "id"),
    Index("ix_customers_email", "merchant", "livemode", "email", "id"),
)

PAYMENT_METHODS = Table(
    "payment_methods",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text_id("merchant"),
    db.flag("livemode"),
    db.instant("created"),
    db.integer("version"),
    db.text_id("customer"),
    db.flag("detached"),
    db.long_text("card"),
    db.long_text("billing"),
    db.long_text("metadata"),
    Index("ix_payment_methods_customer", "merchant", "livemode", "customer", "id"),
)

NOTIFICATIONS = Table(
    "notifications",
    db.METADATA,
    db.text("id", 260, primary_key=True),
    db.text_id("processor"),
    db.text("event_id", 200),
    db.instant("received"),
    db.text_id("kind"),
    db.text_id("attempt"),
    db.long_text("payload"),
)
"""Every notification of a processor, once: the id is the processor's name and its own event id."""

SEARCH_TOKENS = Table(
    "search_tokens",
    db.METADATA,
    db.text_id("merchant", primary_key=True),
    db.flag("livemode", primary_key=True),
    db.text("token", TOKEN_LENGTH, primary_key=True),
    db.text_id("payment", primary_key=True),
    sqlite_with_rowid=False,  # the key is all there is: without it, SQLite would keep and write every row twice
)
"""Words by which a payment is found, filled behind by a consumer of the outbox."""

PAYMENT_EVENTS = Table(
    "payment_events",
    db.METADATA,
    db.text_id("payment", primary_key=True),
    db.text_id("event", primary_key=True),
    db.text("type", 100),
    db.instant("created"),
)
"""Which events tell of a payment, filled behind like the tokens."""

SUMS = Table(
    "payment_sums",
    db.METADATA,
    db.text_id("kind", primary_key=True),
    db.text_id("merchant", primary_key=True),
    db.flag("livemode", primary_key=True),
    db.integer("step_seconds", primary_key=True),
    db.instant("start", primary_key=True),
    db.text_id("name", primary_key=True),
    db.text_id("state", primary_key=True),
    db.minor("minor"),
    db.integer("count"),
    db.integer("version"),
    Index("ix_payment_sums_start", "step_seconds", "start"),
    sqlite_with_rowid=False,
)
"""What was captured (by currency) and asked (by processor and state) in hours and days, summed behind by a timer. A day
that is not over has the hours that are."""

SUMMED_HOURS = Table(
    "summed_hours",
    db.METADATA,
    db.instant("start", primary_key=True),
    db.integer("unsettled"),
    db.flag("watched"),
    db.integer("version"),
    Index("ix_summed_hours_watched", "watched", "start"),
)
"""The hours in `payment_sums`; those before the last that are missing had no rows. `watched` ones may change."""
