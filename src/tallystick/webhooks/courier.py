"""Carry out deliveries: take what is due, send it, write down what came of it.

    take (lease, try + 1)  ->  send, no transaction open  ->  succeeded | pending with a pause | failed

A crash between sending and writing means that the receiver gets the event once more; every webhook is delivered at
least once, in no promised order, and the event's id tells repetitions apart. Deliveries to one endpoint are limited,
so a receiver that hangs does not hold up the others.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, replace
from typing import Any

from tallystick import db, outbox
from tallystick.base import Clock, Instant, after, log
from tallystick.webhooks import store
from tallystick.webhooks.deliver import Send
from tallystick.webhooks.model import (
    Answer,
    Delivery,
    DeliveryStatus,
    Endpoint,
    EndpointStatus,
    Reply,
    Trouble,
    Try,
)
from tallystick.webhooks.seal import Seal, Unreadable
from tallystick.webhooks.sign import HEADER, signature

LEASE_MARGIN_SECONDS = 60
"""How much longer than a send may last a process holds a delivery."""
TOGETHER = 64
PER_ENDPOINT = 8
_log = log.get("webhooks")


@dataclass(frozen=True, slots=True)
class Step:
    """What one look at the deliveries did: how many were begun, and when to look again (None: nothing is waiting)."""

    begun: int
    next_due: Instant | None


class Courier:
    """Delivers for one process.

    `owner` names the process and must differ between processes. `freed` is called whenever a delivery is over, so that
    whoever drives `step` can look for the next.
    """

    def __init__(
        self,
        database: db.Database,
        send: Send,
        *,
        seal: Seal,
        clock: Clock,
        owner: str,
        timeout_seconds: float,
        together: int = TOGETHER,
        per_endpoint: int = PER_ENDPOINT,
        freed: Callable[[], None] | None = None,
    ) -> None:
        self._database = database
        self._send = send
        self._seal = seal
        self._clock = clock
        self._owner = owner
        self._lease_seconds = int(timeout_seconds) + LEASE_MARGIN_SECONDS
        self._together = together
        self._per_endpoint = per_endpoint
        self._freed = freed
        self._running: dict[asyncio.Task[None], str] = {}
        self.counts: Counter[str] = Counter()
        """How tries ended, by delivery status; a try that will be repeated counts as `retried`."""

    async def step(self, now: Instant) -> Step:
        """Begin what is due, as far as there is room; the sending goes on in the background."""
        free = self._together - len(self._running)
        if free <= 0:
            return Step(0, None)
        soonest = await store.next_due(self._database, self._full())
        if soonest is None or soonest > now:
            return Step(0, soonest)
        found = await store.due(self._database, now, free, self._full())
        busy = Counter(self._running.values())
        picked = []
        for delivery in found:
            busy[delivery.endpoint_id] += 1
            if busy[delivery.endpoint_id] <= self._per_endpoint:
                picked.append(delivery)
        begun = await self._begin(picked, now)
        # What full endpoints leave waiting is looked at again when one of their deliveries is over, not before.
        return Step(begun, now if len(found) == free else await store.next_due(self._database, self._full()))

    def _full(self) -> list[str]:
        running = Counter(self._running.values())
        return [endpoint_id for endpoint_id, count in running.items() if count >= self._per_endpoint]

    async def settle(self) -> None:
        """Wait until nothing is on its way."""
        while self._running:
            await asyncio.wait(list(self._running))

    async def stop(self) -> None:
        """Leave what is on its way: its leases end and it is sent again, by this process's next life or another."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _begin(self, picked: list[Delivery], now: Instant) -> int:
        if not picked:
            return 0
        endpoints = await store.endpoints(self._database, {delivery.endpoint_id for delivery in picked})
        events = await outbox.load(self._database, {delivery.event_id for delivery in picked})
        held = await asyncio.gather(*[self._take(delivery, now) for delivery in picked])
        for delivery in held:
            if delivery is not None:
                work = self._carry(delivery, endpoints.get(delivery.endpoint_id), events.get(delivery.event_id))
                task = asyncio.create_task(self._watched(delivery, work))
                self._running[task] = delivery.endpoint_id
                task.add_done_callback(self._over)
        return sum(delivery is not None for delivery in held)

    def _over(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if self._freed is not None:
            self._freed()

    async def _take(self, delivery: Delivery, now: Instant) -> Delivery | None:
        """Hold the delivery, or None when another process was first or there is nothing left to try."""
        if delivery.spent:
            # The lease of its last try ran out: the process died before it could say what came of it.
            await self._save(
                delivery, replace(delivery, status=DeliveryStatus.FAILED, due=None, owner="", finished=now)
            )
            return None
        held = replace(
            delivery,
            due=after(now, seconds=self._lease_seconds),
            owner=self._owner,
            step=delivery.step + 1,
            tries=delivery.tries + 1,
        )
        return replace(held, version=held.version + 1) if await self._save(delivery, held) else None

    async def _save(self, delivery: Delivery, changed: Delivery) -> bool:
        try:
            async with self._database.unit() as unit:
                unit.update(store.SAVE_DELIVERY, store.delivery_row(changed))
        except db.LostRace:
            return False
        return True

    async def _watched(self, delivery: Delivery, work: Coroutine[Any, Any, None]) -> None:
        """A fault of ours while delivering is never silent; the lease brings the delivery back."""
        try:
            await work
        except Exception as fault:
            self.counts["faulted"] += 1
            _log.exception("delivery_faulted", delivery=delivery.id, error=f"{type(fault).__name__}: {fault}")

    async def _carry(self, delivery: Delivery, endpoint: Endpoint | None, event: outbox.Event | None) -> None:
        if endpoint is None or event is None or endpoint.status is not EndpointStatus.ENABLED:
            await self._record(delivery, _closed(delivery, DeliveryStatus.CANCELED, self._clock.now()), None)
            return
        started = self._clock.now()
        answer = await self._post(delivery, endpoint, event, started)
        ended = self._clock.now()
        tried = Try.of(delivery, answer, started=started, ended=ended)
        await self._record(delivery, _after(delivery, answer, ended), tried)

    async def _post(self, delivery: Delivery, endpoint: Endpoint, event: outbox.Event, now: Instant) -> Answer:
        try:
            secrets = [self._seal.open(sealed, name=endpoint.id) for sealed in endpoint.sealed_secrets(now)]
        except Unreadable as unreadable:
            _log.error("secret_unreadable", endpoint=endpoint.id, error=str(unreadable))
            return Trouble.SECRET
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Tallystick/1.0 (webhooks)",
            "Tallystick-Delivery": delivery.id,
            HEADER: signature(secrets, now, event.payload),
        }
        return await self._send(endpoint.url, headers, event.payload, livemode=delivery.livemode)

    async def _record(self, held: Delivery, changed: Delivery, tried: Try | None) -> None:
        """Write the try and its consequence together, if the delivery is still ours."""

        async def step() -> bool:
            current = await store.delivery(self._database, held.id)
            if current is None or not current.held_like(held):
                return False
            async with self._database.unit() as unit:
                if tried is not None:
                    unit.insert(store.ADD_TRY, asdict(tried))
                unit.update(store.SAVE_DELIVERY, store.delivery_row(replace(changed, version=current.version)))
            return True

        if not await self._database.retry(step):
            self.counts["lost"] += 1
            _log.warning("delivery_lost", delivery=held.id, attempt=held.tries)
            return
        outcome = "retried" if changed.status is DeliveryStatus.PENDING else str(changed.status)
        self.counts[outcome] += 1
        if changed.status is DeliveryStatus.FAILED:
            _log.warning("delivery_failed", delivery=held.id, endpoint=held.endpoint_id, error=changed.last_error)


def _after(delivery: Delivery, answer: Answer, now: Instant) -> Delivery:
    """What an answer makes of the delivery."""
    if isinstance(answer, Reply):
        noted = replace(
            delivery, http_status=answer.status, last_error=None if answer.well else f"http_{answer.status}"
        )
        if answer.well:
            return _closed(noted, DeliveryStatus.SUCCEEDED, now)
    else:
        noted = replace(delivery, http_status=None, last_error=str(answer))
    due = noted.next_try(now)
    if due is None:
        return _closed(noted, DeliveryStatus.FAILED, now)
    return replace(noted, due=due, owner="")


def _closed(delivery: Delivery, status: DeliveryStatus, now: Instant) -> Delivery:
    return replace(delivery, status=status, due=None, owner="", finished=now)
