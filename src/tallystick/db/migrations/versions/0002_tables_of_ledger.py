"""tables of ledger."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "ledger_accounts",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("path", steps.text(200), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("name", steps.text(40), nullable=False),
        sa.Column("processor", steps.text(40), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("debits_pending", sa.BigInteger(), nullable=False),
        sa.Column("debits_posted", sa.BigInteger(), nullable=False),
        sa.Column("credits_pending", sa.BigInteger(), nullable=False),
        sa.Column("credits_posted", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(flags & 2) = 0 OR debits_pending + debits_posted <= credits_posted",
            name=op.f("ck_ledger_accounts_exceeds_credits"),
        ),
        sa.CheckConstraint(
            "(flags & 4) = 0 OR credits_pending + credits_posted <= debits_posted",
            name=op.f("ck_ledger_accounts_exceeds_debits"),
        ),
        sa.CheckConstraint(
            "debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0",
            name=op.f("ck_ledger_accounts_sums_not_negative"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
        sa.UniqueConstraint("path", name=op.f("uq_ledger_accounts_path")),
    )
    op.create_index("ix_ledger_accounts_merchant", "ledger_accounts", ["merchant_id", "livemode"], unique=False)
    op.create_table(
        "ledger_holds",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("state", steps.text(8), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'posted', 'voided')", name=op.f("ck_ledger_holds_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_holds")),
    )
    op.create_table(
        "ledger_locks",
        sa.Column("mode", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mode", name=op.f("pk_ledger_locks")),
    )
    op.create_table(
        "ledger_transfers",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("debit_account_id", steps.text(64), nullable=False),
        sa.Column("credit_account_id", steps.text(64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", steps.text(3), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.Column("pending_id", steps.text(64), nullable=True),
        sa.Column("reference", steps.text(64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_ledger_transfers_amount_not_negative")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_ledger_transfers_accounts_differ")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transfers")),
    )
    op.create_index("ix_ledger_transfers_day", "ledger_transfers", ["day"], unique=False)
    op.create_index("ix_ledger_transfers_reference", "ledger_transfers", ["reference"], unique=False)
    steps.only(
        "sqlite",
        "CREATE TRIGGER ledger_transfers_no_update BEFORE UPDATE ON ledger_transfers BEGIN SELECT RAISE(ABORT, 'ledger transfers are append-only'); END",
    )
    steps.only(
        "sqlite",
        "CREATE TRIGGER ledger_transfers_no_delete BEFORE DELETE ON ledger_transfers BEGIN SELECT RAISE(ABORT, 'ledger transfers are append-only'); END",
    )
    steps.only(
        "postgresql",
        "CREATE OR REPLACE FUNCTION ledger_transfers_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ledger transfers are append-only'; END $$",
    )
    steps.only(
        "postgresql",
        "CREATE TRIGGER ledger_transfers_append_only BEFORE UPDATE OR DELETE ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_transfers_append_only()",
    )
    steps.only(
        "postgresql",
        "CREATE TRIGGER ledger_transfers_never_emptied BEFORE TRUNCATE ON ledger_transfers FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfers_append_only()",
    )
    steps.only(
        "mysql",
        "CREATE TRIGGER ledger_transfers_no_update BEFORE UPDATE ON ledger_transfers FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ledger transfers are append-only'",
    )
    steps.only(
        "mysql",
        "CREATE TRIGGER ledger_transfers_no_delete BEFORE DELETE ON ledger_transfers FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ledger transfers are append-only'",
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
