"""Jobs run at least once, by one worker at a time, and never vanish."""

from __future__ import annotations

import asyncio

import pytest

from tallystick import db, jobs
from tallystick.base import Instant, Refused
from tallystick.jobs import model, store
from tests.clocks import ManualClock, until


class Worker:
    """A handler that remembers, and fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.ran: list[jobs.Job] = []
        self.failures = failures

    async def __call__(self, job: jobs.Job, now: Instant) -> None:
        self.ran.append(job)
        if len(self.ran) <= self.failures:
            raise ConnectionError("no answer")


async def promise(database: db.Database, clock: ManualClock, *, key: str | None = None, wait: int = 0) -> str:
    async with database.unit() as unit:
        return jobs.later(unit, "mail.send", {"to": "a@b.c"}, Instant(clock.now() + wait * 1_000_000), key=key)


async def test_a_job_runs_once_when_its_time_has_come(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock, wait=10)
    handler = Worker()
    assert not (await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1")).any
    clock.advance(10)
    assert await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1") == jobs.Ran(done=1)
    assert not (await jobs.run(database, {"mail.send": handler}, clock.advance(1e6), owner="w1")).any
    assert [job.payload for job in handler.ran] == [{"to": "a@b.c"}]
    finished = await jobs.job(database, job_id)
    assert finished is not None
    assert (finished.state, finished.due, finished.attempts) == (jobs.State.DONE, None, 1)


async def test_a_job_of_a_unit_that_failed_does_not_exist(database: db.Database, clock: ManualClock) -> None:
    unit = database.unit()
    job_id = jobs.later(unit, "mail.send", {}, clock.now())
    fault = RuntimeError("change of mind")
    await unit.__aexit__(RuntimeError, fault, fault.__traceback__)
    assert await jobs.job(database, job_id) is None


async def test_a_key_makes_one_job_of_many_promises(database: db.Database, clock: ManualClock) -> None:
    handler = Worker()
    assert len({await promise(database, clock, key="invoice 7") for _ in range(3)}) == 1
    await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1")
    await promise(database, clock, key="invoice 7")
    await jobs.run(database, {"mail.send": handler}, clock.advance(60), owner="w1")
    assert len(handler.ran) == 1
    assert jobs.later_id("mail.send", "invoice 7") != jobs.later_id("mail.read", "invoice 7")


async def test_a_kind_without_a_handler_is_left_for_a_worker_that_has_one(
    database: db.Database, clock: ManualClock
) -> None:
    await promise(database, clock)
    assert not (await jobs.run(database, {"other": Worker()}, clock.now(), owner="w1")).any
    assert not (await jobs.run(database, {}, clock.now(), owner="w1")).any
    assert (await jobs.run(database, {"mail.send": Worker()}, clock.now(), owner="w2")).done == 1


async def test_a_failure_is_tried_again_after_a_pause(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock)
    handler = Worker(failures=1)
    assert await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1") == jobs.Ran(retried=1)
    waiting = await jobs.job(database, job_id)
    assert waiting is not None
    assert waiting.last_error == "ConnectionError: no answer"
    pause = jobs.pause_us(job_id, 1, first_seconds=model.FIRST_PAUSE_SECONDS, most_seconds=model.MOST_PAUSE_SECONDS)
    assert waiting.due == clock.now() + pause
    assert not (await jobs.run(database, {"mail.send": handler}, Instant(waiting.due - 1), owner="w1")).any
    assert (await jobs.run(database, {"mail.send": handler}, waiting.due, owner="w1")).done == 1


async def test_after_the_last_try_a_job_is_dead_until_it_is_run_again(
    database: db.Database, clock: ManualClock
) -> None:
    job_id = await promise(database, clock)
    handler = Worker(failures=model.MAX_ATTEMPTS)
    for _ in range(model.MAX_ATTEMPTS - 1):
        assert (await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1")).retried == 1
        clock.advance(model.MOST_PAUSE_SECONDS)
    assert await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1") == jobs.Ran(dead=1)
    assert [job.id for job in await jobs.dead(database)] == [job_id]
    assert not (await jobs.run(database, {"mail.send": handler}, clock.advance(1e6), owner="w1")).any
    revived = await jobs.again(database, job_id, clock.now())
    assert (revived.state, revived.attempts) == (jobs.State.WAITING, 0)
    assert (await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1")).done == 1


async def test_only_a_dead_job_is_run_again(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock)
    with pytest.raises(Refused, match="only a dead job"):
        await jobs.again(database, job_id, clock.now())
    with pytest.raises(Refused, match="no job job_unknown"):
        await jobs.again(database, "job_unknown", clock.now())


async def test_of_two_workers_one_runs_a_job(database: db.Database, clock: ManualClock) -> None:
    for _ in range(5):
        await promise(database, clock)
    handler = Worker()
    rounds = await asyncio.gather(
        *[jobs.run(database, {"mail.send": handler}, clock.now(), owner=f"w{number}") for number in range(3)]
    )
    assert sum(ran.done for ran in rounds) == 5
    assert len({job.id for job in handler.ran}) == len(handler.ran) == 5


async def test_a_job_of_a_worker_that_died_is_run_by_another(database: db.Database, clock: ManualClock) -> None:
    await promise(database, clock)
    begun = asyncio.Event()

    async def dies(job: jobs.Job, now: Instant) -> None:
        begun.set()
        await asyncio.Event().wait()

    first = asyncio.create_task(jobs.run(database, {"mail.send": dies}, clock.now(), owner="w1"))
    await begun.wait()
    first.cancel()
    handler = Worker()
    assert not (await jobs.run(database, {"mail.send": handler}, clock.advance(59), owner="w2")).any
    assert (await jobs.run(database, {"mail.send": handler}, clock.advance(1), owner="w2")).done == 1
    assert handler.ran[0].attempts == 2


async def test_a_job_that_kills_its_workers_is_dead_in_the_end(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock)
    for _ in range(model.MAX_ATTEMPTS):
        found = await store.job(database, job_id)
        assert found is not None
        async with database.unit() as unit:
            store.save(unit, found, state="running", due=clock.now(), attempts=found.attempts + 1)
    handler = Worker()
    assert await jobs.run(database, {"mail.send": handler}, clock.now(), owner="w1") == jobs.Ran(dead=1)
    assert handler.ran == []


async def test_a_worker_whose_lease_ended_does_not_settle_the_job(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock)
    other = Worker()

    async def slow(job: jobs.Job, now: Instant) -> None:
        clock.advance(model.LEASE_SECONDS)
        assert (await jobs.run(database, {"mail.send": other}, clock.now(), owner="w2")).done == 1
        raise TimeoutError("too late")

    assert await jobs.run(database, {"mail.send": slow}, clock.now(), owner="w1") == jobs.Ran(lost=1)
    finished = await jobs.job(database, job_id)
    assert finished is not None
    assert (finished.state, finished.owner) == (jobs.State.DONE, "w2")


async def test_a_heartbeat_keeps_a_long_job(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock)
    go_on = asyncio.Event()

    async def long(job: jobs.Job, now: Instant) -> None:
        await go_on.wait()

    work = asyncio.create_task(jobs.run(database, {"mail.send": long}, clock.now(), owner="w1", clock=clock))
    for _ in range(9):
        await until(lambda: clock.sleepers)
        before = await jobs.job(database, job_id)
        clock.advance(model.LEASE_SECONDS / 3)
        await until(lambda: clock.sleepers)
        after = await jobs.job(database, job_id)
        assert before is not None
        assert after is not None
        assert after.version > before.version
        assert not (await jobs.run(database, {"mail.send": Worker()}, clock.now(), owner="w2")).any
    go_on.set()
    assert (await work).done == 1


async def test_done_jobs_are_forgotten_after_a_while(database: db.Database, clock: ManualClock) -> None:
    job_id = await promise(database, clock)
    await jobs.run(database, {"mail.send": Worker()}, clock.now(), owner="w1")
    assert await jobs.prune(database, clock.advance(model.KEPT_DAYS * 86_400)) == 0
    assert await jobs.prune(database, clock.advance(1)) == 1
    assert await jobs.job(database, job_id) is None
