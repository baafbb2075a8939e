"""The worker keeps working: news wakes it, faults do not stop it, and it ends when told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from tallystick import db, idempotency, jobs, outbox, webhooks, worker
from tallystick.base import Instant, Refused, Settings
from tests.clocks import ManualClock, until
from tests.rooms.webhooks.receiver import Memory, serve
from tests.rooms.webhooks.stage import Stage

SETTINGS = Settings(secret_key=SecretStr("server key"))


@asynccontextmanager
async def working(made: worker.Worker, clock: ManualClock) -> AsyncIterator[worker.Worker]:
    """Run the worker beside the test and stop it in the end."""
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        made.stop()
        await asyncio.wait_for(running, 20)


class Rounds:
    """A round that remembers when it was called and fails as told."""

    def __init__(self, *, again: float = 60.0, failures: int = 0, fault: Exception | None = None) -> None:
        self.times: list[Instant] = []
        self.again = again
        self.failures = failures
        self.fault = fault or OSError("database is away")

    async def __call__(self, now: Instant) -> float:
        self.times.append(now)
        if len(self.times) <= self.failures:
            raise self.fault
        return self.again


async def test_rounds_come_again_when_their_time_has_come_or_news_wakes_them(clock: ManualClock) -> None:
    rounds = Rounds(again=5.0)
    task = worker.Task("look", rounds, gap=1.0)
    async with working(worker.Worker([task], clock=clock), clock) as made:
        for count in (1, 2, 3):
            await until(lambda: len(rounds.times) == count and clock.sleepers)  # noqa: B023  awaited in this turn
            clock.advance(1)
            await until(lambda: clock.sleepers)
            assert len(rounds.times) == count
            clock.advance(4)
        await until(lambda: len(rounds.times) == 4 and clock.sleepers)
        clock.advance(1)
        await until(lambda: clock.sleepers)
        made.wake()
        await until(lambda: len(rounds.times) == 5)


async def test_news_while_a_round_runs_is_not_missed(clock: ManualClock) -> None:
    task = worker.Task("look", Rounds(), gap=1.0)
    times = []

    async def during(now: Instant) -> float:
        times.append(now)
        if len(times) == 1:
            task.wakes.set()
        return 3600.0

    task.round = during
    async with working(worker.Worker([task], clock=clock), clock):
        await until(lambda: len(times) == 1 and clock.sleepers)
        clock.advance(1)
        await until(lambda: len(times) == 2)


async def test_a_task_that_is_behind_does_not_rest(clock: ManualClock) -> None:
    rounds = Rounds(again=0.0)
    async with working(worker.Worker([worker.Task("look", rounds)], clock=clock), clock):
        await until(lambda: len(rounds.times) > 100)
    assert set(rounds.times) == {clock.now()}


async def test_a_fault_is_counted_and_the_task_goes_on_after_a_growing_pause(clock: ManualClock) -> None:
    registry = CollectorRegistry()
    broken, well = Rounds(failures=3), Rounds(again=1.0)
    tasks = [worker.Task("broken", broken), worker.Task("well", well)]
    async with working(worker.Worker(tasks, clock=clock, registry=registry), clock) as made:
        pauses = []
        for count in (1, 2, 3, 4):
            before = clock.now()
            while len(broken.times) < count:
                made.wake()
                clock.advance(0.25)
                await asyncio.sleep(0)
            pauses.append(clock.now() - before)
        assert pauses[1] < pauses[2] < pauses[3]
        await until(lambda: tasks[0].rounds == 1)
    assert (tasks[0].faults, tasks[0].in_a_row, tasks[0].last_error) == (3, 0, "OSError: database is away")
    assert registry.get_sample_value("tallystick_worker_faults_total", {"task": "broken"}) == 3
    assert tasks[1].faults == 0
    assert len(well.times) > 4


async def test_a_newer_server_of_the_same_name_ends_it(clock: ManualClock) -> None:
    superseded = Rounds(failures=1, fault=idempotency.Superseded("a newer server has started"))
    tasks = [worker.Task("heartbeat", superseded), worker.Task("other", Rounds())]
    with pytest.raises(idempotency.Superseded):
        await asyncio.wait_for(worker.Worker(tasks, clock=clock).run(), 20)


async def test_stopping_waits_for_a_round_and_cancels_one_that_hangs(clock: ManualClock) -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def slow(now: Instant) -> float:
        begun.set()
        await go_on.wait()
        ended.append("slow")
        return 1.0

    async def hangs(now: Instant) -> float:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return 1.0

    made = worker.Worker([worker.Task("slow", slow), worker.Task("hangs", hangs)], clock=clock)
    running = asyncio.create_task(made.run())
    await begun.wait()
    made.stop()
    go_on.set()
    await until(lambda: ended)
    assert not running.done()
    await until(lambda: clock.sleepers)
    clock.advance(worker.STOP_SECONDS)
    await asyncio.wait_for(running, 20)
    assert ended == ["slow", "cancelled"]


# --- the whole of it -------------------------------------------------------------------------------------------------


@pytest.fixture
def stage(database: db.Database, clock: ManualClock) -> Stage:
    return Stage(database, clock)


async def test_an_event_reaches_its_receiver_without_a_poll(stage: Stage) -> None:
    async with serve() as receiver:
        await stage.endpoint(url=receiver.url)
        made = worker.build(stage.database, clock=stage.clock, settings=SETTINGS, owner="w1")
        async with working(made, stage.clock):
            await until(lambda: all(task.rounds for task in made.tasks))
            await until(lambda: stage.clock.sleepers >= len(made.tasks))
            stage.clock.advance(worker.GAP_SECONDS)
            await until(lambda: stage.clock.sleepers >= len(made.tasks))
            event = await stage.tell()
            await until(lambda: receiver.got)
    assert [got.body for got in receiver.got] == [event.payload]


async def test_news_of_another_process_is_seen_by_the_poll(stage: Stage, database_url: str, clock: ManualClock) -> None:
    await stage.endpoint()
    send = Memory([webhooks.Reply(status=200)])
    registry = CollectorRegistry()
    made = worker.build(stage.database, clock=clock, settings=SETTINGS, owner="w1", send=send, registry=registry)
    other = await db.open(database_url, ids=stage.database.ids, clock=clock)
    try:
        async with working(made, clock):
            await until(lambda: all(task.rounds for task in made.tasks))
            event = await Stage(other, clock).tell()
            while not send.got:
                clock.advance(worker.POLL_SECONDS)
                await asyncio.sleep(0)
            (got,) = send.got
            assert got.body == event.payload
            tried = ("tallystick_webhook_tries_total", {"outcome": "succeeded"})
            while registry.get_sample_value(*tried) != 1:
                clock.advance(worker.POLL_SECONDS)
                await asyncio.sleep(0)
    finally:
        await other.close()
    assert registry.get_sample_value("tallystick_outbox_events_total", {"consumer": "webhooks"}) == 1
    assert registry.get_sample_value("tallystick_outbox_lag_events", {"consumer": "webhooks"}) == 0


async def test_jobs_timers_and_sweeps_of_other_rooms_run(stage: Stage) -> None:
    ran: list[str] = []

    async def job(promised: jobs.Job, now: Instant) -> None:
        ran.append(str(promised.payload["what"]))

    async def note(now: Instant) -> None:
        ran.append("sweep")

    async def ring(now: Instant) -> None:
        ran.append("timer")

    async with stage.database.unit() as unit:
        jobs.later(unit, "work", {"what": "job"}, stage.clock.now())
    made = worker.build(
        stage.database,
        clock=stage.clock,
        settings=SETTINGS,
        owner="w1",
        handlers={"work": job},
        timers=[jobs.every("ring", 60, ring)],
        sweeps=[worker.Sweep("note", 5.0, note)],
    )
    async with working(made, stage.clock):
        await until(lambda: {"job", "sweep", "timer"} <= set(ran))
        while ran.count("sweep") < 4:
            stage.clock.advance(1)
            await until(lambda: stage.clock.sleepers)
    assert (ran.count("job"), ran.count("timer")) == (1, 1)


async def test_a_consumer_that_fails_rests_while_others_go_on(stage: Stage) -> None:
    class Broken:
        name = "broken"
        asked = 0

        async def audience(self) -> None:
            self.asked += 1

        async def take(self, unit: db.Unit, heads: Sequence[outbox.Head], now: Instant) -> None:
            raise ConnectionError("broker is away")

    class Well(Broken):
        name = "well"

        async def take(self, unit: db.Unit, heads: Sequence[outbox.Head], now: Instant) -> None:
            return

    broken, well = Broken(), Well()
    relaying = worker.Relaying(stage.database, [broken, well], after=lambda: None)
    for _ in range(20):
        await stage.tell()
        await relaying(stage.clock.advance(0.01))
    assert (broken.asked, well.asked) == (1, 20)
    await relaying(stage.clock.advance(1))
    assert broken.asked == 2


class Counting:
    """A database that counts the units of work asked for."""

    def __init__(self, database: db.Database) -> None:
        self._database = database
        self.units = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._database, name)

    def unit(self) -> db.Unit:
        self.units += 1
        return self._database.unit()


async def test_idle_costs_reads_alone(stage: Stage) -> None:
    """With nothing to do, rounds leave the database as it is: no commit, so no disk."""
    counting = Counting(stage.database)
    made = worker.build(cast(db.Database, counting), clock=stage.clock, settings=SETTINGS, owner="w1")
    async with working(made, stage.clock):
        await until(lambda: all(task.rounds for task in made.tasks))
        await until(lambda: stage.clock.sleepers >= len(made.tasks))
        before, rounds = counting.units, made.tasks[0].rounds
        for _ in range(40):
            stage.clock.advance(1)
            await until(lambda: stage.clock.sleepers >= len(made.tasks))
        assert made.tasks[0].rounds > rounds + 10
        assert counting.units == before > 0


async def test_brokers_of_the_settings_get_every_event(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    settings = SETTINGS.model_copy(update={"event_brokers": [f"file://{path}"]})
    events = [await stage.tell() for _ in range(3)]
    made = worker.build(stage.database, clock=stage.clock, settings=settings, owner="w1")
    async with working(made, stage.clock):
        await until(lambda: path.exists() and path.read_bytes().count(b"\n") == 3)
    assert all(event.payload in line for event, line in zip(events, path.read_bytes().splitlines(), strict=True))


async def test_a_broker_nobody_understands_is_refused_at_the_start(stage: Stage) -> None:
    settings = SETTINGS.model_copy(update={"event_brokers": ["pigeon://roof"]})
    with pytest.raises(Refused, match="No broker understands"):
        worker.build(stage.database, clock=stage.clock, settings=settings, owner="w1")
