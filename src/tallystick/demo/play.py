"""Plays the script through Stripe's official SDK, pointed at this platform by its base address and nothing else.

Each step of an order has an idempotency key made from the order, so that the SDK's own retries, also those against a
server that was killed meanwhile, have one effect.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import stripe

from tallystick.base import MICROSECONDS_PER_SECOND, Clock
from tallystick.demo.day import Kind, Order

T = TypeVar("T")
CUSTOMERS_AT_ONCE = 24
RETRIES = 60
PATIENCE_SECONDS = 180
WANTED_NEWS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
)
"""What the shops want to be told."""


class _Wire(stripe.AIOHTTPClient):
    """The SDK's asynchronous client, a little less patient between retries than one that shares the internet.

    It also takes an answer that breaks off for what it is, a connection error that may be retried.
    """

    INITIAL_DELAY = 0.2
    MAX_DELAY = 1

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            return await super().request_async(method, url, headers, post_data)
        except stripe.APIConnectionError:
            raise
        except Exception as broken:
            failed: Any = stripe.APIConnectionError  # its constructor has no types
            raise failed(repr(broken), should_retry=True) from broken


class Clients:
    """One SDK client per shop, over one pool of connections."""

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        self._wire: Any = _Wire()
        self._clients = {
            shop: stripe.StripeClient(
                key, base_addresses={"api": url}, http_client=self._wire, max_network_retries=RETRIES
            )
            for shop, key in keys.items()
        }

    def of(self, shop: str) -> stripe.V1Services:
        """The shop's API."""
        return self._clients[shop].v1

    async def close(self) -> None:
        """Close the connections."""
        await self._wire.close_async()

    async def listen(self, url_of: Callable[[str], str]) -> dict[str, str]:
        """Have each shop's news delivered to its address; the signing secret of each."""
        secrets = {}
        for shop in self._clients:
            asked: Any = {"url": url_of(shop), "enabled_events": list(WANTED_NEWS)}
            key: Any = {"idempotency_key": f"{shop}/webhooks"}
            made = await self.of(shop).webhook_endpoints.create_async(asked, key)
            assert made.secret, "a new endpoint tells its secret"
            secrets[shop] = made.secret
        return secrets

    async def news(self) -> dict[str, set[str]]:
        """The ids of all events that a shop should have been told of."""
        wanted = {"types": list(WANTED_NEWS)}
        return {
            shop: {event["id"] async for event in self._listed(shop, "/v1/events", wanted)} for shop in self._clients
        }

    async def payments(self) -> AsyncIterator[dict[str, Any]]:
        """Every payment of every shop as JSON, with its charge."""
        for shop in self._clients:
            async for payment in self._listed(shop, "/v1/payment_intents", {"expand": ["data.latest_charge"]}):
                yield payment

    async def _listed(self, shop: str, path: str, asked: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """A whole list, page by page: as data, because making the SDK's objects takes ten times as long as the list."""
        client: Any = self._clients[shop]
        asked = {"limit": 100, **asked}
        while True:
            page = (await client.raw_request_async("get", path, **asked)).data
            for each in page["data"]:
                yield each
            if not page["has_more"]:
                return
            asked["starting_after"] = page["data"][-1]["id"]


@dataclass(slots=True)
class Played:
    """How the day went, as the shops saw it."""

    calls: int = 0
    waited_us: list[int] = field(default_factory=list)
    kinds: Counter[Kind] = field(default_factory=Counter)
    doubtful: int = 0
    surprises: list[str] = field(default_factory=list)
    payment_of: dict[str, str] = field(default_factory=dict)
    """Payment id by description."""

    def slowest(self, of_hundred: int) -> int:
        """The time in microseconds that so many of a hundred calls stayed below."""
        ordered = sorted(self.waited_us) or [0]
        return ordered[min(len(ordered) - 1, len(ordered) * of_hundred // 100)]


class Player:
    """The customers of a day."""

    def __init__(self, clients: Clients, clock: Clock, done: Callable[[], None]) -> None:
        self._clients = clients
        self._clock = clock
        self._done = done
        self.played = Played()

    async def play(self, orders: Iterable[Order]) -> Played:
        """Play all orders, some at a time; what went another way than the script says is a surprise, not a fault."""
        waiting = iter(orders)
        async with asyncio.TaskGroup() as group:
            for _ in range(CUSTOMERS_AT_ONCE):
                group.create_task(self._customers(waiting))
        return self.played

    async def _customers(self, waiting: Iterable[Order]) -> None:
        for order in waiting:
            try:
                await self._one(order)
            except (stripe.StripeError, TimeoutError) as wrong:
                self.played.surprises.append(f"{order.description} ({order.kind}): {_plain(wrong)}")
            self.played.kinds[order.kind] += 1
            self._done()

    async def _one(self, order: Order) -> None:
        payment = await self._pay(order)
        if payment is None:
            return
        held = payment.status == "requires_capture"
        if order.kind is Kind.ABANDONED or (order.kind is Kind.CANCELED and held):
            name = payment.id
            await self._step(order, "cancel", lambda api, key: api.cancel_async(name, {}, key))
            return
        if held:
            payment = await self._capture(order, payment)
        if payment.status == "succeeded":
            for number, amount in enumerate(order.refunds, start=1):
                await self._refund(order, payment, amount, number)

    async def _pay(self, order: Order) -> stripe.PaymentIntent | None:
        """The payment once its outcome is known; None when no card worked."""
        asked: Any = {
            "amount": order.amount,
            "currency": order.currency.lower(),
            "description": order.description,
            "payment_method": order.card,
            "payment_method_types": ["card"],
            "capture_method": "manual" if order.manual else "automatic",
            "metadata": {"order": str(order.number)},
        }
        later = order.kind in (Kind.TWO_STEPS, Kind.ABANDONED)
        if not later:
            asked["confirm"] = True
        try:
            made = await self._step(order, "pay", lambda api, key: api.create_async(asked, key))
            self.played.payment_of[order.description] = made.id
            if order.kind is Kind.TWO_STEPS:
                made = await self._step(order, "confirm", lambda api, key: api.confirm_async(made.id, {}, key))
        except stripe.CardError as declined:
            return await self._second_card(order, _payment_in(declined))
        return await self._known(order, made)

    async def _second_card(self, order: Order, payment: str) -> stripe.PaymentIntent | None:
        self.played.payment_of[order.description] = payment
        if not order.second_card:
            return None
        asked: Any = {"payment_method": order.second_card}
        try:
            made = await self._step(order, "again", lambda api, key: api.confirm_async(payment, asked, key))
        except stripe.CardError:
            return None
        return await self._known(order, made)

    async def _capture(self, order: Order, payment: stripe.PaymentIntent) -> stripe.PaymentIntent:
        asked: Any = {} if order.capture is None else {"amount_to_capture": order.capture}
        made = await self._step(order, "capture", lambda api, key: api.capture_async(payment.id, asked, key))
        return await self._known(order, made)

    async def _refund(self, order: Order, payment: stripe.PaymentIntent, amount: int, number: int) -> None:
        asked: Any = {"payment_intent": payment.id, "amount": amount}
        refunds = self._clients.of(order.shop).refunds
        options: Any = {"idempotency_key": f"{order.description}/refund {number}"}
        await self._timed(refunds.create_async(asked, options))

    async def _known(self, order: Order, payment: stripe.PaymentIntent) -> stripe.PaymentIntent:
        """The payment when nobody is in doubt about it any more. Raises TimeoutError."""
        if payment.status != "processing":
            return payment
        self.played.doubtful += 1
        api = self._clients.of(order.shop).payment_intents
        for _ in range(PATIENCE_SECONDS * 2):
            await self._clock.sleep(0.5)
            payment = await self._timed(api.retrieve_async(payment.id))
            if payment.status != "processing":
                return payment
        raise TimeoutError(f"still processing after {PATIENCE_SECONDS} seconds")

    async def _step(
        self, order: Order, step: str, call: Callable[[stripe.PaymentIntentService, Any], Awaitable[T]]
    ) -> T:
        api = self._clients.of(order.shop).payment_intents
        return await self._timed(call(api, {"idempotency_key": f"{order.description}/{step}"}))

    async def _timed(self, call: Awaitable[T]) -> T:
        began = self._clock.now()
        self.played.calls += 1
        try:
            return await call
        finally:
            self.played.waited_us.append(self._clock.now() - began)


def _payment_in(declined: stripe.CardError) -> str:
    body: Any = declined.json_body
    return str(body["error"]["payment_intent"]["id"])


def _plain(wrong: Exception) -> str:
    text = str(wrong).strip() or type(wrong).__name__
    return f"{type(wrong).__name__}: {text.splitlines()[0][:200]}"


def seconds(microseconds: int) -> str:
    """For people: with two decimals."""
    hundredths = microseconds * 100 // MICROSECONDS_PER_SECOND
    return f"{hundredths // 100}.{hundredths % 100:02d}"
