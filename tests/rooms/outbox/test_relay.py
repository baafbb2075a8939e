"""Every consumer gets every event it wants, in order; what it writes with the relay's unit happens exactly once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from tallystick import db, jobs, outbox
from tallystick.base import IdSource, Instant
from tests.clocks import ManualClock


class Reader:
    """Remembers what it was given; writes one job per event into the relay's unit."""

    def __init__(self, name: str = "reader", merchants: frozenset[str] | None = None, failures: int = 0) -> None:
        self.name = name
        self.merchants = merchants
        self.failures = failures
        self.taken: list[str] = []

    async def audience(self) -> frozenset[str] | None:
        return self.merchants

    async def take(self, unit: db.Unit, heads: Sequence[outbox.Head], now: Instant) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("broker is away")
        self.taken += [head.id for head in heads]
        for head in heads:
            jobs.later(unit, self.name, {"event": head.id}, now)


async def tell(database: db.Database, clock: ManualClock, merchant: str = "acct_1", times: int = 1) -> list[str]:
    told = []
    for _ in range(times):
        async with database.unit() as unit:
            event = outbox.compose(unit, "a.b", {}, merchant_id=merchant, livemode=False, now=clock.now())
            outbox.add(unit, event)
        told.append(event.id)
    return told


async def written(database: db.Database, clock: ManualClock, name: str) -> list[str]:
    """The events a reader has really written something for."""
    found: list[str] = []

    async def note(job: jobs.Job, now: Instant) -> None:
        found.append(str(job.payload["event"]))

    await jobs.run(database, {name: note}, clock.now(), owner="test", limit=10_000)
    return sorted(found)


async def test_events_come_in_order_in_batches(database: db.Database, clock: ManualClock) -> None:
    ids = await tell(database, clock, times=7)
    reader = Reader()
    rounds = [await outbox.relay.run(database, [reader], clock.now(), batch=3) for _ in range(4)]
    assert [(done.served["reader"], done.more) for done in rounds] == [(3, True), (3, True), (1, False), (0, False)]
    assert reader.taken == ids
    assert await written(database, clock, "reader") == ids


async def test_each_consumer_has_its_own_pace(database: db.Database, clock: ManualClock) -> None:
    ids = await tell(database, clock, times=2)
    first, second = Reader("first"), Reader("second", failures=1)
    done = await outbox.relay.run(database, [second, first], clock.now())
    assert done.failed == {"second": "ConnectionError: broker is away"}
    assert first.taken == ids
    await outbox.relay.run(database, [second, first], clock.now())
    assert second.taken == ids
    assert first.taken == ids


async def test_only_the_audience_is_read_and_the_rest_is_passed_over(database: db.Database, clock: ManualClock) -> None:
    mine = await tell(database, clock, "acct_1", times=2)
    await tell(database, clock, "acct_2", times=3)
    reader = Reader(merchants=frozenset({"acct_1"}))
    await outbox.relay.run(database, [reader], clock.now())
    assert reader.taken == mine
    assert await outbox.lag(database, "reader", clock.now()) == outbox.Lag(0, 0)
    reader.merchants = frozenset({"acct_1", "acct_2"})
    late = await tell(database, clock, "acct_2")
    await outbox.relay.run(database, [reader], clock.now())
    assert reader.taken == mine + late


async def test_nobody_listening_costs_one_step(database: db.Database, clock: ManualClock) -> None:
    await tell(database, clock, times=9)
    reader = Reader(merchants=frozenset())
    done = await outbox.relay.run(database, [reader], clock.now(), batch=2)
    assert (done.served, done.more) == ({"reader": 0}, False)
    assert (await outbox.lag(database, "reader", clock.now())).events == 0


async def test_lag_is_a_count_and_an_age(database: db.Database, clock: ManualClock) -> None:
    await tell(database, clock)
    clock.advance(5)
    await tell(database, clock)
    clock.advance(2)
    assert await outbox.lag(database, "reader", clock.now()) == outbox.Lag(2, 7_000_000)
    await outbox.relay.run(database, [Reader()], clock.now(), batch=1)
    assert await outbox.lag(database, "reader", clock.now()) == outbox.Lag(1, 2_000_000)


async def test_relays_at_once_never_double(database: db.Database, database_url: str, clock: ManualClock) -> None:
    """Two processes, several relays each, while events keep coming."""
    other = await db.open(database_url, ids=IdSource(clock, random.Random(7)), clock=clock)
    readers = [Reader() for _ in range(4)]
    ids: list[str] = []

    async def keep(home: db.Database, reader: Reader) -> None:
        for _ in range(10):
            await outbox.relay.run(home, [reader], clock.now(), batch=5)

    async def tells(home: db.Database) -> None:
        ids.extend(await tell(home, clock, times=15))

    try:
        homes = [database, other, database, other]
        await asyncio.gather(
            *[keep(home, reader) for home, reader in zip(homes, readers, strict=True)], tells(database), tells(other)
        )
        while (await outbox.relay.run(database, readers[:1], clock.now())).served["reader"]:
            pass
    finally:
        await other.close()
    assert await written(database, clock, "reader") == sorted(ids)
    assert len(ids) == 30


async def test_a_broker_gets_whole_events(database: db.Database, clock: ManualClock) -> None:
    class Memory:
        name = "memory"

        def __init__(self) -> None:
            self.told: list[outbox.Event] = []

        async def publish(self, events: Sequence[outbox.Event]) -> None:
            self.told += events

        async def close(self) -> None:
            return

    broker = Memory()
    ids = await tell(database, clock, times=5)
    for _ in range(3):
        await outbox.relay.run(database, [outbox.Publisher(database, broker)], clock.now(), batch=2)
    assert [event.id for event in broker.told] == ids
    assert all(event.id.encode() in event.payload for event in broker.told)
    assert (await outbox.lag(database, "broker:memory", clock.now())).events == 0
