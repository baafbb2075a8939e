"""Work that returns every so many seconds, once per period however many processes there are.

A timer is a row with the time it is next due. Whoever takes it moves that time to the end of a lease by a guarded
update, works, and moves it on to the next boundary (periods are counted from the epoch, so all processes agree where
they lie). A process that dies in between leaves a lease that ends, and another runs the period late.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tallystick import db
from tallystick.base import MICROSECONDS_PER_SECOND, Clock, Instant, after, log
from tallystick.jobs import store
from tallystick.jobs.backoff import pause_us
from tallystick.jobs.lease import hold
from tallystick.jobs.model import FIRST_PAUSE_SECONDS, LEASE_SECONDS

_LEAST_LEASE_SECONDS = 10
_log = log.get("jobs")


@dataclass(frozen=True, slots=True)
class Timer:
    """A name, a period in seconds, and what to run in each."""

    name: str
    seconds: int
    run: Callable[[Instant], Awaitable[object]]

    @property
    def lease_seconds(self) -> int:
        """How long a process may hold it without a sign of life: short for what returns often."""
        return min(LEASE_SECONDS, max(_LEAST_LEASE_SECONDS, 5 * self.seconds))

    def next_boundary(self, now: Instant) -> Instant:
        """Where the period after the present one begins."""
        period = self.seconds * MICROSECONDS_PER_SECOND
        return Instant((now // period + 1) * period)


def every(name: str, seconds: int, run: Callable[[Instant], Awaitable[object]]) -> Timer:
    """A timer for `tick`. `run` is told the time; raising means "again soon"; running twice must do no harm."""
    if seconds < 1:
        raise ValueError(f"timer {name}: a period is at least one second, not {seconds}")
    return Timer(name, seconds, run)


@dataclass(frozen=True, slots=True)
class Ticked:
    """What one look at the timers did, and when the next is due (None without timers)."""

    ran: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    next_due: Instant | None = None


async def tick(
    database: db.Database, timers: Sequence[Timer], now: Instant, *, owner: str, clock: Clock | None = None
) -> Ticked:
    """Run each timer that is due and that no other process holds, one after another."""
    rows = await store.timers(database) if timers else {}
    ran: list[str] = []
    failed: list[str] = []
    for timer in timers:
        row = rows.get(timer.name)
        if row is not None and row["due"] > now:
            continue
        if await _take(database, timer, row, now, owner):
            well = await _run(database, timer, now, owner, clock)
            (ran if well else failed).append(timer.name)
    rows = await store.timers(database) if ran or failed else rows
    dues = [Instant(rows[timer.name]["due"]) for timer in timers if timer.name in rows]
    return Ticked(ran, failed, min(dues, default=None))


async def _take(database: db.Database, timer: Timer, row: Mapping[str, Any] | None, now: Instant, owner: str) -> bool:
    held = {"name": timer.name, "due": after(now, seconds=timer.lease_seconds), "owner": owner}
    try:
        async with database.unit() as unit:
            if row is None:
                unit.insert(store.ADD_TIMER, {**held, "failures": 0, "version": 0})
            else:
                unit.update(store.SAVE_TIMER, {**held, "failures": row["failures"], "version": row["version"]})
    except db.LostRace:
        return False
    return True


async def _run(database: db.Database, timer: Timer, now: Instant, owner: str, clock: Clock | None) -> bool:
    """Work and move the timer on; False when the work raised."""

    def renewed() -> Awaitable[bool]:
        present = clock.now() if clock else now
        return _move(database, timer.name, owner, lambda _: {"due": after(present, seconds=timer.lease_seconds)})

    try:
        await hold(_call(timer, now), renewed, clock, every_seconds=timer.lease_seconds / 3)
    except Exception as fault:
        _log.error("timer_failed", timer=timer.name, error=f"{type(fault).__name__}: {fault}")
        await _move(database, timer.name, owner, lambda row: _after_failure(timer, row, clock.now() if clock else now))
        return False
    # Counted from the present: a run that lasted longer than its period skips the periods it slept through.
    finished = clock.now() if clock else now
    await _move(
        database, timer.name, owner, lambda _: {"due": timer.next_boundary(finished), "failures": 0, "owner": ""}
    )
    return True


async def _call(timer: Timer, now: Instant) -> None:
    await timer.run(now)


def _after_failure(timer: Timer, row: Mapping[str, Any], now: Instant) -> dict[str, Any]:
    failures = row["failures"] + 1
    pause = pause_us(timer.name, failures, first_seconds=FIRST_PAUSE_SECONDS, most_seconds=timer.seconds)
    return {"due": Instant(now + pause), "failures": failures, "owner": ""}


async def _move(
    database: db.Database, name: str, owner: str, changed: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> bool:
    """Change the timer's row if we still hold it."""

    async def step() -> bool:
        row = await store.timer(database, name)
        if row is None or row["owner"] != owner:
            return False
        async with database.unit() as unit:
            unit.update(store.SAVE_TIMER, {**row, **changed(row)})
        return True

    return await database.retry(step)
