"""tables of close."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "closes",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", steps.text(200), nullable=False),
        sa.Column("digest", steps.text(64), nullable=False),
        sa.Column("previous_digest", steps.text(64), nullable=False),
        sa.Column("proof", steps.long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closes")),
    )
    op.create_index("ix_closes_day", "closes", ["livemode", "day"], unique=True)
    steps.only(
        "sqlite",
        "CREATE TRIGGER closes_no_update BEFORE UPDATE ON closes BEGIN SELECT RAISE(ABORT, 'a closed day never changes'); END",
    )
    steps.only(
        "sqlite",
        "CREATE TRIGGER closes_no_delete BEFORE DELETE ON closes BEGIN SELECT RAISE(ABORT, 'a closed day never changes'); END",
    )
    steps.only(
        "postgresql",
        "CREATE OR REPLACE FUNCTION closes_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a closed day never changes'; END $$",
    )
    steps.only(
        "postgresql",
        "CREATE TRIGGER closes_append_only BEFORE UPDATE OR DELETE ON closes FOR EACH ROW EXECUTE FUNCTION closes_append_only()",
    )
    steps.only(
        "postgresql",
        "CREATE TRIGGER closes_never_emptied BEFORE TRUNCATE ON closes FOR EACH STATEMENT EXECUTE FUNCTION closes_append_only()",
    )
    steps.only(
        "mysql",
        "CREATE TRIGGER closes_no_update BEFORE UPDATE ON closes FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a closed day never changes'",
    )
    steps.only(
        "mysql",
        "CREATE TRIGGER closes_no_delete BEFORE DELETE ON closes FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a closed day never changes'",
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
