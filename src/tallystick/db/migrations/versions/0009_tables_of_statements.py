"""tables of statements."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "statement_files",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("owner", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("format", steps.text(40), nullable=False),
        sa.Column("format_version", steps.text(40), nullable=False),
        sa.Column("name", steps.text(255), nullable=False),
        sa.Column("source", steps.text(100), nullable=False),
        sa.Column("sha256", steps.text(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("statements", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("proof", steps.text(16), nullable=False),
        sa.Column("missing", steps.long_text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_files")),
    )
    op.create_index("ix_statement_files_owner", "statement_files", ["owner", "livemode", "seq"], unique=False)
    op.create_table(
        "statement_items",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("line_id", steps.text(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_items")),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("file_id", steps.text(64), nullable=False),
        sa.Column("statement_id", steps.text(64), nullable=False),
        sa.Column("statement", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("element", steps.text(200), nullable=False),
        sa.Column("item_id", steps.text(64), nullable=False),
        sa.Column("owner", steps.text(64), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("family", steps.text(16), nullable=False),
        sa.Column("account", steps.text(200), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("natural_key", steps.text(64), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("digest", steps.text(64), nullable=False),
        sa.Column("state", steps.text(16), nullable=False),
        sa.Column("other_id", steps.text(64), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("booked_day", sa.Integer(), nullable=True),
        sa.Column("value_day", sa.Integer(), nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("occurred", sa.BigInteger(), nullable=True),
        sa.Column("kind", steps.text(20), nullable=False),
        sa.Column("status", steps.text(16), nullable=False),
        sa.Column("reversal", sa.Boolean(), nullable=False),
        sa.Column("code", steps.text(200), nullable=False),
        sa.Column("text", steps.long_text(), nullable=False),
        sa.Column("additional", steps.long_text(), nullable=False),
        sa.Column("party", steps.text(200), nullable=False),
        sa.Column("party_account", steps.text(200), nullable=False),
        sa.Column("return_reason", steps.text(200), nullable=False),
        sa.Column("tokens", steps.long_text(), nullable=False),
        sa.Column("details", steps.long_text(), nullable=False),
        sa.Column("charges", steps.long_text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'duplicate', 'superseded')", name=op.f("ck_statement_lines_state_known")
        ),
        sa.CheckConstraint(
            "amount_minor = gross_minor - fee_minor", name=op.f("ck_statement_lines_net_is_gross_less_fee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_lines")),
    )
    op.create_index("ix_statement_lines_day", "statement_lines", ["owner", "livemode", "family", "day"], unique=False)
    op.create_index("ix_statement_lines_file_id", "statement_lines", ["file_id", "ordinal"], unique=False)
    op.create_index("ix_statement_lines_item_id", "statement_lines", ["item_id"], unique=False)
    op.create_index("ix_statement_lines_statement_id", "statement_lines", ["statement_id"], unique=False)
    op.create_table(
        "statement_references",
        sa.Column("line_id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("kind", steps.text(40), autoincrement=False, nullable=False),
        sa.Column("detail", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", steps.text(200), nullable=False),
        sa.PrimaryKeyConstraint("line_id", "kind", "detail", name=op.f("pk_statement_references")),
    )
    op.create_index("ix_statement_references_token", "statement_references", ["token", "kind"], unique=False)
    op.create_table(
        "statements",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("file_id", steps.text(64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("scoped_key", steps.text(64), nullable=False),
        sa.Column("family", steps.text(16), nullable=False),
        sa.Column("identity", steps.text(200), nullable=False),
        sa.Column("sequence", steps.text(450), nullable=False),
        sa.Column("account", steps.text(200), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=True),
        sa.Column("to_day", sa.Integer(), nullable=True),
        sa.Column("opening_minor", sa.BigInteger(), nullable=True),
        sa.Column("closing_minor", sa.BigInteger(), nullable=True),
        sa.Column("balances", steps.long_text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("proof", steps.text(16), nullable=False),
        sa.Column("missing", steps.long_text(), nullable=False),
        sa.Column("checks", steps.long_text(), nullable=False),
        sa.Column("reversals", steps.text(16), nullable=False),
        sa.Column("superseded_by", steps.text(64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
    )
    op.create_index("ix_statements_file_id", "statements", ["file_id"], unique=False)
    op.create_index("ix_statements_scoped_key", "statements", ["scoped_key"], unique=False)


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
