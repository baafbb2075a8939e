"""How much was captured and how many attempts were approved, in steps of time: hours that are over as they were summed
(`sum_up.py`), the others from their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tallystick import db
from tallystick.base import MICROSECONDS_PER_SECOND, Instant
from tallystick.payments.store import kept

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """Captured in one step of time: `minor` units of `currency` in `count` payments. `start` is when it began."""

    currency: str
    start: Instant
    minor: int
    count: int


async def volume(
    database: db.Database,
    merchants: Sequence[str],
    *,
    livemode: bool,
    since: Instant,
    until: Instant,
    step_seconds: int,
) -> list[Step]:
    """Captured volume by currency in steps of `step_seconds` from `since`; empty steps are left out."""
    step_us = step_seconds * MICROSECONDS_PER_SECOND
    grain = _grain(since, step_us)

    async def read(cut: Instant) -> list[Step]:
        steps: Counter[tuple[str, int]] = Counter()
        counts: Counter[tuple[str, int]] = Counter()
        rows = await kept.volume(
            database,
            merchants=merchants,
            livemode=livemode,
            since=cut,
            until=until,
            origin=since,
            step_us=step_us,
        )
        if cut > since:
            for row in await kept.kept_volume(
                database, merchants=merchants, livemode=livemode, since=since, until=cut, grain=grain
            ):
                rows.append({**row, "step": (row["start"] - since) // step_us})
        for row in rows:
            place = (row["currency"], int(row["step"]))
            steps[place] += int(row["minor"])
            counts[place] += int(row["count"])
        return [
            Step(code, Instant(since + number * step_us), minor, counts[code, number])
            for (code, number), minor in sorted(steps.items())
        ]

    return await _settled(database, since, until, grain, read)


@dataclass(frozen=True, slots=True)
class Approvals:
    """Authorise attempts at one processor by what came of them."""

    processor: str
    approved: int
    declined: int
    unknown: int
    not_sent: int


async def approval_by_processor(
    database: db.Database, merchants: Sequence[str], *, livemode: bool, since: Instant, until: Instant
) -> list[Approvals]:
    """Authorise attempts made from `since` and before `until`, by processor; open ones count as unknown. What comes of
    an attempt that was open when its hour was summed is told within a minute."""
    grain = _grain(since, kept.DAY * MICROSECONDS_PER_SECOND)

    async def read(cut: Instant) -> list[Approvals]:
        counts: Counter[tuple[str, str]] = Counter()
        rows = await kept.approvals(database, merchants=merchants, livemode=livemode, since=cut, until=until)
        if cut > since:
            rows += await kept.kept_approvals(
                database, merchants=merchants, livemode=livemode, since=since, until=cut, grain=grain
            )
        for row in rows:
            counts[row["processor"], row["state"]] += int(row["count"])
        return [
            Approvals(
                processor,
                counts[processor, "approved"],
                counts[processor, "declined"],
                counts[processor, "unknown"] + counts[processor, "open"],
                counts[processor, "not_sent"],
            )
            for processor in sorted({processor for processor, _ in counts})
        ]

    return await _settled(database, since, until, grain, read)


def _grain(since: Instant, step_us: int) -> int:
    """Seconds of the longest kept steps of which the steps from `since` are made; 0 where they are not."""
    for grain in (kept.DAY, kept.HOUR):
        if since % (grain * MICROSECONDS_PER_SECOND) == step_us % (grain * MICROSECONDS_PER_SECOND) == 0:
            return grain
    return 0


async def _settled(
    database: db.Database, since: Instant, until: Instant, grain: int, read: Callable[[Instant], Awaitable[T]]
) -> T:
    """What `read` finds, told where the kept sums end and the rows begin; again if that moved meanwhile."""
    while True:
        mark = await kept.mark(database) if grain else None
        found = await read(_cut(since, until, grain, mark))
        if not grain or await kept.mark(database) == mark:
            return found


def _cut(since: Instant, until: Instant, grain: int, mark: Instant | None) -> Instant:
    if mark is None or mark <= since:
        return since
    if mark <= until:
        return mark  # of the day that is not over, the hours before the mark are kept as its part
    return Instant(until - until % (grain * MICROSECONDS_PER_SECOND))
