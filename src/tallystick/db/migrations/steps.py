"""Words for migrations: types that mean the same on every database, and statements for one database only.

A migration that has been released never changes, so neither may what a word here means: add a new one instead.
"""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine


def text(length: int) -> TypeEngine[str]:
    """Unicode text of at most `length` characters, compared byte by byte; ids and codes too."""
    plain: TypeEngine[str] = String(length)
    return plain.with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql").with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
    )


def long_text() -> TypeEngine[str]:
    """Text of any length."""
    plain: TypeEngine[str] = Text()
    return plain.with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def blob() -> TypeEngine[bytes]:
    """Bytes of any length."""
    plain: TypeEngine[bytes] = LargeBinary()
    return plain.with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def only(dialect: str, *statements: str) -> None:
    """Run statements on one kind of database: sqlite, postgresql or mysql (MariaDB included)."""
    bind = op.get_bind()
    name = "mysql" if bind.dialect.name == "mariadb" else bind.dialect.name
    if name == dialect:
        for statement in statements:
            bind.exec_driver_sql(statement.replace("%", "%%") if name == "mysql" else statement)


def spelled(kind: Any) -> str | None:
    """How a column type is written in a migration; None for those SQLAlchemy writes well itself."""
    variant = getattr(kind, "_variant_mapping", {}).get("mysql")
    if isinstance(variant, mysql.LONGTEXT):
        return "steps.long_text()"
    if isinstance(variant, mysql.LONGBLOB):
        return "steps.blob()"
    if isinstance(variant, mysql.VARCHAR):
        return f"steps.text({variant.length})"
    return None
