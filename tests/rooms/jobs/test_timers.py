"""A timer runs once per period over all processes, and comes back after a crash."""

from __future__ import annotations

import asyncio

import pytest

from tallystick import db, jobs
from tallystick.base import Instant, after
from tallystick.jobs import model
from tests.clocks import ManualClock


class Bell:
    """Remembers when it was rung, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.rung: list[Instant] = []
        self.failures = failures

    async def __call__(self, now: Instant) -> None:
        self.rung.append(now)
        if len(self.rung) <= self.failures:
            raise OSError("stuck")


async def test_a_timer_runs_once_per_period(database: db.Database, clock: ManualClock) -> None:
    bell = Bell()
    timers = [jobs.every("sweep", 60, bell)]
    first = await jobs.tick(database, timers, clock.now(), owner="w1")
    assert (first.ran, first.next_due) == (["sweep"], after(clock.now(), seconds=60))
    assert (await jobs.tick(database, timers, clock.advance(59), owner="w2")).ran == []
    assert (await jobs.tick(database, timers, clock.advance(1), owner="w2")).ran == ["sweep"]
    assert (await jobs.tick(database, timers, clock.advance(150), owner="w1")).ran == ["sweep"]
    assert (await jobs.tick(database, timers, clock.advance(30), owner="w1")).ran == ["sweep"]


async def test_many_processes_ring_one_bell(database: db.Database, clock: ManualClock) -> None:
    bell = Bell()
    for _ in range(3):
        await asyncio.gather(
            *[
                jobs.tick(database, [jobs.every("sweep", 60, bell)], clock.now(), owner=f"w{number}")
                for number in range(4)
            ]
        )
        clock.advance(60)
    assert len(bell.rung) == 3


async def test_a_timer_of_a_process_that_died_runs_late(database: db.Database, clock: ManualClock) -> None:
    begun = asyncio.Event()

    async def dies(now: Instant) -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(jobs.tick(database, [jobs.every("sweep", 600, dies)], clock.now(), owner="w1"))
    await begun.wait()
    task.cancel()
    bell = Bell()
    timers = [jobs.every("sweep", 600, bell)]
    assert (await jobs.tick(database, timers, clock.advance(1), owner="w2")).ran == []
    assert (await jobs.tick(database, timers, clock.advance(model.LEASE_SECONDS), owner="w2")).ran == ["sweep"]


async def test_a_timer_that_failed_comes_back_soon_and_does_not_stop_the_others(
    database: db.Database, clock: ManualClock
) -> None:
    stuck, well = Bell(failures=1), Bell()
    timers = [jobs.every("stuck", 3600, stuck), jobs.every("well", 3600, well)]
    ticked = await jobs.tick(database, timers, clock.now(), owner="w1")
    assert (ticked.ran, ticked.failed) == (["well"], ["stuck"])
    assert ticked.next_due is not None
    assert ticked.next_due <= after(clock.now(), seconds=model.FIRST_PAUSE_SECONDS)
    clock.advance(model.FIRST_PAUSE_SECONDS)
    assert (await jobs.tick(database, timers, clock.now(), owner="w1")).ran == ["stuck"]


async def test_without_timers_nothing_is_read(database: db.Database, clock: ManualClock) -> None:
    assert await jobs.tick(database, [], clock.now(), owner="w1") == jobs.Ticked()


def test_a_period_is_at_least_a_second() -> None:
    with pytest.raises(ValueError, match="at least one second"):
        jobs.every("sweep", 0, Bell())


@pytest.mark.parametrize(("period", "lease"), [(1, 10), (2, 10), (5, 25), (12, 60), (86_400, 60)])
def test_what_returns_often_is_not_held_for_long(period: int, lease: int) -> None:
    assert jobs.every("sweep", period, Bell()).lease_seconds == lease
