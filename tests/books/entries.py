"""Plays steps that are entries: straight into the ledger, each entry in a unit of its own."""

from __future__ import annotations

from tallystick import db, ledger
from tallystick.base import Refused, after, start_of
from tests.books.story import Entry

MORNING_SECONDS = 9 * 3600


async def play(database: db.Database, entries: tuple[Entry, ...]) -> list[str]:
    """What became of each entry: `posted`, `locked`, or the name of the refusal."""
    return [await _play(database, entry) for entry in entries]


async def _play(database: db.Database, entry: Entry) -> str:
    now = after(start_of(entry.day), seconds=MORNING_SECONDS)
    try:
        async with database.unit() as unit:
            if entry.transfers:
                ledger.post(unit, entry.transfers, now=now, day=entry.day)
            else:
                ledger.lock(unit, day=entry.day, livemode=False)
    except Refused as refused:
        return str(refused.code)
    return "posted" if entry.transfers else "locked"
