"""tables of payments."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "attempts",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("payment", steps.text(64), nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", steps.text(64), nullable=False),
        sa.Column("state", steps.text(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("operation", steps.text(64), nullable=False),
        sa.Column("processor", steps.text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("capture", sa.Boolean(), nullable=False),
        sa.Column("parent", steps.text(64), nullable=False),
        sa.Column("refund", steps.text(64), nullable=False),
        sa.Column("compensates", sa.Boolean(), nullable=False),
        sa.Column("card", steps.long_text(), nullable=False),
        sa.Column("reference", steps.text(200), nullable=False),
        sa.Column("code", steps.text(64), nullable=False),
        sa.Column("decline_code", steps.text(64), nullable=False),
        sa.Column("message", steps.long_text(), nullable=False),
        sa.Column("decision", steps.long_text(), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("ask_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(ask_at IS NOT NULL) = (state IN ('open', 'unknown'))", name=op.f("ck_attempts_asked_while_unknown")
        ),
        sa.CheckConstraint(
            "(settled IS NULL) = (state IN ('open', 'unknown'))", name=op.f("ck_attempts_settled_when_known")
        ),
        sa.CheckConstraint("kind IN ('authorize', 'capture', 'void', 'refund')", name=op.f("ck_attempts_kind")),
        sa.CheckConstraint(
            "state IN ('open', 'unknown', 'approved', 'declined', 'not_sent')", name=op.f("ck_attempts_state")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_attempts_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_ask_at", "attempts", ["ask_at"], unique=False)
    op.create_index("ix_attempts_list", "attempts", ["merchant", "livemode", "id"], unique=False)
    op.create_index("ix_attempts_payment", "attempts", ["payment"], unique=False)
    op.create_table(
        "balance_transactions",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("available_on", sa.BigInteger(), nullable=False),
        sa.Column("type", steps.text(64), nullable=False),
        sa.Column("kind", steps.text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("source", steps.text(64), nullable=False),
        sa.Column("payment", steps.text(64), nullable=False),
        sa.Column("attempt", steps.text(200), nullable=False),
        sa.Column("processor", steps.text(64), nullable=False),
        sa.Column("processor_reference", steps.text(200), nullable=False),
        sa.Column("description", steps.long_text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('charge', 'refund', 'dispute', 'dispute_reversal')", name=op.f("ck_balance_transactions_kind")
        ),
        sa.CheckConstraint("net = amount - fee", name=op.f("ck_balance_transactions_net")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_transactions")),
    )
    op.create_index(
        "ix_balance_transactions_available",
        "balance_transactions",
        ["merchant", "livemode", "available_on", "currency", "net"],
        unique=False,
    )
    op.create_index(
        "ix_balance_transactions_list", "balance_transactions", ["merchant", "livemode", "id"], unique=False
    )
    op.create_index("ix_balance_transactions_payment", "balance_transactions", ["payment"], unique=False)
    op.create_index(
        "ix_balance_transactions_type", "balance_transactions", ["merchant", "livemode", "type", "id"], unique=False
    )
    op.create_table(
        "customers",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("email", steps.text(512), nullable=False),
        sa.Column("name", steps.text(256), nullable=False),
        sa.Column("phone", steps.text(40), nullable=False),
        sa.Column("description", steps.long_text(), nullable=False),
        sa.Column("details", steps.long_text(), nullable=False),
        sa.Column("metadata", steps.long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index("ix_customers_email", "customers", ["merchant", "livemode", "email", "id"], unique=False)
    op.create_index("ix_customers_list", "customers", ["merchant", "livemode", "id"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("payment", steps.text(64), nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", steps.text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("reason", steps.text(64), nullable=False),
        sa.Column("charge", steps.text(64), nullable=False),
        sa.Column("processor", steps.text(64), nullable=False),
        sa.Column("provider_id", steps.text(200), nullable=False),
        sa.Column("due_by", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=True),
        sa.Column("transactions", steps.long_text(), nullable=False),
        sa.Column("metadata", steps.long_text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('warning_needs_response', 'warning_closed', 'needs_response', 'won', 'lost')",
            name=op.f("ck_disputes_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_disputes_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_list", "disputes", ["merchant", "livemode", "id"], unique=False)
    op.create_index("ix_disputes_payment", "disputes", ["payment"], unique=False)
    op.create_index("uq_disputes_provider", "disputes", ["processor", "provider_id"], unique=True)
    op.create_table(
        "notifications",
        sa.Column("id", steps.text(260), autoincrement=False, nullable=False),
        sa.Column("processor", steps.text(64), nullable=False),
        sa.Column("event_id", steps.text(200), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("kind", steps.text(64), nullable=False),
        sa.Column("attempt", steps.text(64), nullable=False),
        sa.Column("payload", steps.long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
    )
    op.create_table(
        "payment_events",
        sa.Column("payment", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("event", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("type", steps.text(100), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("payment", "event", name=op.f("pk_payment_events")),
    )
    op.create_table(
        "payment_intents",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", steps.text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("authorised", sa.BigInteger(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("disputed", sa.BigInteger(), nullable=False),
        sa.Column("capture_method", steps.text(64), nullable=False),
        sa.Column("pending_attempt", steps.text(64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("charge", steps.text(64), nullable=False),
        sa.Column("processor", steps.text(64), nullable=False),
        sa.Column("processor_reference", steps.text(200), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("balance_transaction", steps.text(64), nullable=False),
        sa.Column("customer", steps.text(64), nullable=False),
        sa.Column("payment_method", steps.text(64), nullable=False),
        sa.Column("card", steps.long_text(), nullable=False),
        sa.Column("last_error", steps.long_text(), nullable=False),
        sa.Column("canceled_at", sa.BigInteger(), nullable=True),
        sa.Column("cancellation_reason", steps.text(64), nullable=False),
        sa.Column("secret", steps.text(64), nullable=False),
        sa.Column("description", steps.long_text(), nullable=False),
        sa.Column("receipt_email", steps.text(512), nullable=False),
        sa.Column("statement_descriptor", steps.text(22), nullable=False),
        sa.Column("metadata", steps.long_text(), nullable=False),
        sa.Column("options", steps.long_text(), nullable=False),
        sa.CheckConstraint("capture_method IN ('automatic', 'manual')", name=op.f("ck_payment_intents_capture_method")),
        sa.CheckConstraint(
            "pending_attempt IS NULL OR status IN ('processing', 'succeeded')",
            name=op.f("ck_payment_intents_attempt_has_status"),
        ),
        sa.CheckConstraint(
            "status <> 'processing' OR pending_attempt IS NOT NULL",
            name=op.f("ck_payment_intents_processing_has_attempt"),
        ),
        sa.CheckConstraint(
            "status <> 'succeeded' OR captured > 0", name=op.f("ck_payment_intents_succeeded_is_captured")
        ),
        sa.CheckConstraint(
            "status IN ('requires_payment_method', 'requires_confirmation', 'processing', 'requires_capture', 'succeeded', 'canceled')",
            name=op.f("ck_payment_intents_status"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_intents_amount")),
        sa.CheckConstraint("disputed >= 0", name=op.f("ck_payment_intents_disputed")),
        sa.CheckConstraint(
            "refunded >= 0 AND refunded <= captured AND captured <= authorised", name=op.f("ck_payment_intents_law_5")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_intents")),
    )
    op.create_index(
        "ix_payment_intents_customer", "payment_intents", ["merchant", "livemode", "customer", "id"], unique=False
    )
    op.create_index("ix_payment_intents_list", "payment_intents", ["merchant", "livemode", "id"], unique=False)
    op.create_index(
        "ix_payment_intents_status", "payment_intents", ["merchant", "livemode", "status", "id"], unique=False
    )
    op.create_table(
        "payment_methods",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer", steps.text(64), nullable=False),
        sa.Column("detached", sa.Boolean(), nullable=False),
        sa.Column("card", steps.long_text(), nullable=False),
        sa.Column("billing", steps.long_text(), nullable=False),
        sa.Column("metadata", steps.long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_methods")),
    )
    op.create_index(
        "ix_payment_methods_customer", "payment_methods", ["merchant", "livemode", "customer", "id"], unique=False
    )
    op.create_table(
        "payment_sums",
        sa.Column("kind", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("livemode", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("step_seconds", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("state", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "kind", "merchant", "livemode", "step_seconds", "start", "name", "state", name=op.f("pk_payment_sums")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_payment_sums_start", "payment_sums", ["step_seconds", "start"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("payment", steps.text(64), nullable=False),
        sa.Column("merchant", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", steps.text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("charge", steps.text(64), nullable=False),
        sa.Column("attempt", steps.text(64), nullable=False),
        sa.Column("reason", steps.text(64), nullable=False),
        sa.Column("failure_reason", steps.text(64), nullable=False),
        sa.Column("balance_transaction", steps.text(64), nullable=False),
        sa.Column("metadata", steps.long_text(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name=op.f("ck_refunds_status")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refunds_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
    )
    op.create_index("ix_refunds_list", "refunds", ["merchant", "livemode", "id"], unique=False)
    op.create_index("ix_refunds_payment", "refunds", ["payment"], unique=False)
    op.create_table(
        "search_tokens",
        sa.Column("merchant", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("livemode", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("token", steps.text(120), autoincrement=False, nullable=False),
        sa.Column("payment", steps.text(64), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("merchant", "livemode", "token", "payment", name=op.f("pk_search_tokens")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "summed_hours",
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("unsettled", sa.Integer(), nullable=False),
        sa.Column("watched", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("start", name=op.f("pk_summed_hours")),
    )
    op.create_index("ix_summed_hours_watched", "summed_hours", ["watched", "start"], unique=False)


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
