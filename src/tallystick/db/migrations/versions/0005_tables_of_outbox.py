"""tables of outbox."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "events",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type", steps.text(100), nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("payload", steps.long_text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_merchant", "events", ["merchant_id", "livemode", "seq"], unique=False)
    op.create_index("ix_events_seq", "events", ["seq"], unique=True)
    op.create_table(
        "outbox_cursors",
        sa.Column("consumer", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name=op.f("pk_outbox_cursors")),
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
