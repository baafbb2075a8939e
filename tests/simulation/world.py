"""The whole platform in one process: two processors that lie, clients that insist, and a platform that dies.

A world is made from a seed and played to its end: the platform is killed at random turns of the loop and at random
commits (just before or just after they are durable), started again on the same file, and left alone at last until
nothing is open. Then the books of the platform, of the processors and of the clients are laid side by side.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tallystick import app, db, merchants, outbox, payments
from tallystick.base import IdSource, Instant, ProcessorSettings, Settings, start_of
from tallystick.db.backends.sqlite import SQLite
from tallystick.sandbox import Processor, SandboxSettings
from tallystick.webhooks import Reply
from tests.simulation.clients import Answer, Client, request
from tests.simulation.loop import Crash, LoopClock, SimulatedLoop
from tests.simulation.network import LATEST, Weather, Wire

MERCHANT = "acct_01m7z28s3crnba9fvjamctfe4q"
PROCESSORS = ("north", "south")
START = Instant(start_of(date(2026, 3, 2)) + 8 * 3_600_000_000)
QUIET_SECONDS = 5.0
MOST_QUIET_ROUNDS = 400


class Fate:
    """Decides at which commit the platform dies, and on which side of it."""

    def __init__(self, rng: random.Random, chance: float) -> None:
        self._rng = rng
        self.chance = chance
        self.commits = 0
        self.at: tuple[int, str] | None = None

    def strikes(self, side: str) -> bool:
        """Whether the process dies here."""
        if side == "before":
            self.commits += 1
        # Drawn also when it does not count, so that a world with an appointed death is the same one until then.
        drawn = self._rng.random() < self.chance
        return drawn if self.at is None else (self.commits, side) == self.at


class FatefulTransaction:
    """A transaction that may be the last thing this process did."""

    def __init__(self, inner: db.Transaction, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def commit(self) -> None:
        """Die before, or commit, or commit and die."""
        if self._fate.strikes("before"):
            raise Crash
        await self._inner.commit()
        if self._fate.strikes("after"):
            raise Crash


class FatefulBackend:
    """The SQLite backend, in a process that may die at any commit."""

    def __init__(self, inner: SQLite, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate
        self.dialect = inner.dialect

    async def begin(self) -> Any:
        """A transaction with a fate."""
        return FatefulTransaction(await self._inner.begin(), self._fate)

    async def fetch(self, compiled: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """As ever."""
        return await self._inner.fetch(compiled, values)

    async def close(self) -> None:
        """As ever."""
        await self._inner.close()

    def cut(self) -> None:
        """What the operating system does for a process that died."""
        for connection in (self._inner._writer, self._inner._reader):
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                connection.close()


@dataclass(frozen=True, slots=True)
class Appointment:
    """When the first working life ends: at a turn of the loop, or at a commit, before or after it is durable."""

    turn: int | None = None
    commit: tuple[int, str] | None = None


class World:
    """See the module. `clients` payments are lived through, with `deaths` deaths at most."""

    def __init__(self, seed: int, file: Path, *, clients: int = 6, deaths: int = 3) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.file = file
        self.clock = LoopClock(START)
        self.elapsed = 0.0
        self.fate = Fate(self.rng, 0.0)
        self.deaths = self.rng.randrange(deaths + 1) if deaths else 0
        self.died = 0
        self.appointed: Appointment | None = None
        self.work_turns = self.work_commits = 0
        weather = Weather.of(self.rng)
        self.processors = {name: self._processor(name) for name in PROCESSORS}
        self.wires = {name: Wire(p, self.rng, weather) for name, p in self.processors.items()}
        self.clients = [Client(f"client-{n}", random.Random(self.rng.random())) for n in range(clients)]
        self.settings = Settings(
            database_url=f"sqlite:///{file}?commit=inline",
            processors={name: ProcessorSettings(timeout_seconds=10, notification_secret=name) for name in PROCESSORS},
            resolve_after_seconds=15,
        )
        self.received: list[tuple[str, bytes]] = []
        self.refused: set[bytes] = set()
        self.key = ""
        self.platform: app.Platform | None = None
        self.shell: Any = None

    def _processor(self, name: str) -> Processor:
        settings = SandboxSettings(
            name=name,
            seed=self.seed,
            approval_basis_points=self.rng.choice((10_000, 9_000, 7_000)),
            notify_url="inside",
            notify=self.rng.choice(("news", "all")),
            notification_secret=name,
        )
        return Processor(settings, IdSource(self.clock, self.rng), self.clock, self.rng)

    # --- lives and deaths ---

    def play(self) -> None:
        """Live through everything. Raises AssertionError when a promise was broken."""
        self._life(self._enrol)
        while not self._life(self._work, mortal=self.died < self.deaths, appointed=self.died == 0):
            self.died += 1
        for wire in self.wires.values():
            wire.calm()
        self._life(self._settle)

    def _life(self, work: Any, *, mortal: bool = False, appointed: bool = False) -> bool:
        """One life of the platform; False when it died."""
        loop = SimulatedLoop(self.rng, elapsed=self.elapsed)
        self.clock.loop = loop
        self.fate.commits, self.fate.at = 0, None
        self.fate.chance = 0.01 if mortal and self.rng.random() < 0.5 else 0.0
        if mortal:
            loop.crash_at = self.rng.randint(1, 1500)
        if appointed and self.appointed is not None:
            loop.crash_at, self.fate.at = self.appointed.turn, self.appointed.commit
        asyncio.set_event_loop(loop)
        backend: FatefulBackend | None = None

        async def live() -> None:
            nonlocal backend
            backend = FatefulBackend(await SQLite.open(self.settings.database_url), self.fate)
            for connection in (backend._inner._writer, backend._inner._reader):
                connection.execute("PRAGMA synchronous=OFF")  # processes die here, not machines
            database = db.Database(backend, ids=IdSource(self.clock, self.rng), clock=self.clock)
            await self._open(database)
            await work()

        try:
            loop.run_until_complete(live())
        except Crash:
            return False
        finally:
            self.elapsed = loop.elapsed
            if appointed:
                self.work_turns, self.work_commits = loop.steps, self.fate.commits
            loop.abandon()
            asyncio.set_event_loop(None)
            if backend is not None:
                backend.cut()
        return True

    async def _open(self, database: db.Database) -> None:
        self.platform = await app.assemble(
            self.settings,
            clock=self.clock,
            database=database,
            make_caller=lambda name, _: self.wires[name],
            send=self._take_webhook,
        )
        self.shell = app.shell(self.platform)

    async def _take_webhook(self, url: str, headers: Mapping[str, str], body: bytes, *, livemode: bool) -> Reply:
        """The merchant's receiver, which is away now and then, but not so often that the platform gives up."""
        await asyncio.sleep(self.rng.random())
        if body not in self.refused and self.rng.random() < 0.3:
            self.refused.add(body)
            return Reply(status=503)
        self.received.append((url, body))
        return Reply(status=200)

    # --- what happens in a life ---

    async def _enrol(self) -> None:
        assert self.platform is not None
        database, now = self.platform.database, self.clock.now()
        await merchants.create_merchant(
            database,
            name="Merchant",
            email="m@example.com",
            country="DE",
            default_currency="EUR",
            now=now,
            merchant_id=MERCHANT,
        )
        await merchants.set_fee_plan(
            database, merchant_id=MERCHANT, basis_points=50, fixed_minor={"EUR": 5, "USD": 5, "KWD": 5}
        )
        issued = await merchants.issue_key(
            database,
            merchants.pepper_of(self.settings.secret_key.get_secret_value()),
            merchant_id=MERCHANT,
            kind=merchants.KeyKind.SECRET,
            livemode=False,
            now=now,
        )
        self.key = issued.secret
        form = {"url": "http://merchant.test/hook", "enabled_events[0]": "*"}
        answer = await self.send("POST", "/v1/webhook_endpoints", form, "endpoint")
        assert answer.status == 200, answer.raw

    async def _work(self) -> None:
        background = self._background()
        try:
            await asyncio.gather(*(client.live(self.send) for client in self.clients))
        finally:
            for task in background:
                task.cancel()

    def _background(self) -> list[asyncio.Task[Any]]:
        assert self.platform is not None
        work = [self.platform.worker.run(), *(self._post_notices(name) for name in PROCESSORS)]
        return [asyncio.ensure_future(one) for one in work]

    async def _settle(self) -> None:
        """Leave it alone until nothing is open; that must come to an end."""
        assert self.platform is not None
        background = self._background()
        await asyncio.sleep(LATEST)
        for _ in range(MOST_QUIET_ROUNDS):
            await asyncio.sleep(QUIET_SECONDS)
            if await self._quiet():
                break
        else:
            raise AssertionError("something is still open after a long quiet")
        for task in background:
            task.cancel()
        await self.check(self)

    async def _quiet(self) -> bool:
        assert self.platform is not None
        open_ = await payments.unsettled(self.platform.database, livemode=False)
        later = any(processor.state.later or processor.state.notices for processor in self.processors.values())
        if open_.count or later:
            return False
        lag = await outbox.lag(self.platform.database, "webhooks", self.clock.now())
        return not lag.events and not await self._undelivered()

    async def _undelivered(self) -> bool:
        answer = await self.send("GET", "/v1/webhook_deliveries?status=pending&limit=1", {}, None)
        assert answer.status == 200, answer.raw
        return bool(answer.body["data"])

    async def _post_notices(self, name: str) -> None:
        """What a processor posts: late, in any order, sometimes lost and repeated."""
        processor = self.processors[name]
        while True:
            await asyncio.sleep(0.5 + self.rng.random())
            processor.tick(self.clock.now())
            due = processor.due_notices(self.clock.now())
            self.rng.shuffle(due)
            for notice in due:
                if self.rng.random() < 0.1:
                    continue
                headers = {name.lower(): value for name, value in notice.headers.items()}
                body = notice.body
                answer = await self._notify(name, headers, body)
                if self.rng.random() < 0.1:
                    await self._notify(name, headers, body)
                taken = answer.status == 200 and self.rng.random() > 0.1
                processor.notice_settled(notice.notice, taken=taken, now=self.clock.now())

    async def _notify(self, name: str, headers: dict[str, str], body: bytes) -> Answer:
        answer = await request(self.shell, "POST", f"/v1/notifications/{name}", body, headers)
        assert answer.status != 500, answer.raw
        return answer

    async def send(self, method: str, path: str, form: dict[str, str], key: str | None) -> Answer:
        """One request of the merchant's program."""
        headers = {"authorization": f"Bearer {self.key}"} | ({"idempotency-key": key} if key else {})
        return await request(self.shell, method, path, form, headers)

    check: Any = None
    """What to look at when all is quiet: an async function of the world."""
