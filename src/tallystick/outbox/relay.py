"""Carry events to whoever wants them, in commit order, until they have them.

Each consumer has a cursor: the seq up to which it has been served. A batch is served and the cursor moved in one unit.
What a consumer writes into that unit happens exactly once: the cursor is guarded by its version, so of two relays one
commits and the other re-reads. What a consumer does outside (a broker) happens at least once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tallystick import db
from tallystick.base import Instant, log
from tallystick.outbox import store
from tallystick.outbox.contract import Broker
from tallystick.outbox.model import Head

BATCH = 500
_COUNTED_LAG = 100_000
_log = log.get("outbox")


class Consumer(Protocol):
    """Somebody who is to hear of events."""

    @property
    def name(self) -> str:
        """Names the cursor; at most 64 ASCII characters. A new name starts from the first event there is."""

    async def audience(self) -> frozenset[str] | None:
        """The merchants whose events are wanted now; None for all, the empty set for nobody's."""

    async def take(self, unit: db.Unit, heads: Sequence[Head], now: Instant) -> None:
        """Serve these events, in order; writes go into `unit`. Called again with the same events if that fails."""


class Publisher:
    """The consumer that tells a broker."""

    def __init__(self, database: db.Database, broker: Broker) -> None:
        self.name = f"broker:{broker.name}"
        self._database = database
        self._broker = broker

    async def audience(self) -> None:
        """Everything."""
        return

    async def take(self, unit: db.Unit, heads: Sequence[Head], now: Instant) -> None:
        """Publish first; the cursor follows once the broker has said that it has them."""
        await self._broker.publish(await store.whole(self._database, heads[0].seq, heads[-1].seq))


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one round did: events served by consumer, consumers that failed, and whether more is waiting."""

    served: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    more: bool = False


async def run(database: db.Database, consumers: Sequence[Consumer], now: Instant, *, batch: int = BATCH) -> Relayed:
    """Serve each consumer its next batch. One that raises is logged and left where it was; the others go on."""
    # The end is read before anybody's audience: an event after it is left for the next round, so a merchant who
    # begins to listen while we work misses nothing that happened after.
    last = await store.last_seq(database) if consumers else 0
    served: dict[str, int] = {}
    failed: dict[str, str] = {}
    more = False
    for consumer in consumers:
        try:
            served[consumer.name], behind = await _serve(database, consumer, last, now, batch)
            more = more or behind
        except Exception as fault:
            failed[consumer.name] = f"{type(fault).__name__}: {fault}"
            _log.error("consumer_failed", consumer=consumer.name, error=failed[consumer.name])
    return Relayed(served, failed, more)


async def _serve(database: db.Database, consumer: Consumer, last: int, now: Instant, batch: int) -> tuple[int, bool]:
    """How many events were served, and whether some are left before `last`."""

    async def step() -> tuple[int, bool]:
        cursor = await store.cursor(database, consumer.name)
        after = cursor["seq"] if cursor else 0
        if after >= last:
            return 0, False
        merchants = await consumer.audience()
        heads = await store.heads(database, after, last, batch, merchants) if merchants != frozenset() else []
        full = len(heads) == batch
        async with database.unit() as unit:
            if heads:
                await consumer.take(unit, heads, now)
            _move(unit, consumer.name, cursor, heads[-1].seq if full else last, now)
        return len(heads), full

    return await database.retry(step)


def _move(unit: db.Unit, consumer: str, cursor: dict[str, Any] | None, seq: int, now: Instant) -> None:
    place = {"consumer": consumer, "seq": seq, "moved": now}
    if cursor is None:
        unit.insert(store.ADD_CURSOR, {**place, "version": 0})
    else:
        assert seq > cursor["seq"], "a cursor never goes back"
        unit.update(store.SAVE_CURSOR, {**place, "version": cursor["version"]})


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a consumer is behind: events not yet served (counted to 100,000) and the age of the oldest, in µs."""

    events: int
    age_us: int


async def lag(database: db.Database, consumer: str, now: Instant) -> Lag:
    """How far the consumer of this name is behind."""
    cursor = await store.cursor(database, consumer)
    after = cursor["seq"] if cursor else 0
    oldest = await store.oldest_after(database, after)
    if oldest is None:
        return Lag(0, 0)
    return Lag(await store.count_after(database, after, _COUNTED_LAG), max(0, now - oldest))
