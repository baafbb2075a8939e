"""tables of webhooks."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("endpoint_id", steps.text(64), nullable=False),
        sa.Column("event_id", steps.text(64), nullable=False),
        sa.Column("event_type", steps.text(100), nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("status", steps.text(64), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("owner", steps.text(100), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("last_error", steps.text(100), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["due"], unique=False)
    op.create_index("ix_webhook_deliveries_endpoint", "webhook_deliveries", ["endpoint_id", "id"], unique=False)
    op.create_index("ix_webhook_deliveries_finished", "webhook_deliveries", ["finished"], unique=False)
    op.create_index(
        "ix_webhook_deliveries_merchant", "webhook_deliveries", ["merchant_id", "livemode", "id"], unique=False
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("url", steps.text(2000), nullable=False),
        sa.Column("description", steps.text(5000), nullable=True),
        sa.Column("enabled_events", steps.long_text(), nullable=False),
        sa.Column("metadata", steps.long_text(), nullable=False),
        sa.Column("api_version", steps.text(50), nullable=True),
        sa.Column("status", steps.text(64), nullable=False),
        sa.Column("secret", steps.long_text(), nullable=False),
        sa.Column("old_secret", steps.long_text(), nullable=True),
        sa.Column("old_secret_until", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(
        "ix_webhook_endpoints_merchant", "webhook_endpoints", ["merchant_id", "livemode", "id"], unique=False
    )
    op.create_table(
        "webhook_tries",
        sa.Column("delivery_id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", steps.text(100), nullable=True),
        sa.Column("response", steps.text(500), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_webhook_tries")),
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
