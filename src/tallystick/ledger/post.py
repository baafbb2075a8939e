"""Posting: the one way money moves in the books."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tallystick.base import MICROSECONDS_PER_DAY, Instant, Refused
from tallystick.db import Database, LostRace, Unit
from tallystick.ledger.model import Transfer
from tallystick.ledger.stage import Entry, LedgerStage, Lock

EPOCH = date(1970, 1, 1).toordinal()


def epoch_day(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - EPOCH


def post(unit: Unit, transfers: Sequence[Transfer], *, now: Instant, day: date | None = None) -> None:
    """Post `transfers`, all or none, with the unit's commit.

    They are checked in order at the commit against current balances; a breach raises Refused with a LedgerRefusal
    from leaving the unit, and then nothing of the unit was written. An equal transfer that exists already is no
    change, so a retry is safe. `day` is the business day the entry belongs to; the day of `now` unless given.
    """
    if transfers:
        business_day = now // MICROSECONDS_PER_DAY if day is None else epoch_day(day)
        unit.enlist(LedgerStage, Entry(tuple(transfers), now, business_day))


def lock(unit: Unit, *, day: date, livemode: bool, seen: int | None = None) -> None:
    """Close every business day up to and with `day` in this mode: later postings to them are refused.

    With `seen`, the `upto` of a `period` that was read, the unit loses the race (LostRace) when a transfer of those
    days was committed after it: what is closed is then exactly what was read.
    """
    unit.enlist(LedgerStage, Lock(livemode, epoch_day(day), seen))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one transfer of a batch: `created`, or the name of why not."""

    id: int
    status: str


async def create_transfers(database: Database, transfers: Sequence[Transfer], *, now: Instant) -> list[Result]:
    """Post each transfer by itself, in order; answers one result per transfer, in order."""
    return list(await asyncio.gather(*(_create(database, transfer, now) for transfer in transfers)))


async def _create(database: Database, transfer: Transfer, now: Instant) -> Result:
    async def step() -> None:
        async with database.unit() as unit:
            post(unit, [transfer], now=now)

    try:
        await database.retry(step)
    except Refused as refused:
        return Result(transfer.id, str(refused.code))
    except LostRace:
        return Result(transfer.id, "exists")
    return Result(transfer.id, "created")
