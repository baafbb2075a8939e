"""Two merchants on one platform, everything real but the processor's wire: the whole application, called in process."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tallystick import app, connectors, db, merchants, sandbox, web
from tallystick.base import IdSource, ProcessorSettings, Settings
from tests.client import Client
from tests.clocks import ManualClock

BODY_LIMIT = 30_000
UNTOLD = {"idempotency_keys", "server_instances", "commit_order"}
"""Tables that say how requests went, not what they did."""


@dataclass
class Street:
    """The application and its callers."""

    platform: app.Platform
    shell: web.Shell
    ada: Client
    ada_live: Client
    ada_browser: Client
    bob: Client

    @property
    def stranger(self) -> Client:
        """Somebody without a key."""
        return Client(self.shell)

    async def told(self) -> dict[str, list[str]]:
        """Everything the database says, by table."""
        database = self.platform.database
        tables = [table for table in db.METADATA.sorted_tables if table.name not in UNTOLD]
        return {table.name: sorted(map(str, await database.fetch(select(table)))) for table in tables}


async def build(url: str, clock: ManualClock) -> Street:
    """Open a platform on the database at `url` with one sandbox processor inside this process."""
    way = sandbox.SandboxSettings(name="sandbox", api_key="sandbox", notification_secret="sandbox")
    world = sandbox.Sandbox(way, IdSource(clock, random.Random(1)), clock)

    def inside(_name: str, _options: ProcessorSettings) -> connectors.Inside:
        return connectors.Inside(world.handle)

    settings = Settings(
        database_url=url,
        worker_embedded=False,
        body_limit_bytes=BODY_LIMIT,
        upload_limit_bytes=2 * BODY_LIMIT,
        processors={"sandbox": ProcessorSettings()},
    )
    platform = await app.assemble(settings, clock=clock, make_caller=inside)
    shell = app.shell(platform)
    keys: dict[str, str] = {}
    pepper = merchants.pepper_of(settings.secret_key.get_secret_value())
    for name in ("ada", "bob"):
        merchant = await merchants.create_merchant(
            platform.database,
            name=name,
            email=f"{name}@example.com",
            country="DE",
            default_currency="EUR",
            now=clock.now(),
        )
        for kind, live in (("secret", False), ("secret", True), ("publishable", False)):
            issued = await merchants.issue_key(
                platform.database,
                pepper,
                merchant_id=merchant.id,
                kind=merchants.KeyKind(kind),
                livemode=live,
                now=clock.now(),
            )
            keys[f"{name} {kind} {live}"] = issued.secret
    street = Street(
        platform,
        shell,
        Client(shell, keys["ada secret False"]),
        Client(shell, keys["ada secret True"]),
        Client(shell, keys["ada publishable False"]),
        Client(shell, keys["bob secret False"]),
    )
    for client in (street.ada, street.ada_live, street.ada_browser, street.bob):
        await client.get("/v1/account")  # a key's first use of the day is noted; that is no change of what follows
    return street


async def furnish(street: Street) -> dict[str, Any]:
    """One of each of Ada's objects, by the name of the object, and payments in several states."""
    ada, made = street.ada, {}
    made["customer"] = await created(ada, "/v1/customers", {"email": "c@example.com"})
    made["paid"] = await created(ada, "/v1/payment_intents", _payment())
    made["held"] = await created(ada, "/v1/payment_intents", _payment(capture_method="manual"))
    made["open"] = await created(ada, "/v1/payment_intents", {"amount": 1000, "currency": "eur"})
    made["canceled"] = await created(ada, "/v1/payment_intents", {"amount": 1000, "currency": "eur"})
    await created(ada, f"/v1/payment_intents/{made['canceled']['id']}/cancel", {})
    made["refund"] = await created(ada, "/v1/refunds", {"payment_intent": made["paid"]["id"], "amount": 100})
    made["webhook_endpoint"] = await created(
        ada, "/v1/webhook_endpoints", {"url": "https://example.com/hook", "enabled_events": ["*"]}
    )
    made["payment_method"] = {"id": made["paid"]["payment_method"]}
    made["charge"] = {"id": made["paid"]["latest_charge"]}
    for name, path in (("event", "/v1/events"), ("balance_transaction", "/v1/balance_transactions")):
        made[name] = (await ada.get(path)).json["data"][0]
    return made


def _payment(**more: Any) -> dict[str, Any]:
    return {"amount": 5000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True, **more}


async def created(client: Client, path: str, params: dict[str, Any]) -> dict[str, Any]:
    """What a POST made."""
    answer = await client.post(path, params)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found
