"""The table of closed days and every statement on it. A close is never changed: a trigger refuses it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Index, Table, bindparam, select

from tallystick import db

Row = dict[str, Any]
_EPOCH = date(1970, 1, 1).toordinal()

CLOSES = Table(
    "closes",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.sequence("seq"),
    db.flag("livemode"),
    db.integer("day"),
    db.instant("created"),
    db.text("closed_by", 200),
    db.text("digest", 64),
    db.text("previous_digest", 64),
    db.long_text("proof"),
    Index("ix_closes_day", "livemode", "day", unique=True),
)

db.append_only(CLOSES, "a closed day never changes")

ADD_CLOSE = db.Insert(CLOSES, sequenced="seq")

_ONE = db.Query(select(CLOSES).where(CLOSES.c.livemode == bindparam("livemode"), CLOSES.c.day == bindparam("day")))
_BEFORE = db.Query(
    select(CLOSES)
    .where(CLOSES.c.livemode == bindparam("livemode"), CLOSES.c.day < bindparam("day"))
    .order_by(CLOSES.c.day.desc())
    .limit(1)
)


def number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """The date of a day number."""
    return date.fromordinal(day + _EPOCH)


async def one(database: db.Database, day: date, *, livemode: bool) -> Row | None:
    """The close of a day."""
    return await database.first(_ONE, {"livemode": livemode, "day": number(day)})


async def before(database: db.Database, day: date, *, livemode: bool) -> Row | None:
    """The last close before a day."""
    return await database.first(_BEFORE, {"livemode": livemode, "day": number(day)})


async def page(
    database: db.Database,
    *,
    livemode: bool,
    limit: int,
    first: date | None = None,
    last: date | None = None,
    cursor: int | None = None,
    backwards: bool = False,
) -> list[Row]:
    """Closes newest day first; backwards, the nearest newer ones, oldest first."""
    query = select(CLOSES).where(CLOSES.c.livemode == livemode)
    if first is not None:
        query = query.where(CLOSES.c.day >= number(first))
    if last is not None:
        query = query.where(CLOSES.c.day <= number(last))
    if cursor is not None:
        query = query.where(CLOSES.c.day > cursor if backwards else CLOSES.c.day < cursor)
    order = CLOSES.c.day.asc() if backwards else CLOSES.c.day.desc()
    return await database.fetch(query.order_by(order).limit(limit))
