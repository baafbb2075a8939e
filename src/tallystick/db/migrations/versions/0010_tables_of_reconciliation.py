"""tables of reconciliation."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "reconciliation_break_notes",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("break_id", steps.text(64), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("made_by", steps.text(200), nullable=False),
        sa.Column("action", steps.text(20), nullable=False),
        sa.Column("note", steps.text(2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_break_notes")),
    )
    op.create_index(
        "ix_reconciliation_break_notes_break_id", "reconciliation_break_notes", ["break_id", "id"], unique=False
    )
    op.create_table(
        "reconciliation_breaks",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("name", steps.text(80), nullable=False),
        sa.Column("break_class", steps.text(20), nullable=False),
        sa.Column("facet", steps.text(12), nullable=False),
        sa.Column("subject", steps.text(200), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("source", steps.text(80), nullable=False),
        sa.Column("account", steps.text(200), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Integer(), nullable=False),
        sa.Column("owner", steps.text(200), nullable=False),
        sa.Column("status", steps.text(12), nullable=False),
        sa.Column("reason", steps.text(500), nullable=False),
        sa.Column("label", steps.text(500), nullable=False),
        sa.Column("item_ids", steps.long_text(), nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("payment_id", steps.text(64), nullable=False),
        sa.Column("run_id", steps.text(64), nullable=False),
        sa.Column("run_day", sa.Integer(), nullable=False),
        sa.Column("settled_by", steps.text(200), nullable=False),
        sa.Column("settled_reason", steps.text(2000), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'cleared', 'resolved', 'signed_off')",
            name=op.f("ck_reconciliation_breaks_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_breaks")),
    )
    op.create_index(
        "ix_reconciliation_breaks_name", "reconciliation_breaks", ["name", "livemode", "status"], unique=False
    )
    op.create_index(
        "ix_reconciliation_breaks_status", "reconciliation_breaks", ["livemode", "status", "seq"], unique=False
    )
    op.create_table(
        "reconciliation_groups",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("name", steps.text(80), nullable=False),
        sa.Column("run_id", steps.text(64), nullable=False),
        sa.Column("rule", steps.text(40), nullable=False),
        sa.Column("key_kind", steps.text(40), nullable=False),
        sa.Column("key_token", steps.text(200), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("left_minor", sa.BigInteger(), nullable=False),
        sa.Column("right_minor", sa.BigInteger(), nullable=False),
        sa.Column("difference_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_difference_minor", sa.BigInteger(), nullable=False),
        sa.Column("certificate", steps.long_text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_groups")),
    )
    op.create_index("ix_reconciliation_groups_run_id", "reconciliation_groups", ["run_id"], unique=False)
    op.create_table(
        "reconciliation_heads",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("run_id", steps.text(64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("files_seq", sa.BigInteger(), nullable=False),
        sa.Column("movements_until", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_heads")),
    )
    op.create_table(
        "reconciliation_items",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("name", steps.text(80), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("item_id", steps.text(64), nullable=False),
        sa.Column("state", steps.text(12), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("source", steps.text(80), nullable=False),
        sa.Column("account", steps.text(200), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("kind", steps.text(20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("batch", steps.text(200), nullable=False),
        sa.Column("token", steps.text(200), nullable=False),
        sa.Column("natural_key", steps.text(64), nullable=False),
        sa.Column("content", steps.text(64), nullable=False),
        sa.Column("label", steps.text(500), nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("payment_id", steps.text(64), nullable=False),
        sa.Column("line_id", steps.text(64), nullable=False),
        sa.Column("group_id", steps.text(64), nullable=True),
        sa.Column("banked_by", steps.text(64), nullable=True),
        sa.Column("opened_on", sa.Integer(), nullable=True),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("run_id", steps.text(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'matched') = (group_id IS NOT NULL)", name=op.f("ck_reconciliation_items_matched_in_a_group")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'matched', 'superseded')", name=op.f("ck_reconciliation_items_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_items")),
    )
    op.create_index("ix_reconciliation_items_batch", "reconciliation_items", ["batch"], unique=False)
    op.create_index("ix_reconciliation_items_group_id", "reconciliation_items", ["group_id"], unique=False)
    op.create_index("ix_reconciliation_items_payment_id", "reconciliation_items", ["payment_id"], unique=False)
    op.create_index(
        "ix_reconciliation_items_state", "reconciliation_items", ["name", "livemode", "state"], unique=False
    )
    op.create_index(
        "ix_reconciliation_items_token", "reconciliation_items", ["name", "livemode", "token"], unique=False
    )
    op.create_table(
        "reconciliation_runs",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("name", steps.text(80), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("made_by", steps.text(200), nullable=False),
        sa.Column("verdict", steps.text(32), nullable=False),
        sa.Column("left_items", sa.Integer(), nullable=False),
        sa.Column("right_items", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("in_break", sa.Integer(), nullable=False),
        sa.Column("superseded", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Integer(), nullable=False),
        sa.Column("breaks", sa.Integer(), nullable=False),
        sa.Column("engine", steps.text(40), nullable=False),
        sa.Column("digest", steps.text(64), nullable=False),
        sa.Column("previous_id", steps.text(64), nullable=True),
        sa.Column("record", steps.long_text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_runs")),
    )
    op.create_index("ix_reconciliation_runs_day", "reconciliation_runs", ["livemode", "day"], unique=False)
    op.create_index("ix_reconciliation_runs_seq", "reconciliation_runs", ["livemode", "seq"], unique=False)


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
