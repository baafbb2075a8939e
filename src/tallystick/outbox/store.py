"""Tables `events` and `outbox_cursors`, and every statement on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Index, Table, and_, bindparam, func, or_, select

from tallystick import db
from tallystick.base import Instant
from tallystick.outbox.model import Event, Head

EVENTS = Table(
    "events",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.sequence("seq"),
    db.text("type", 100),
    db.text_id("merchant_id"),
    db.flag("livemode"),
    db.long_text("payload"),
    db.instant("created"),
    Index("ix_events_seq", "seq", unique=True),
    Index("ix_events_merchant", "merchant_id", "livemode", "seq"),
)

CURSORS = Table(
    "outbox_cursors",
    db.METADATA,
    db.text_id("consumer", primary_key=True),
    db.big_integer("seq"),
    db.instant("moved"),
    db.integer("version"),
)

ADD = db.Insert(EVENTS, sequenced="seq")
ADD_CURSOR = db.Insert(CURSORS)
SAVE_CURSOR = db.Update(CURSORS, key=("consumer",), guard="version", set=("seq", "moved"))

_HEAD_COLUMNS = (
    EVENTS.c.id,
    EVENTS.c.seq,
    EVENTS.c.type,
    EVENTS.c.merchant_id,
    EVENTS.c.livemode,
    EVENTS.c.created,
)
_LAST = db.Query(select(func.max(EVENTS.c.seq).label("seq")))
_CURSOR = db.Query(select(CURSORS).where(CURSORS.c.consumer == bindparam("consumer")))
_AFTER = and_(EVENTS.c.seq > bindparam("after"), EVENTS.c.seq <= bindparam("last"))
_HEADS = db.Query(select(*_HEAD_COLUMNS).where(_AFTER).order_by(EVENTS.c.seq).limit(bindparam("limit")))
_WHOLE = db.Query(
    select(EVENTS).where(EVENTS.c.seq >= bindparam("first"), EVENTS.c.seq <= bindparam("last")).order_by(EVENTS.c.seq)
)
_ONE = db.Query(select(EVENTS).where(EVENTS.c.id == bindparam("id")))
_OLDEST_AFTER = db.Query(
    select(EVENTS.c.created).where(EVENTS.c.seq > bindparam("after")).order_by(EVENTS.c.seq).limit(1)
)
_BEHIND = select(EVENTS.c.seq).where(EVENTS.c.seq > bindparam("after")).limit(bindparam("limit")).subquery()
_COUNT_AFTER = db.Query(select(func.count().label("events")).select_from(_BEHIND))


async def last_seq(database: db.Database) -> int:
    """The seq of the newest event, 0 when there is none."""
    row = await database.first(_LAST)
    return int(row["seq"]) if row and row["seq"] is not None else 0


async def cursor(database: db.Database, consumer: str) -> dict[str, Any] | None:
    """The row that says how far a consumer has come."""
    return await database.first(_CURSOR, {"consumer": consumer})


async def heads(
    database: db.Database, after: int, last: int, limit: int, merchants: Collection[str] | None
) -> list[Head]:
    """Heads of events with after < seq <= last in order, of some merchants or (None) of all."""
    bounds = {"after": after, "last": last, "limit": limit}
    if merchants is None:
        return [Head.from_row(row) for row in await database.fetch(_HEADS, bounds)]
    wanted = select(*_HEAD_COLUMNS).where(
        EVENTS.c.seq > after, EVENTS.c.seq <= last, EVENTS.c.merchant_id.in_(sorted(merchants))
    )
    return [Head.from_row(row) for row in await database.fetch(wanted.order_by(EVENTS.c.seq).limit(limit))]


async def whole(database: db.Database, first: int, last: int) -> list[Event]:
    """Whole events with first <= seq <= last, in order."""
    return [Event.from_row(row) for row in await database.fetch(_WHOLE, {"first": first, "last": last})]


async def one(database: db.Database, event_id: str) -> Event | None:
    """One whole event."""
    row = await database.first(_ONE, {"id": event_id})
    return None if row is None else Event.from_row(row)


async def several(database: db.Database, event_ids: Collection[str]) -> list[Event]:
    """Whole events by id."""
    rows = await database.fetch(select(EVENTS).where(EVENTS.c.id.in_(sorted(event_ids)))) if event_ids else []
    return [Event.from_row(row) for row in rows]


async def page(
    database: db.Database,
    *,
    merchant_id: str,
    livemode: bool,
    types: Sequence[str],
    created: tuple[Instant | None, Instant | None],
    older_than: int | None,
    newer_than: int | None,
    limit: int,
) -> list[Event]:
    """Whole events of a merchant, nearest to the cursor first."""
    wanted = select(EVENTS).where(EVENTS.c.merchant_id == merchant_id, EVENTS.c.livemode == livemode)
    if types:
        wanted = wanted.where(or_(*[_is_of_type(pattern) for pattern in types]))
    earliest, latest = created
    if earliest is not None:
        wanted = wanted.where(EVENTS.c.created >= earliest)
    if latest is not None:
        wanted = wanted.where(EVENTS.c.created < latest)
    if older_than is not None:
        wanted = wanted.where(EVENTS.c.seq < older_than)
    if newer_than is not None:
        wanted = wanted.where(EVENTS.c.seq > newer_than).order_by(EVENTS.c.seq)
    else:
        wanted = wanted.order_by(EVENTS.c.seq.desc())
    return [Event.from_row(row) for row in await database.fetch(wanted.limit(limit))]


def _is_of_type(pattern: str) -> ColumnElement[bool]:
    if pattern.endswith("*"):
        return EVENTS.c.type.startswith(pattern[:-1], autoescape=True)
    return EVENTS.c.type == pattern


async def oldest_after(database: db.Database, seq: int) -> Instant | None:
    """When the first event after `seq` was made."""
    row = await database.first(_OLDEST_AFTER, {"after": seq})
    return None if row is None else Instant(row["created"])


async def count_after(database: db.Database, seq: int, limit: int) -> int:
    """How many events come after `seq`, counted no further than `limit`."""
    row = await database.first(_COUNT_AFTER, {"after": seq, "limit": limit})
    return 0 if row is None else int(row["events"])
