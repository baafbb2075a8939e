"""Looking up closed days."""

from __future__ import annotations

from datetime import date

from tallystick import db
from tallystick.base import Refused
from tallystick.close import store
from tallystick.close.model import Closed, CloseRefusal


def closed_of(row: store.Row) -> Closed:
    """From its row."""
    return Closed(**(row | {"day": store.date_of(row["day"]), "proof": row["proof"].encode()}))


async def closed(database: db.Database, day: date, *, livemode: bool) -> Closed:
    """The close of a day. Raises Refused(CLOSE_MISSING)."""
    row = await store.one(database, day, livemode=livemode)
    if row is None:
        message = f"{day.isoformat()} has not been closed by itself. Look the closed days up in the list."
        raise Refused(CloseRefusal.CLOSE_MISSING, message, param="day")
    return closed_of(row)


async def closes(
    database: db.Database,
    *,
    livemode: bool,
    limit: int = 100,
    first: date | None = None,
    last: date | None = None,
    cursor: Closed | None = None,
    backwards: bool = False,
) -> list[Closed]:
    """Closed days, newest first, from after the cursor on; backwards, the nearest newer ones, oldest first."""
    rows = await store.page(
        database,
        livemode=livemode,
        limit=limit,
        first=first,
        last=last,
        cursor=None if cursor is None else store.number(cursor.day),
        backwards=backwards,
    )
    return [closed_of(row) for row in rows]
