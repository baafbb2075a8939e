"""What the tests of this room begin with: an endpoint, events, and a courier to carry them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tallystick import db, outbox, webhooks
from tallystick.idempotency import Operation
from tests.clocks import ManualClock

MERCHANT = "acct_1"
SEAL = webhooks.Seal("server key")
RULES = webhooks.Rules(seal=SEAL, allow_private=True)


@dataclass
class Stage:
    database: db.Database
    clock: ManualClock
    livemode: bool = False
    merchant: str = MERCHANT

    def as_live(self) -> Stage:
        return replace(self, livemode=True)

    def operation(self) -> Operation:
        return Operation(self.database.ids.new("op"))

    @property
    def whose(self) -> dict[str, Any]:
        return {"merchant_id": self.merchant, "livemode": self.livemode}

    async def endpoint(self, *events: str, url: str = "https://example.com/hook") -> tuple[webhooks.Endpoint, str]:
        return await webhooks.create(
            self.database,
            self.operation(),
            RULES,
            url=url,
            enabled_events=events or ("*",),
            description=None,
            metadata={},
            api_version=None,
            now=self.clock.now(),
            **self.whose,
        )

    async def tell(self, kind: str = "charge.succeeded", **thing: object) -> outbox.Event:
        unit = self.database.unit()
        event = outbox.compose(unit, kind, {"object": "charge", **thing}, now=self.clock.now(), **self.whose)
        async with unit:
            outbox.add(unit, event)
        return event

    async def relay(self) -> None:
        await outbox.relay.run(self.database, [webhooks.FanOut(self.database)], self.clock.now())

    def courier(self, send: webhooks.Send, *, owner: str = "w1", **options: Any) -> webhooks.Courier:
        return webhooks.Courier(
            self.database, send, seal=SEAL, clock=self.clock, owner=owner, timeout_seconds=10, **options
        )

    async def carry(self, send: webhooks.Send, **options: Any) -> webhooks.Courier:
        """Relay, begin everything that is due, and wait for it."""
        await self.relay()
        courier = self.courier(send, **options)
        while (await courier.step(self.clock.now())).begun:
            await courier.settle()
        return courier

    async def deliveries(self, **filters: Any) -> list[webhooks.Delivery]:
        wanted = {
            "event_id": None,
            "endpoint_id": None,
            "status": None,
            "cursor": None,
            "backwards": False,
            "limit": 100,
        }
        return await webhooks.page_of_deliveries(self.database, self.merchant, self.livemode, **{**wanted, **filters})

    async def tries(self, delivery: webhooks.Delivery) -> list[webhooks.Try]:
        return (await webhooks.tries(self.database, [delivery.id]))[delivery.id]
