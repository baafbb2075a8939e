"""Lists and search, newest first, by key ranges only: no OFFSET, no COUNT, every walk is along an index.

Ids are time-ordered, so `created` is a range of ids. A statement is built once per combination of filters and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Table, bindparam, select

from tallystick import db
from tallystick.base import Instant, first_suffix_at
from tallystick.payments.store import tables

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        tables.PAYMENTS,
        tables.ATTEMPTS,
        tables.REFUNDS,
        tables.DISPUTES,
        tables.BALANCE_TRANSACTIONS,
        tables.CUSTOMERS,
        tables.PAYMENT_METHODS,
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Which part of a list: at most `limit` rows older than `older_than` or newer than `newer_than` (ids), made from
    `created_from` and before `created_before`, and all of them nearer to that cursor than `nearer_than` (an id)."""

    limit: int = 10
    older_than: str | None = None
    newer_than: str | None = None
    nearer_than: str | None = None
    created_from: Instant | None = None
    created_before: Instant | None = None


async def page(database: db.Database, table: Table, prefix: str, window: Window, **equals: Any) -> list[dict[str, Any]]:
    """Up to `limit` + 1 rows of `table`, nearest to the cursor first, where each column in `equals` has the value given
    (None: any)."""
    given = {name: value for name, value in equals.items() if value is not None}
    owner = {}
    if "payment" in given:
        # A payment has few rows, all of one owner, and they are looked up by it alone: offered the owner as well, a
        # planner without statistics (SQLite's) walks along everything the owner has.
        owner = {name: given.pop(name) for name in ("merchant", "livemode") if name in given}
    bounds = bounds_of(prefix, window)
    query = _query(table.name, tuple(given), tuple(bounds), window.newer_than is not None)
    rows = await database.fetch(query, given | bounds | {"most": window.limit + 1})
    return [row for row in rows if all(row[name] == value for name, value in owner.items())]


def bounds_of(prefix: str, window: Window) -> dict[str, str]:
    """The ends of a window as ids with this prefix."""
    bounds = {}
    if window.older_than is not None:
        bounds["older_than"] = window.older_than
    if window.newer_than is not None:
        bounds["newer_than"] = window.newer_than
    if window.nearer_than is not None:
        bounds["above" if window.newer_than is None else "below"] = window.nearer_than
    if window.created_from is not None:
        bounds["made_from"] = f"{prefix}_{first_suffix_at(window.created_from)}"
    if window.created_before is not None:
        bounds["made_before"] = f"{prefix}_{first_suffix_at(window.created_before)}"
    return bounds


@lru_cache(maxsize=512)
def _query(table_name: str, columns: tuple[str, ...], bounds: tuple[str, ...], ascending: bool) -> db.Query:
    table = TABLES[table_name]
    key = table.c.id
    conditions: list[Any] = [table.c[name] == bindparam(name) for name in columns]
    conditions += [ranges(key)[name] for name in bounds]
    order = key.asc() if ascending else key.desc()
    return db.Query(select(table).where(*conditions).order_by(order).limit(bindparam("most")))


def ranges(key: Any) -> dict[str, Any]:
    """Conditions on a key by the names of `bounds_of`."""
    return {
        "older_than": key < bindparam("older_than"),
        "newer_than": key > bindparam("newer_than"),
        "above": key > bindparam("above"),
        "below": key < bindparam("below"),
        "made_from": key >= bindparam("made_from"),
        "made_before": key < bindparam("made_before"),
    }
