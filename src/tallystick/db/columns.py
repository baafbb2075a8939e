"""Column makers, so that every table means the same thing by a type on SQLite, PostgreSQL and MySQL.

Text compares byte by byte everywhere (collation C or binary): ids sort the same on every store. Money is a BIGINT of
minor units, an instant a BIGINT of microseconds, JSON is text. There is no floating-point column.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of all rooms that have been imported."""

ID_LENGTH = 64


def _string(length: int) -> TypeEngine[str]:
    """One character set for all text: a question that MySQL cannot put in a column's own is an error, not a miss."""
    plain: TypeEngine[str] = String(length)
    return plain.with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql").with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb"
    )


def _column(name: str, kind: TypeEngine[Any], options: dict[str, Any]) -> Column[Any]:
    options.setdefault("nullable", False)
    if options.get("primary_key"):
        options.setdefault("autoincrement", False)
    return Column(name, kind, **options)


def text_id(name: str = "id", **options: Any) -> Column[str]:
    """A prefixed id, or another short ASCII key, of at most 64 characters."""
    return _column(name, _string(ID_LENGTH), options)


def text(name: str, length: int, **options: Any) -> Column[str]:
    """Unicode text of at most `length` characters."""
    return _column(name, _string(length), options)


def long_text(name: str, **options: Any) -> Column[str]:
    """Unicode text of any length; JSON documents are kept so."""
    kind: TypeEngine[str] = Text()
    kind = kind.with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")
    return _column(name, kind, options)


def blob(name: str, **options: Any) -> Column[bytes]:
    """Bytes of any length."""
    kind: TypeEngine[bytes] = LargeBinary()
    return _column(name, kind.with_variant(mysql.LONGBLOB(), "mysql", "mariadb"), options)


def minor(name: str, **options: Any) -> Column[int]:
    """Minor units of a currency that another column names."""
    return _column(name, BigInteger(), options)


def instant(name: str, **options: Any) -> Column[int]:
    """Microseconds since the Unix epoch, UTC."""
    return _column(name, BigInteger(), options)


def integer(name: str, **options: Any) -> Column[int]:
    """A 32-bit whole number: a version, a count, a day since the epoch."""
    return _column(name, Integer(), options)


def big_integer(name: str, **options: Any) -> Column[int]:
    """A 64-bit whole number that is neither money nor time."""
    return _column(name, BigInteger(), options)


def sequence(name: str = "seq", **options: Any) -> Column[int]:
    """A number that the group commit fills, increasing in commit order over all processes."""
    return _column(name, BigInteger(), options)


def flag(name: str, **options: Any) -> Column[bool]:
    """True or false."""
    return _column(name, Boolean(create_constraint=False), options)


def currency(name: str = "currency", **options: Any) -> Column[str]:
    """Three capital letters of ISO 4217."""
    return _column(name, _string(3), options)
