"""Sums for balances and reconciliation: grouped reads over ranges of time-ordered keys."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, select

from tallystick import db
from tallystick.base import MICROSECONDS_PER_DAY, Instant, first_suffix_at
from tallystick.payments.model import BalanceTransaction
from tallystick.payments.store import tables

_T = tables.BALANCE_TRANSACTIONS
_A = tables.ATTEMPTS
_P = tables.PAYMENTS

_PENDING = db.Query(
    select(_T.c.currency, func.sum(_T.c.net).label("net"))
    .where(
        _T.c.merchant == bindparam("merchant"),
        _T.c.livemode == bindparam("livemode"),
        _T.c.available_on > bindparam("now"),
    )
    .group_by(_T.c.currency)
)


async def pending(database: db.Database, merchant: str, now: Instant, *, livemode: bool) -> dict[str, int]:
    """Net minor units by currency that are not available yet."""
    rows = await database.fetch(_PENDING, {"merchant": merchant, "livemode": livemode, "now": now})
    return {row["currency"]: int(row["net"]) for row in rows}


async def movements(
    database: db.Database,
    *,
    livemode: bool,
    since: Instant | None,
    until: Instant | None,
    processor: str | None,
    merchant: str | None,
) -> list[BalanceTransaction]:
    """Balance transactions made from `since` and before `until`, oldest first."""
    query = select(_T).where(_T.c.livemode.is_(livemode))
    if since is not None:
        query = query.where(_T.c.id >= f"txn_{first_suffix_at(since)}")
    if until is not None:
        query = query.where(_T.c.id < f"txn_{first_suffix_at(until)}")
    if processor is not None:
        query = query.where(_T.c.processor == processor)
    if merchant is not None:
        query = query.where(_T.c.merchant == merchant)
    rows = await database.fetch(query.order_by(_T.c.id))
    return [BalanceTransaction(**row) for row in rows]


async def days_moved(
    database: db.Database, *, livemode: bool, since: Instant | None, until: Instant
) -> list[dict[str, Any]]:
    """On which days money moved at which processors: rows (start, processor)."""
    start = (_T.c.created - (_T.c.created % MICROSECONDS_PER_DAY)).label("start")
    query = select(start, _T.c.processor).where(_T.c.livemode.is_(livemode))
    if since is not None:
        query = query.where(_T.c.id >= f"txn_{first_suffix_at(since)}")
    query = query.where(_T.c.id < f"txn_{first_suffix_at(until)}")
    return await database.fetch(query.distinct())


async def unsettled(database: db.Database) -> list[dict[str, Any]]:
    """Attempts without an outcome: rows (livemode, state, count, oldest)."""
    query = (
        select(_A.c.livemode, _A.c.state, func.count().label("count"), func.min(_A.c.created).label("oldest"))
        .where(_A.c.ask_at > 0)  # not "IS NOT NULL", for which SQLite walks through the whole table
        .group_by(_A.c.livemode, _A.c.state)
    )
    return await database.fetch(query)
