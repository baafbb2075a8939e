"""${message}."""

import sqlalchemy as sa
from alembic import op

from tallystick.db.migrations import steps

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Backward: a database that keeps books is restored from its backup, not rolled back."""
    raise RuntimeError("restore the backup that was made before the migration")
