"""Lists and search, newest first, by key ranges only: no OFFSET, no COUNT, every walk is along an index.

Ids are time-ordered, so `created` is a range of ids. A statement is built once per combination of filters and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    `created_from` and before `created_before`."""

    limit: int = 10
    older_than: str | None = None
    newer_than: str | None = None
    created_from: Instant | None = None
    created_before: Instant | None = None


async def page(database: db.Database, table: Table, prefix: str, window: Window, **equals: Any) -> list[dict[str, Any]]:
    """Up to `limit` + 1 rows of `table`, nearest to the cursor first, where each column in `equals` has the value given
    (None: any)."""
    given = {name: value for name, value in equals.items() if value is not None}
    bounds = _bounds(prefix, window)
    query = _query(table.name, tuple(given), tuple(bounds), window.newer_than is not None)
    return await database.fetch(query, given | bounds | {"most": window.limit + 1})


def _bounds(prefix: str, window: Window) -> dict[str, str]:
    bounds = {}
    if window.older_than is not None:
        bounds["older_than"] = window.older_than
    if window.newer_than is not None:
        bounds["newer_than"] = window.newer_than
    if window.created_from is not None:
        bounds["made_from"] = f"{prefix}_{first_suffix_at(window.created_from)}"
    if window.created_before is not None:
        bounds["made_before"] = f"{prefix}_{first_suffix_at(window.created_before)}"
    return bounds


@lru_cache(maxsize=512)
def _query(table_name: str, columns: tuple[str, ...], bounds: tuple[str, ...], ascending: bool) -> db.Query:
    table = TABLES[table_name]
    key = table.c.id
    conditions = [table.c[name] == bindparam(name) for name in columns]
    ranges = {
        "older_than": key < bindparam("older_than"),
        "newer_than": key > bindparam("newer_than"),
        "made_from": key >= bindparam("made_from"),
        "made_before": key < bindparam("made_before"),
    }
    conditions += [ranges[name] for name in bounds]
    order = key.asc() if ascending else key.desc()
    return db.Query(select(table).where(*conditions).order_by(order).limit(bindparam("most")))


# --- search ---


async def search(
    database: db.Database,
    *,
    merchants: Sequence[str],
    livemode: bool,
    tokens: Sequence[str],
    equals: Mapping[str, str],
    window: Window,
) -> list[dict[str, Any]]:
    """Up to `limit` + 1 payments that carry all `tokens` and whose columns in `equals` have these values."""
    values: dict[str, Any] = {"livemode": livemode, "most": window.limit + 1}
    values |= {f"merchant{n}": merchant for n, merchant in enumerate(merchants)}
    values |= {f"token{n}": token for n, token in enumerate(tokens)}
    values |= {f"is_{name}": value for name, value in equals.items()}
    bounds = _bounds("pi", window)
    query = _search(len(merchants), len(tokens), tuple(equals), tuple(bounds), window.newer_than is not None)
    return await database.fetch(query, values | bounds)


@lru_cache(maxsize=512)
def _search(
    merchants: int, tokens: int, columns: tuple[str, ...], bounds: tuple[str, ...], ascending: bool
) -> db.Query:
    """Without tokens a walk along the payments; with them a walk along the first token's entries."""
    payments = tables.PAYMENTS
    first = tables.SEARCH_TOKENS.alias("t0")
    key = first.c.payment if tokens else payments.c.id
    place = first if tokens else payments
    conditions = [place.c.livemode == bindparam("livemode")]
    names: list[Any] = [bindparam(f"merchant{n}") for n in range(merchants)]
    conditions.append(place.c.merchant == names[0] if merchants == 1 else place.c.merchant.in_(names))
    source: Any = payments
    if tokens:
        conditions.append(first.c.token == bindparam("token0"))
        source = first.join(payments, payments.c.id == first.c.payment)
    for n in range(1, tokens):
        other = tables.SEARCH_TOKENS.alias(f"t{n}")
        source = source.join(
            other,
            (other.c.merchant == first.c.merchant)
            & (other.c.livemode == first.c.livemode)
            & (other.c.token == bindparam(f"token{n}"))
            & (other.c.payment == first.c.payment),
        )
    conditions += [payments.c[name] == bindparam(f"is_{name}") for name in columns]
    ranges = {
        "older_than": key < bindparam("older_than"),
        "newer_than": key > bindparam("newer_than"),
        "made_from": key >= bindparam("made_from"),
        "made_before": key < bindparam("made_before"),
    }
    conditions += [ranges[name] for name in bounds]
    order = key.asc() if ascending else key.desc()
    return db.Query(select(payments).select_from(source).where(*conditions).order_by(order).limit(bindparam("most")))
