"""Sum the hours that are over, behind the payments: no payment waits for it, and pages need not sum rows again.

An hour is summed `MARGIN_SECONDS` after its end, from rows whose ids were made in it. Ids are made just before they
are committed, so by then they are all there; in case one was not (a process stood still in between), every hour is
summed once more a day later. An attempt may be open when its hour is summed: such hours are watched, and summed again
when the number of their open attempts has changed. Summing an hour twice gives the same, so it does not matter who does
it, or how often; until it is done pages sum its rows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from tallystick import db
from tallystick.base import MICROSECONDS_PER_SECOND, Instant
from tallystick.payments.model import AttemptState
from tallystick.payments.rules import made_at
from tallystick.payments.store import kept, writes

SUM_SECONDS = 60
MARGIN_SECONDS = 600
MOST_HOURS = 240
"""Hours summed in one go, so that other work has its turn in between."""
_PARTS = 6
_HOUR_US, _DAY_US = kept.HOUR * MICROSECONDS_PER_SECOND, kept.DAY * MICROSECONDS_PER_SECOND
_UNSETTLED = (AttemptState.OPEN, AttemptState.UNKNOWN)
_KEY = ("kind", "merchant", "livemode", "name", "state")
Key = tuple[Any, ...]


@dataclass(slots=True)
class Sum:
    """What rows with one key come to."""

    minor: int = 0
    count: int = 0


async def sum_up(database: db.Database, now: Instant) -> int:
    """Sum hours that are over, and those again that may have changed; answers how many."""
    done = await _sum_again(database, now)
    end = Instant((now - MARGIN_SECONDS * MICROSECONDS_PER_SECOND) // _HOUR_US * _HOUR_US)
    mark = await kept.mark(database)
    while done < MOST_HOURS and (start := await _next(database, mark, end)) is not None:
        await database.retry(partial(_sum, database, start, now))
        mark = Instant(start + _HOUR_US)
        done += 1
    return done


async def _next(database: db.Database, mark: Instant | None, end: Instant) -> Instant | None:
    """The next hour to sum before `end`: hours without rows are passed over, but for the last."""
    if mark is not None and mark >= end:
        return None
    times = [made_at(key) // _HOUR_US * _HOUR_US for key in await kept.first_keys(database, mark or Instant(0))]
    if not times and mark is None:
        return None
    start = min([*times, end - _HOUR_US])
    return Instant(start) if start < end else None


async def _sum_again(database: db.Database, now: Instant) -> int:
    rows = await kept.watched(database)
    if not rows:
        return 0
    open_now = Counter(made_at(key) // _HOUR_US * _HOUR_US for key in await kept.unsettled(database))
    done = 0
    for row in rows[:MOST_HOURS]:
        second = row["unsettled"] == 0 and now >= _second_look(row["start"])
        if second or open_now[row["start"]] != row["unsettled"]:
            await database.retry(partial(_sum, database, Instant(row["start"]), now))
            done += 1
    return done


def _second_look(start: int) -> int:
    return start + _HOUR_US + _DAY_US


async def _sum(database: db.Database, start: Instant, now: Instant) -> None:
    """Bring the kept sums of an hour, and of its day, to what its rows are now."""
    note = await kept.hour(database, start)
    day = Instant(start // _DAY_US * _DAY_US)
    hour_kept = _by_key(await kept.of_step(database, start, kept.HOUR))
    day_kept = _by_key(await kept.of_step(database, day, kept.DAY))
    sums = await _of_rows(database, start)
    unsettled = sum(one.count for key, one in sums.items() if key[-1] in _UNSETTLED)
    wanted = {"start": start, "unsettled": unsettled, "watched": unsettled > 0 or now < _second_look(start)}
    async with database.unit() as unit:
        if note is None:
            unit.insert(writes.ADD_SUMMED_HOUR, {**wanted, "version": 0})
        else:
            unit.update(writes.SAVE_SUMMED_HOUR, {**wanted, "version": note["version"]})
        for key in sums.keys() | hour_kept.keys():
            of_hour = sums.get(key, Sum())
            before = hour_kept.get(key, _NOTHING)
            change = Sum(of_hour.minor - before["minor"], of_hour.count - before["count"])
            if change != Sum():
                _add(unit, key, {"start": start, "step_seconds": kept.HOUR}, before, change)
                _add(unit, key, {"start": day, "step_seconds": kept.DAY}, day_kept.get(key, _NOTHING), change)


_NOTHING: Mapping[str, Any] = {"minor": 0, "count": 0}


def _add(unit: db.Unit, key: Key, place: Mapping[str, Any], before: Mapping[str, Any], change: Sum) -> None:
    after = {"minor": before["minor"] + change.minor, "count": before["count"] + change.count}
    assert after["count"] >= 0, f"fewer than none of {key} at {place}"
    row = {**dict(zip(_KEY, key, strict=True)), **place, **after}
    if "version" in before:
        unit.update(writes.SAVE_SUM, {**row, "version": before["version"]})
    else:
        unit.insert(writes.ADD_SUM, {**row, "version": 0})


async def _of_rows(database: db.Database, start: Instant) -> dict[Key, Sum]:
    """The sums of an hour, part by part, so that nobody waits long for a busy one."""
    sums: dict[Key, Sum] = {}
    for part in range(_PARTS):
        since = Instant(start + part * _HOUR_US // _PARTS)
        for row in await kept.of_rows(database, since, Instant(start + (part + 1) * _HOUR_US // _PARTS)):
            one = sums.setdefault(_key_of(row), Sum())
            one.minor += int(row["minor"])
            one.count += int(row["count"])
        await asyncio.sleep(0)
    return sums


def _by_key(rows: Iterable[Mapping[str, Any]]) -> dict[Key, Mapping[str, Any]]:
    return {_key_of(row): row for row in rows}


def _key_of(row: Mapping[str, Any]) -> Key:
    return tuple(row[name] for name in _KEY)
