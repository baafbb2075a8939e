"""Two servers on one database, a processor, and a client that talks to either: real processes on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec

from tallystick import db, ledger, merchants, sandbox
from tallystick.base import SystemClock
from tallystick.demo.processes import Fleet

SECRET, PROCESSOR_KEY = "a-secret-of-this-city", "processor-key"
MERCHANT = "acct_01m7z28s3crnba9fvjamctfe4q"
WAIT_SECONDS = 40
"""How long anything may take that has to happen; far more than it does, even on a busy machine."""
PAUSE_SECONDS = 0.05
NOT_YET = ("idempotency_key_in_use", "lock_timeout")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    raw: bytes

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.raw)

    @property
    def code(self) -> str:
        return str(self.body.get("error", {}).get("code", ""))


class City:
    """Servers `a` and `b`. Every answer is looked at: a 500 is a failure wherever it comes from."""

    def __init__(
        self, servers: dict[str, Fleet], session: aiohttp.ClientSession, ports: dict[str, int], seed: int
    ) -> None:
        self.servers, self.session, self.ports, self.chance = servers, session, ports, random.Random(seed)
        self.up = ["a", "b"]
        self.key, self.key_id = "", ""

    async def once(self, server: str, path: str, form: dict[str, str] | None, key: str = "") -> Answer:
        """One request; without a form it is a GET. Raises aiohttp's errors when the server is gone."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-www-form-urlencoded"}
        headers |= {"Idempotency-Key": key} if key else {}
        method, body = ("GET", "") if form is None else ("POST", urlencode(form))
        url = f"http://127.0.0.1:{self.ports[server]}{path}"
        async with self.session.request(method, url, data=body, headers=headers) as answer:
            found = Answer(answer.status, await answer.read())
        assert found.status != 500, found.raw
        return found

    async def insist(self, path: str, form: dict[str, str], key: str, *, first: str = "") -> Answer:
        """Send a request, to any server that is up, until there is a definite answer; `first` is asked first."""
        end, server = deadline(), first or self.chance.choice(self.up)
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                answer = await self.once(server, path, form, key)
                if answer.status != 503 and answer.code not in NOT_YET:
                    return answer
            end()
            await asyncio.sleep(PAUSE_SECONDS * (1 + self.chance.random()))
            server = self.chance.choice(self.up)

    async def until(self, happened: Callable[[], Awaitable[object]]) -> None:
        """Wait until something has happened."""
        end = deadline()
        while not await happened():
            end()
            await asyncio.sleep(PAUSE_SECONDS)

    async def sale(self, amount: int, key: str, *, manual: bool = False, first: str = "") -> dict[str, Any]:
        """A payment that was approved."""
        form = {
            "amount": str(amount),
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": "true",
            "capture_method": "manual" if manual else "automatic",
        }
        answer = await self.insist("/v1/payment_intents", form, key, first=first)
        assert answer.status == 200, answer.raw
        found: dict[str, Any] = answer.body
        return found

    async def payments(self) -> dict[str, dict[str, Any]]:
        """All of them, as any server shows them."""
        found = await self.once(self.chance.choice(self.up), "/v1/payment_intents?limit=100", None)
        assert not found.body["has_more"]
        return {one["id"]: one for one in found.body["data"]}

    async def processor(self, path: str = "state", asked: dict[str, Any] | None = None) -> dict[str, Any]:
        """The processor's own word."""
        url = f"http://127.0.0.1:{self.ports['processor']}/control/{path}"
        headers = {"Authorization": f"Bearer {PROCESSOR_KEY}"}
        method = "GET" if asked is None else "POST"
        async with self.session.request(method, url, json=asked, headers=headers) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    def kill(self, server: str) -> None:
        """End a server at once, in the middle of whatever it does."""
        self.up.remove(server)
        self.servers[server].kill("it")

    async def start_again(self, server: str) -> None:
        """Start a server that was killed, under its name."""
        self.servers[server].again("it")
        await self.servers[server].up()
        self.up.append(server)

    async def at_rest(self) -> bool:
        """Whether no outcome is open."""
        refunds = await self.once(self.up[0], "/v1/refunds?limit=100", None)
        open_refunds = [one for one in refunds.body["data"] if one["status"] == "pending"]
        return not open_refunds and all(one["status"] != "processing" for one in (await self.payments()).values())


