"""tables of jobs."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "jobs",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("kind", steps.text(100), nullable=False),
        sa.Column("payload", steps.long_text(), nullable=False),
        sa.Column("state", steps.text(64), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("owner", steps.text(100), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", steps.text(1000), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_due", "jobs", ["due"], unique=False)
    op.create_index("ix_jobs_state", "jobs", ["state", "id"], unique=False)
    op.create_table(
        "timers",
        sa.Column("name", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("owner", steps.text(100), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_timers")),
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
