"""What the contract of connectors is tried on: per plug, a processor of its own and a way to it that can lie."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from pydantic import SecretStr

from tallystick import cards, connectors, sandbox
from tallystick.base import IdSource, Instant, ProcessorSettings
from tallystick.connectors import Approved, AuthorizeOrder, Caller, Connector, NoAnswer, NotSent, Response
from tests.clocks import ManualClock

SECRET = "notification secret"
API_KEY = "key of the contract suite"
NOWHERE = "http://127.0.0.1:1"
Tamper = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Tampering:
    """A way that changes the next answer, as a broken or lying processor would."""

    inner: Caller
    change: Tamper | None = None

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer:
        answer = await self.inner.call(method, url, headers=headers, body=body)
        if self.change is None or not isinstance(answer, Response):
            return answer
        change, self.change = self.change, None
        return Response(answer.status, json.dumps(change(json.loads(answer.body))).encode())


@dataclass
class Harness:
    """One plug with a processor of its own to talk to."""

    connector: Connector
    world: sandbox.Sandbox
    clock: ManualClock
    way: Tampering
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def order(self, card: str = "pm_card_visa", amount: int = 1000, *, capture: bool = True) -> AuthorizeOrder:
        """A fresh order."""
        number = next(self.numbers)
        return AuthorizeOrder(
            key=f"at_{number}",
            amount=amount,
            currency="EUR",
            card=cards.TEST_CARDS[card].card(key=b"k"),
            capture=capture,
            payment_id=f"pi_{number}",
            description=f"order {number}",
        )

    async def approved(self, card: str = "pm_card_visa", amount: int = 1000, *, capture: bool = True) -> Approved:
        """An authorisation that went well."""
        outcome = await self.connector.authorize(self.order(card, amount, capture=capture))
        assert isinstance(outcome, Approved)
        return outcome

    def notifications(self) -> list[bytes]:
        """The news the processor has for us."""
        return [notice.body for notice in self.world.state.notices.values()]

    def signed(self, body: bytes, *, at: Instant | None = None, secret: str = SECRET) -> dict[str, str]:
        """Headers as the processor sends them."""
        return {"tally-SIGNATURE": sandbox.sign(body, secret=secret, now=at or self.clock.now())}


def _settings() -> sandbox.SandboxSettings:
    return sandbox.SandboxSettings(
        name="contract", api_key=API_KEY, notification_secret=SECRET, notify="all", notify_url=f"{NOWHERE}/news"
    )


def options(url: str) -> ProcessorSettings:
    """Settings for a processor at `url`."""
    return ProcessorSettings(plug="sandbox", url=url, api_key=SecretStr(API_KEY), notification_secret=SecretStr(SECRET))


@contextlib.asynccontextmanager
async def sandbox_inside() -> AsyncIterator[Harness]:
    """The sandbox plug with a processor in this process."""
    clock = ManualClock()
    world = sandbox.Sandbox(_settings(), IdSource(clock, random.Random(7)), clock)
    way = Tampering(connectors.Inside(world.handle))
    yield Harness(connectors.build("sandbox_a", options("http://sandbox"), way), world, clock, way)


@contextlib.asynccontextmanager
async def sandbox_over_http() -> AsyncIterator[Harness]:
    """The sandbox plug with a processor behind a real socket."""
    clock = ManualClock()
    app = sandbox.build_app(_settings(), clock=clock)
    config = uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    transport = connectors.Transport(timeout_seconds=0.3)
    way = Tampering(transport)
    try:
        yield Harness(connectors.build("sandbox_a", options(f"http://127.0.0.1:{port}"), way), app.sandbox, clock, way)
    finally:
        await transport.close()
        await server.shutdown()


HARNESSES: dict[str, tuple[Callable[[], contextlib.AbstractAsyncContextManager[Harness]], ...]] = {
    "sandbox": (sandbox_inside, sandbox_over_http),
}
