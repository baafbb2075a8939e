"""What runs without anybody asking: relay, deliveries, jobs, timers, sweeps; inside the server or on its own.

Each task is a loop of rounds. A round does what there is to do and says when to come again; a commit that carried news
in this process wakes the loops at once, and a slow poll sees what other processes committed. A round that raises is
logged, counted and repeated after a pause that grows; nothing ends silently. Everything a round does is safe to lose
at any moment, so stopping means: no new rounds, a moment for those under way, then cancel.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client import Counter as Count

from tallystick import db, idempotency, jobs, outbox, webhooks
from tallystick.base import MICROSECONDS_PER_SECOND, Clock, Instant, Settings, log

POLL_SECONDS = 1.0
"""How late news of other processes may be seen."""
GAP_SECONDS = 0.1
"""Least time between two rounds of a task that is woken by commits: under load, rounds are batches."""
MEASURE_SECONDS = 15.0
PRUNE_SECONDS = 3_600
STOP_SECONDS = 10.0
_FIRST_PAUSE_SECONDS, _MOST_PAUSE_SECONDS = 1, 60
_log = log.get("worker")

Round = Callable[[Instant], Awaitable[float]]
"""Does what there is to do at that moment; answers in how many seconds to come again if nothing wakes it before."""


@dataclass(slots=True, eq=False)
class Task:
    """A loop of rounds and how it fares. `gap` is the least pause between rounds in seconds."""

    name: str
    round: Round
    gap: float = GAP_SECONDS
    wakes: asyncio.Event = field(default_factory=asyncio.Event)
    rounds: int = 0
    faults: int = 0
    in_a_row: int = 0
    last_well: Instant | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """Work that every process does every so many seconds: it looks first, and finds mostly nothing to do.

    For work that must happen once over all processes use `jobs.every`.
    """

    name: str
    seconds: float
    run: Callable[[Instant], Awaitable[object]]


class Metrics:
    """What a worker counts, for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.faults = Count("tallystick_worker_faults", "Rounds that raised.", ["task"], registry=registry)
        self.jobs = Count("tallystick_jobs", "Jobs by how they ended.", ["ending"], registry=registry)
        self.tries = Count("tallystick_webhook_tries", "Tries by what became of them.", ["outcome"], registry=registry)
        self.relayed = Count("tallystick_outbox_events", "Events served.", ["consumer"], registry=registry)
        self.failed = Count(
            "tallystick_outbox_failures", "Batches a consumer did not take.", ["consumer"], registry=registry
        )
        self.behind = Gauge("tallystick_outbox_lag_events", "Events not served yet.", ["consumer"], registry=registry)
        self.age = Gauge(
            "tallystick_outbox_lag_seconds", "Age of the oldest event not served.", ["consumer"], registry=registry
        )