def deadline() -> Callable[[], None]:
    """Fails once it has taken too long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + WAIT_SECONDS

    def check() -> None:
        assert loop.time() < end, f"nothing definite within {WAIT_SECONDS} s"

    return check


@contextlib.contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports that nobody listens at, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        yield [one.getsockname()[1] for one in sockets]


def _environment(ports: dict[str, int], database_url: str) -> dict[str, str]:
    processor = {
        "url": f"http://127.0.0.1:{ports['processor']}",
        "api_key": PROCESSOR_KEY,
        "notification_secret": PROCESSOR_KEY,
        "timeout_seconds": 2,
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")} | {
        "TALLYSTICK_DATABASE_URL": database_url,
        "TALLYSTICK_SECRET_KEY": SECRET,
        "TALLYSTICK_PROCESSORS": json.dumps({"processor": processor}),
        "TALLYSTICK_RESOLVE_AFTER_SECONDS": "3",
        "TALLYSTICK_LOG_LEVEL": "warning",
    }


async def _enrol(city: City, database_url: str) -> None:
    clock = SystemClock()
    database = await db.open(database_url, clock=clock)
    await merchants.create_merchant(
        database,
        name="City",
        email="city@example.com",
        country="DE",
        default_currency="EUR",
        now=clock.now(),
        merchant_id=MERCHANT,
    )
    issued = await merchants.issue_key(
        database,
        merchants.pepper_of(SECRET),
        merchant_id=MERCHANT,
        kind=merchants.KeyKind.SECRET,
        livemode=False,
        now=clock.now(),
    )
    city.key, city.key_id = issued.secret, issued.key.id
    await database.close()


@contextlib.asynccontextmanager
async def city(database_url: str, folder: Path, seed: int) -> AsyncIterator[City]:
    """Everything up, and one merchant enrolled; all of it ends with the block."""
    with free_ports(3) as numbers:
        ports = dict(zip(("a", "b", "processor"), numbers, strict=True))
    settings = sandbox.SandboxSettings(
        name="processor",
        port=ports["processor"],
        api_key=PROCESSOR_KEY,
        notification_secret=PROCESSOR_KEY,
        latency_ms=10,
        file=str(folder / "processor.sqlite"),
    )
    told = folder / "processor.json"
    told.write_bytes(msgspec.json.encode(settings))
    environment, clock = _environment(ports, database_url), SystemClock()
    fleets = {
        name: Fleet(folder / name, environment | {"TALLYSTICK_INSTANCE_NAME": name}, clock)
        for name in ("processor", "a", "b")
    }
    address = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    fleets["processor"].start("it", "sandbox", "--settings", str(told), probe=f"{address['processor']}/control/state")
    for name in ("a", "b"):
        fleets[name].start("it", "serve", "--no-migrate", "--port", str(ports[name]), probe=f"{address[name]}/healthz")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WAIT_SECONDS)) as session:
        try:
            for fleet in fleets.values():
                await fleet.up()
            made = City(fleets, session, ports, seed)
            await _enrol(made, database_url)
            yield made
        finally:
            for fleet in fleets.values():
                await fleet.close()


async def laws_hold(city: City, database_url: str) -> None:
    """Law 1: books sum to zero. Law 4: nothing is unknown. Law 5: refunded <= captured <= authorised. And what the
    processor owes by the books is what it has taken by its own."""
    await city.until(city.at_rest)
    database = await db.open(database_url, clock=SystemClock())
    try:
        rows = await ledger.trial_balance(database, livemode=False)
    finally:
        await database.close()
    assert sum(row.balance.debits_posted - row.balance.credits_posted for row in rows) == 0
    assert sum(row.balance.debits_pending - row.balance.credits_pending for row in rows) == 0
    owed = sum(row.balance.net_debit for row in rows if row.account.name == "processor_receivable")
    assert owed == (await city.processor())["books"]["processor"].get("EUR", {}).get("issuers", 0)
    refunds = (await city.once(city.up[0], "/v1/refunds?limit=100", None)).body["data"]
    for name, payment in (await city.payments()).items():
        given_back = sum(
            one["amount"] for one in refunds if one["payment_intent"] == name and one["status"] == "succeeded"
        )
        assert given_back <= payment["amount_received"] <= payment["amount"]
