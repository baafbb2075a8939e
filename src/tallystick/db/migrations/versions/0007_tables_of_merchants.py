"""tables of merchants."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "api_keys",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("digest", steps.text(64), nullable=False),
        sa.Column("merchant_id", steps.text(64), nullable=False),
        sa.Column("kind", steps.text(16), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("name", steps.text(100), nullable=False),
        sa.Column("last4", steps.text(4), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.Column("last_used_day", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
    op.create_index("ix_api_keys_merchant_id", "api_keys", ["merchant_id", "livemode"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("user_id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("merchant_id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("role", steps.text(16), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "merchant_id", name=op.f("pk_memberships")),
    )
    op.create_table(
        "merchant_fixed_fees",
        sa.Column("merchant_id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("currency", steps.text(3), autoincrement=False, nullable=False),
        sa.Column("fixed_minor", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "currency", name=op.f("pk_merchant_fixed_fees")),
    )
    op.create_table(
        "merchants",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("name", steps.text(200), nullable=False),
        sa.Column("email", steps.text(320), nullable=False),
        sa.Column("country", steps.text(2), nullable=False),
        sa.Column("default_currency", steps.text(3), nullable=False),
        sa.Column("fee_basis_points", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchants")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("user_id", steps.text(64), nullable=False),
        sa.Column("csrf_token", steps.text(64), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expires", "sessions", ["expires"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "sign_in_attempts",
        sa.Column("subject", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index("ix_sign_in_attempts_since", "sign_in_attempts", ["since"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", steps.text(64), autoincrement=False, nullable=False),
        sa.Column("email", steps.text(320), nullable=False),
        sa.Column("name", steps.text(200), nullable=False),
        sa.Column("password_hash", steps.text(300), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
