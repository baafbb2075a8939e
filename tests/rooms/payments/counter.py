"""The shop's API on a real port, and the official Stripe SDK in front of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import stripe
import uvicorn

from tallystick import idempotency, merchants, payments, web
from tests.rooms.payments.shop import MERCHANT, Shop

T = TypeVar("T")
PEPPER = b"pepper"


class Counter:
    """A client with a secret key; calls run in a thread, because the SDK's own are blocking."""

    def __init__(self, shop: Shop, address: str, key: str) -> None:
        self.shop, self.address, self.key = shop, address, key
        self.client = stripe.StripeClient(key, base_addresses={"api": address}, max_network_retries=0)

    async def ask(self, call: Callable[[Any], T]) -> T:
        """Run `call` with the SDK's v1 services."""
        return await asyncio.to_thread(call, self.client.v1)

    async def refused(self, call: Callable[[Any], Any]) -> stripe.StripeError:
        """The error that `call` ends in."""
        try:
            answer = await self.ask(call)
        except stripe.StripeError as error:
            return error
        raise AssertionError(f"was not refused: {answer}")


@contextlib.asynccontextmanager
async def counter(shop: Shop) -> AsyncIterator[Counter]:
    """Serve the shop on loopback."""
    now = shop.clock.now()
    database = shop.database
    await merchants.create_merchant(
        database, name="Shop", email="shop@example.com", country="DE", default_currency="EUR", now=now,
        merchant_id=MERCHANT,
    )  # fmt: skip
    issued = await merchants.issue_key(
        database, PEPPER, merchant_id=MERCHANT, kind=merchants.KeyKind.SECRET, livemode=False, now=now
    )
    desk = await idempotency.Desk.open(database, name="test", now=now)
    shell = web.asgi(
        payments.endpoints(shop.till),
        merchants.Guard(database, PEPPER),
        database,
        shop.clock,
        desk,
        expansions=payments.expansions(shop.till),
    )
    config = uvicorn.Config(shell, port=0, log_level="error", timeout_graceful_shutdown=1, lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Counter(shop, f"http://127.0.0.1:{port}", issued.secret)
    finally:
        await server.shutdown()