class Worker:
    """Runs tasks side by side until it is stopped. Made by `build`, or from tasks directly."""

    def __init__(
        self,
        tasks: Sequence[Task],
        *,
        clock: Clock,
        registry: CollectorRegistry | None = None,
        enders: Sequence[Callable[[], Coroutine[Any, Any, None]]] = (),
        closers: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """`enders` are waited for, within reason, when the worker stops; `closers` are called at the very end."""
        self.tasks = tuple(tasks)
        self._clock = clock
        self._metrics = Metrics(registry or CollectorRegistry())
        self._enders = tuple(enders)
        self._closers = tuple(closers)
        self._stopping = asyncio.Event()

    def wake(self) -> None:
        """There is news: let every task look now."""
        for task in self.tasks:
            task.wakes.set()

    def stop(self) -> None:
        """Begin no more rounds; `run` returns soon."""
        self._stopping.set()
        self.wake()

    async def run(self) -> None:
        """Work until `stop`. Raises idempotency.Superseded when a newer server of this name has started."""
        loops = [asyncio.create_task(self._keep(task), name=f"worker:{task.name}") for task in self.tasks]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
            self.stop()
            await self._wind_up(loops)
        finally:
            for each in (stopping, *loops):
                each.cancel()
            results = await asyncio.gather(stopping, *loops, return_exceptions=True)
            for close in self._closers:
                await close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _wind_up(self, loops: Sequence[asyncio.Task[None]]) -> None:
        """Give what is under way a moment to end by itself."""
        patience = asyncio.create_task(self._clock.sleep(STOP_SECONDS))
        ending = [*loops, *[asyncio.ensure_future(end()) for end in self._enders]]
        while not patience.done() and (busy := [each for each in ending if not each.done()]):
            await asyncio.wait([patience, *busy], return_when=asyncio.FIRST_COMPLETED)
        for each in (patience, *ending):
            each.cancel()

    async def _keep(self, task: Task) -> None:
        while not self._stopping.is_set():
            task.wakes.clear()
            try:
                again = await task.round(self._clock.now())
            except idempotency.Superseded:
                raise
            except Exception as fault:
                again = self._faulted(task, fault)
            else:
                task.rounds += 1
                task.in_a_row = 0
                task.last_well = self._clock.now()
            await self._pause(task, again)

    def _faulted(self, task: Task, fault: Exception) -> float:
        """Note it; answer how long to wait. A task that goes on failing is not woken by news either."""
        task.faults += 1
        task.in_a_row += 1
        task.last_error = f"{type(fault).__name__}: {fault}"
        self._metrics.faults.labels(task.name).inc()
        _log.exception("round_failed", task=task.name, in_a_row=task.in_a_row, error=task.last_error)
        return pause_seconds(task.name, task.in_a_row)

    async def _pause(self, task: Task, again: float) -> None:
        # Zero says that more is waiting: a task that is behind does not rest.
        least = again if task.in_a_row else min(task.gap, again)
        await self._sleep(least, self._stopping)
        if again > least and not self._stopping.is_set():
            await self._sleep(again - least, task.wakes)

    async def _sleep(self, seconds: float, unless: asyncio.Event) -> None:
        if seconds <= 0 or unless.is_set():
            await asyncio.sleep(0)
            return
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waiting = asyncio.ensure_future(unless.wait())
        try:
            await asyncio.wait([sleeping, waiting], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waiting.cancel()

    @property
    def metrics(self) -> Metrics:
        """The counters of this worker."""
        return self._metrics


def pause_seconds(name: str, in_a_row: int) -> float:
    """How long a task rests after failing so often in a row."""
    pause = jobs.pause_us(name, in_a_row, first_seconds=_FIRST_PAUSE_SECONDS, most_seconds=_MOST_PAUSE_SECONDS)
    return pause / MICROSECONDS_PER_SECOND


def seconds_until(due: Instant | None, now: Instant, *, most: float) -> float:
    """How long to wait for something due, but never longer than `most`."""
    return most if due is None else min(most, max(0, due - now) / MICROSECONDS_PER_SECOND)


# --- the rounds ------------------------------------------------------------------------------------------------------


class Relaying:
    """Serves the outbox's consumers. One that fails rests, ever longer; the others keep their pace."""

    def __init__(self, database: db.Database, consumers: Sequence[outbox.Consumer], after: Callable[[], None]) -> None:
        self._database = database
        self._consumers = consumers
        self._after = after
        self._failures: Counter[str] = Counter()
        self._rest_until: dict[str, Instant] = {}
        self.metrics: Metrics | None = None

    async def __call__(self, now: Instant) -> float:
        """One batch for each consumer that is not resting."""
        ready = [each for each in self._consumers if self._rest_until.get(each.name, Instant(0)) <= now]
        done = await outbox.relay.run(self._database, ready, now)
        for name in done.failed:
            self._failures[name] += 1
            pause = round(pause_seconds(name, self._failures[name]) * MICROSECONDS_PER_SECOND)
            self._rest_until[name] = Instant(now + pause)
        for name in done.served:
            self._failures.pop(name, None)
        if any(done.served.values()):
            self._after()
        if self.metrics is not None:
            self._count(self.metrics, done)
        return 0.0 if done.more else POLL_SECONDS

    @staticmethod
    def _count(metrics: Metrics, done: outbox.Relayed) -> None:
        for name, events in done.served.items():
            if events:
                metrics.relayed.labels(name).inc(events)
        for name in done.failed:
            metrics.failed.labels(name).inc()


def build(
    database: db.Database,
    *,
    clock: Clock,
    settings: Settings,
    owner: str,
    consumers: Sequence[outbox.Consumer] = (),
    handlers: Mapping[str, jobs.Handler] | None = None,
    timers: Sequence[jobs.Timer] = (),
    sweeps: Sequence[Sweep] = (),
    desk: idempotency.Desk | None = None,
    send: webhooks.Send | None = None,
    registry: CollectorRegistry | None = None,
) -> Worker:
    """The worker of one process.

    `owner` names this run of this process; no other may have it at the same time. `consumers`, `handlers`, `timers`
    and `sweeps` are what other rooms want done. With a `desk` its heartbeat is kept. `send` replaces the real sender.
    Raises Refused(UNKNOWN_BROKER) for an address in the settings that no broker understands.
    """
    closers: list[Callable[[], Awaitable[None]]] = []
    if send is None:
        sender = webhooks.Sender(
            timeout_seconds=settings.webhook_timeout_seconds, allow_private=settings.webhook_allow_private
        )
        closers.append(sender.close)
        send = sender
    courier = webhooks.Courier(
        database,
        send,
        seal=webhooks.Seal(settings.secret_key.get_secret_value()),
        clock=clock,
        owner=owner,
        timeout_seconds=settings.webhook_timeout_seconds,
        freed=lambda: delivering.wakes.set(),
    )
    closers.insert(0, courier.stop)
    brokers = [outbox.broker(address) for address in settings.event_brokers]
    closers += [each.close for each in brokers]
    publishers = [outbox.Publisher(database, each) for each in brokers]
    everyone: list[outbox.Consumer] = [webhooks.FanOut(database), *publishers, *consumers]
    relaying = Relaying(database, everyone, after=lambda: delivering.wakes.set())
    relay = Task("relay", relaying)
    delivering = Task("deliveries", lambda now: _deliver(courier, worker, now))
    own = [
        jobs.every("idempotency.prune", PRUNE_SECONDS, lambda now: idempotency.prune(database, now)),
        jobs.every("jobs.prune", PRUNE_SECONDS, lambda now: jobs.prune(database, now)),
        jobs.every("webhooks.prune", PRUNE_SECONDS, lambda now: webhooks.prune(database, now)),
    ]
    kinds = handlers or {}
    tasks = [
        relay,
        delivering,
        Task("timers", lambda now: _tick(database, [*own, *timers], clock, owner, now)),
        Task("measure", lambda now: _measure(database, everyone, worker, now), gap=MEASURE_SECONDS),
        *([Task("jobs", lambda now: _run_jobs(database, kinds, clock, owner, worker, now))] if kinds else []),
        *[_sweeping(sweep) for sweep in sweeps],
        *([_beating(desk)] if desk is not None else []),
    ]
    worker = Worker(tasks, clock=clock, registry=registry, enders=[courier.settle], closers=closers)
    relaying.metrics = worker.metrics
    database.on_commit(relay.wakes.set)
    return worker


async def _deliver(courier: webhooks.Courier, worker: Worker, now: Instant) -> float:
    step = await courier.step(now)
    counted, courier.counts = courier.counts, Counter()
    for outcome, count in counted.items():
        worker.metrics.tries.labels(outcome).inc(count)
    return seconds_until(step.next_due, now, most=POLL_SECONDS)


async def _run_jobs(
    database: db.Database,
    handlers: Mapping[str, jobs.Handler],
    clock: Clock,
    owner: str,
    worker: Worker,
    now: Instant,
) -> float:
    ran = await jobs.run(database, handlers, now, owner=owner, clock=clock)
    for ending in ("done", "retried", "dead", "lost"):
        worker.metrics.jobs.labels(ending).inc(getattr(ran, ending))
    return 0.0 if ran.any else POLL_SECONDS


async def _tick(database: db.Database, timers: Sequence[jobs.Timer], clock: Clock, owner: str, now: Instant) -> float:
    ticked = await jobs.tick(database, timers, now, owner=owner, clock=clock)
    return seconds_until(ticked.next_due, now, most=30.0)


async def _measure(database: db.Database, consumers: Sequence[outbox.Consumer], worker: Worker, now: Instant) -> float:
    for consumer in consumers:
        lag = await outbox.lag(database, consumer.name, now)
        worker.metrics.behind.labels(consumer.name).set(lag.events)
        worker.metrics.age.labels(consumer.name).set(lag.age_us / MICROSECONDS_PER_SECOND)
    return MEASURE_SECONDS


def _sweeping(sweep: Sweep) -> Task:
    async def run(now: Instant) -> float:
        await sweep.run(now)
        return sweep.seconds

    return Task(sweep.name, run, gap=sweep.seconds)


def _beating(desk: idempotency.Desk) -> Task:
    async def beat(now: Instant) -> float:
        await desk.beat(now=now)
        return idempotency.BEAT_SECONDS

    return Task("heartbeat", beat, gap=idempotency.BEAT_SECONDS)
