"""tables of db."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "commit_order",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commit_order")),
    )
    op.bulk_insert(sa.table("commit_order", sa.column("id"), sa.column("seq")), [{"id": 1, "seq": 0}])


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
