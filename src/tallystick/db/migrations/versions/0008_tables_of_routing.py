"""tables of routing."""

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
        "routing_decisions",
        sa.Column("id", steps.ascii_text(64), autoincrement=False, nullable=False),
        sa.Column("payment_id", steps.ascii_text(64), nullable=False),
        sa.Column("merchant_id", steps.ascii_text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("candidates", steps.long_text(), nullable=False),
        sa.Column("chosen", steps.unicode_text(100), nullable=True),
        sa.Column("why", steps.unicode_text(500), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_decisions")),
    )
    op.create_index("ix_routing_decisions_payment_id", "routing_decisions", ["payment_id", "position"], unique=False)


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
