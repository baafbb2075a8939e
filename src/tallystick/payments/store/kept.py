"""Volumes and approvals, summed from rows or read from the hours and days that are kept in `payment_sums`.

A row belongs to the hour in which it was booked or asked, which is the time in its id: a range of time is a range of
keys, for rows as for sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, bindparam, case, func, literal_column, select, union_all

from tallystick import db
from tallystick.base import MICROSECONDS_PER_SECOND, Instant, first_suffix_at
from tallystick.payments.store import tables

HOUR, DAY = 3_600, 86_400
CAPTURED, ASKED = "captured", "asked"
_STEPS_AT_ONCE = 100
_T, _A, _S, _H = tables.BALANCE_TRANSACTIONS, tables.ATTEMPTS, tables.SUMS, tables.SUMMED_HOURS
_PREFIXES = {_T.name: "txn", _A.name: "att"}

Row = dict[str, Any]


def _within(table: Table, since: Instant, until: Instant) -> list[Any]:
    prefix, key = _PREFIXES[table.name], table.c.id
    return [key >= f"{prefix}_{first_suffix_at(since)}", key < f"{prefix}_{first_suffix_at(until)}"]


async def volume(
    database: db.Database,
    *,
    merchants: Sequence[str],
    livemode: bool,
    since: Instant,
    until: Instant,
    origin: Instant,
    step_us: int,
) -> list[Row]:
    """Captured from the rows: (currency, step, minor, count), steps of `step_us` counted from `origin`."""
    found: list[Row] = []
    while since < until:
        first = (since - origin) // step_us
        end = Instant(min(until, origin + (first + _STEPS_AT_ONCE) * step_us))
        last = (end - 1 - origin) // step_us
        ends = [f"txn_{first_suffix_at(Instant(origin + (n + 1) * step_us))}" for n in range(first, last)]
        step: Any = literal_column(str(last))
        if ends:
            step = case(*((_T.c.id < e, literal_column(str(first + n))) for n, e in enumerate(ends)), else_=step)
        rows = (
            select(_T.c.currency, step.label("step"), _T.c.amount)
            .where(_T.c.merchant.in_(list(merchants)), _T.c.livemode.is_(livemode), *_within(_T, since, end))
            .where(_T.c.kind == "charge")
            .subquery("rows")
        )
        sums = (func.sum(rows.c.amount).label("minor"), func.count().label("count"))
        found += await database.fetch(
            select(rows.c.currency, rows.c.step, *sums).group_by(rows.c.currency, rows.c.step)
        )
        since = end
    return found


async def approvals(
    database: db.Database, *, merchants: Sequence[str], livemode: bool, since: Instant, until: Instant
) -> list[Row]:
    """Authorise attempts from the rows: (processor, state, count)."""
    query = (
        select(_A.c.processor, _A.c.state, func.count().label("count"))
        .where(_A.c.merchant.in_(list(merchants)), _A.c.livemode.is_(livemode), *_within(_A, since, until))
        .where(_A.c.kind == "authorize")
        .group_by(_A.c.processor, _A.c.state)
    )
    return await database.fetch(query)


def _kept(kind: str, merchants: Sequence[str], livemode: bool, since: Instant, until: Instant, grain: int) -> list[Any]:
    return [
        _S.c.kind == kind,
        _S.c.merchant.in_(list(merchants)),
        _S.c.livemode.is_(livemode),
        _S.c.step_seconds == grain,
        _S.c.start >= since,
        _S.c.start < until,
    ]


async def kept_volume(
    database: db.Database, *, merchants: Sequence[str], livemode: bool, since: Instant, until: Instant, grain: int
) -> list[Row]:
    """Captured in the kept steps of `grain` seconds that begin from `since` and before `until`: (currency, start,
    minor, count)."""
    query = (
        select(
            _S.c.name.label("currency"),
            _S.c.start,
            func.sum(_S.c.minor).label("minor"),
            func.sum(_S.c["count"]).label("count"),
        )
        .where(*_kept(CAPTURED, merchants, livemode, since, until, grain))
        .group_by(_S.c.name, _S.c.start)
    )
    return await database.fetch(query)


async def kept_approvals(
    database: db.Database, *, merchants: Sequence[str], livemode: bool, since: Instant, until: Instant, grain: int
) -> list[Row]:
    """Authorise attempts of the kept steps, as `kept_volume`: (processor, state, count)."""
    query = (
        select(_S.c.name.label("processor"), _S.c.state, func.sum(_S.c["count"]).label("count"))
        .where(*_kept(ASKED, merchants, livemode, since, until, grain))
        .group_by(_S.c.name, _S.c.state)
    )
    return await database.fetch(query)


# --- for keeping them ---

_MARK = db.Query(select(func.max(_H.c.start).label("start")))
_WATCHED = db.Query(select(_H).where(_H.c.watched.is_(True)).order_by(_H.c.start))
_ONE_HOUR = db.Query(select(_H).where(_H.c.start == bindparam("start")))
_UNSETTLED = db.Query(select(_A.c.id).where(_A.c.ask_at > 0, _A.c.kind == "authorize"))
_FIRST = {
    table.name: db.Query(select(func.min(table.c.id).label("id")).where(table.c.id >= bindparam("key")))
    for table in (_T, _A)
}
_OF_STEP = db.Query(select(_S).where(_S.c.step_seconds == bindparam("step"), _S.c.start == bindparam("start")))


async def mark(database: db.Database) -> Instant | None:
    """Until when every hour is kept; None before the first."""
    row = await database.first(_MARK)
    start = row["start"] if row else None
    return None if start is None else Instant(start + HOUR * MICROSECONDS_PER_SECOND)


async def first_keys(database: db.Database, since: Instant) -> list[str]:
    """The first movement and the first attempt made from `since`, as far as there are any."""
    found = []
    for name, query in _FIRST.items():
        row = await database.first(query, {"key": f"{_PREFIXES[name]}_{first_suffix_at(since)}"})
        found += [row["id"]] if row and row["id"] is not None and row["id"].startswith(_PREFIXES[name]) else []
    return found


async def hour(database: db.Database, start: Instant) -> Row | None:
    """The note that an hour is kept."""
    return await database.first(_ONE_HOUR, {"start": start})


async def watched(database: db.Database) -> list[Row]:
    """The hours that are to be looked at again, in order."""
    return await database.fetch(_WATCHED)


async def unsettled(database: db.Database) -> list[str]:
    """Ids of all authorise attempts without an outcome."""
    return [row["id"] for row in await database.fetch(_UNSETTLED)]


async def of_rows(database: db.Database, since: Instant, until: Instant) -> list[Row]:
    """Everybody's sums of a stretch of time, from the rows: (kind, merchant, livemode, name, state, minor, count)."""
    count = func.count().label("count")
    captured = (
        select(
            literal_column(f"'{CAPTURED}'").label("kind"),
            _T.c.merchant,
            _T.c.livemode,
            _T.c.currency.label("name"),
            literal_column("''").label("state"),
            func.sum(_T.c.amount).label("minor"),
            count,
        )
        .where(*_within(_T, since, until), _T.c.kind == "charge")
        .group_by(_T.c.merchant, _T.c.livemode, _T.c.currency)
    )
    asked = (
        select(
            literal_column(f"'{ASKED}'").label("kind"),
            _A.c.merchant,
            _A.c.livemode,
            _A.c.processor.label("name"),
            _A.c.state,
            literal_column("0").label("minor"),
            count,
        )
        .where(*_within(_A, since, until), _A.c.kind == "authorize")
        .group_by(_A.c.merchant, _A.c.livemode, _A.c.processor, _A.c.state)
    )
    return await database.fetch(union_all(captured, asked))


async def of_step(database: db.Database, start: Instant, step: int) -> list[Row]:
    """The kept sums of the hour or day (`step` seconds) that begins at `start`."""
    return await database.fetch(_OF_STEP, {"start": start, "step": step})
