"""The front desk of one server process: which keys it is working on, and its heartbeat for the other servers.

Another server takes an unanswered claim over when this one has not beaten for `STALE_SECONDS`, or at once when a
newer boot of the same name has started. Servers on one database must agree on the time to about a second.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tallystick.base import Clock, Instant, Refused, after, log
from tallystick.db import Database, LostRace
from tallystick.idempotency import store
from tallystick.idempotency.model import IdempotencyRefusal, Ticket
from tallystick.idempotency.operation import Operation

BEAT_SECONDS = 1.0
STALE_SECONDS = 5

_log = log.get("idempotency")
_MOST = store.SIZES[-1]


class Superseded(Exception):
    """A newer server of the same name has started; this one must stop."""


class Desk:
    """Open one per process with `Desk.open`; hand it to `once` with every request."""

    def __init__(self, database: Database, *, name: str, boot: int) -> None:
        self.database = database
        self.name = name
        self.boot = boot
        self._running: dict[str, str] = {}
        self._abandoned: dict[str, Operation] = {}
        self._reading = False
        self._waiting: list[tuple[str, asyncio.Future[store.Claim | None]]] = []
        self._reader: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, database: Database, *, name: str, now: Instant) -> Desk:
        """Start as the next boot of the server called `name` (at most 64 characters)."""

        async def boot() -> int:
            known = await store.instance(database, name)
            async with database.unit() as unit:
                if known is None:
                    unit.insert(store.ENTER, {"name": name, "boot": 1, "beat": now})
                else:
                    unit.update(store.BOOT, {"name": name, "boot": known[0], "beat": now})
            return 1 if known is None else known[0] + 1

        return cls(database, name=name, boot=await database.retry(boot))

    async def beat(self, *, now: Instant) -> None:
        """Tell the other servers that this one is alive. Raises Superseded."""
        try:
            async with self.database.unit() as unit:
                unit.update(store.BEAT, {"name": self.name, "boot": self.boot, "beat": now})
        except LostRace as lost:
            raise Superseded(f"a newer server named {self.name!r} has started; give each its own name") from lost
        for scope, operation in list(self._abandoned.items()):
            await self.release(operation)
            self._abandoned.pop(scope, None)

    # --- keys this process is working on ---

    def enter(self, scope: str, ticket: Ticket) -> None:
        """Take the key for one request of this process. Raises Refused(KEY_REUSED, KEY_IN_USE)."""
        running = self._running.get(scope)
        if running is not None:
            raise reused(ticket) if running != ticket.fingerprint else in_use(ticket)
        self._running[scope] = ticket.fingerprint

    def leave(self, scope: str) -> None:
        """The request is answered."""
        del self._running[scope]

    def abandon(self, scope: str, operation: Operation) -> None:
        """The request ended without an answer; the next heartbeat lets any server resume it."""
        self._abandoned[scope] = operation

    async def release(self, operation: Operation) -> None:
        """Let any server resume the operation at once, if its claim is still this one's."""
        with suppress(LostRace):
            async with self.database.unit() as unit:
                operation.release(unit)

    async def holds(self, claim: store.Claim, *, now: Instant) -> bool:
        """Whether somebody is still working on an unanswered claim that was read while this process held its key."""
        if claim.instance == "" or (claim.instance == self.name and claim.boot <= self.boot):
            return False
        known = await store.instance(self.database, claim.instance)
        return known is not None and known[0] == claim.boot and known[1] > after(now, seconds=-STALE_SECONDS)

    # --- reading claims: requests that wait while one read is under way share the next ---

    async def find(self, scope: str) -> store.Claim | None:
        """The claim on this key, if there is one."""
        if self._reading:
            future: asyncio.Future[store.Claim | None] = asyncio.get_running_loop().create_future()
            self._waiting.append((scope, future))
            return await future
        self._reading = True
        try:
            return (await store.claims(self.database, [scope])).get(scope)
        finally:
            self._reading = False
            if self._waiting:
                self._reading = True
                self._reader = asyncio.get_running_loop().create_task(self._read_waiting())

    async def _read_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._read(batch)
        finally:
            self._reading = False

    async def _read(self, batch: list[tuple[str, asyncio.Future[store.Claim | None]]]) -> None:
        try:
            found = await store.claims(self.database, [scope for scope, _ in batch])
        except Exception as error:  # whatever the driver raises belongs to each of those who wait
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for scope, future in batch:
            if not future.done():
                future.set_result(found.get(scope))


def reused(ticket: Ticket) -> Refused:
    """The key was used with other parameters."""
    return Refused(
        IdempotencyRefusal.KEY_REUSED,
        f"Idempotency key {ticket.key!r} was first used with other parameters. Send a repeated request unchanged, "
        "or use a new key for a new request.",
    )


def in_use(ticket: Ticket) -> Refused:
    """The key's request is still running."""
    return Refused(
        IdempotencyRefusal.KEY_IN_USE,
        f"A request with idempotency key {ticket.key!r} is still running. Wait for its answer, or send the same "
        "request again in a moment.",
    )


async def keep_beating(desk: Desk, clock: Clock) -> None:
    """Beat once a second until cancelled; a database that cannot be reached is tried again. Raises Superseded."""
    while True:
        try:
            await desk.beat(now=clock.now())
        except Superseded:
            raise
        except Exception as error:  # the database may be away for a while; the server outlives that
            _log.warning("heartbeat_failed", instance=desk.name, error=repr(error))
        await clock.sleep(BEAT_SECONDS)
