"""tables of idempotency."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("key", steps.text(255), nullable=False),
        sa.Column("operation_id", steps.text(64), nullable=False),
        sa.Column("fingerprint", steps.text(64), nullable=False),
        sa.Column("request_id", steps.text(64), nullable=False),
        sa.Column("instance", steps.text(64), nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", steps.long_text(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created"], unique=False)
    op.create_table(
        "server_instances",
        sa.Column("name", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("boot", sa.Integer(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_instances")),
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
