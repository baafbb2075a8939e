"""The platform in this process: merchants with keys, a sandbox beside it, and an ear at the database."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.search.orders import MERCHANTS
from tallystick import app, connectors, db, merchants, outbox, payments, sandbox
from tallystick.base import Clock, IdSource, ProcessorSettings, Settings
from tallystick.db.contract import Backend, Transaction
from tallystick.db.engine import backend_of
from tallystick.db.statements import Compiled
from tests.client import Client

FEE_BASIS_POINTS, FEE_FIXED = 50, {"EUR": 5, "USD": 6}
Asked = tuple[str, list[Any]]
"""A read as the driver was given it: text and arguments."""


class Ear:
    """A backend that notes what is read."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.dialect = backend.dialect
        self.heard: list[Asked] = []

    async def begin(self) -> Transaction:
        return await self._backend.begin()

    async def fetch(self, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        self.heard.append((compiled.sql, compiled.arguments(values)))
        return await self._backend.fetch(compiled, values)

    async def close(self) -> None:
        await self._backend.close()


@dataclass(slots=True)
class Shop:
    """Everything that is open. `merchants` and `keys` are in order of size, the largest first."""

    app: app.Platform
    ear: Ear
    clients: list[Client] = field(default_factory=list)
    merchants: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    @property
    def database(self) -> db.Database:
        return self.app.database

    async def index(self) -> None:
        """Let the consumers of the outbox catch up."""
        for consumer in payments.consumers(self.database):
            while (await outbox.relay.run(self.database, [consumer], self.app.clock.now())).more:
                pass


async def opened(url: str, clock: Clock, keys: list[str] | None = None, names: list[str] | None = None) -> Shop:
    """The platform on a database that is migrated; with new merchants unless `keys` and `names` are known."""
    ear = Ear(await backend_of(url).BACKEND.open(url))
    way = sandbox.SandboxSettings(name="sandbox", api_key="sandbox", notification_secret="sandbox")
    world = sandbox.Sandbox(way, IdSource(clock, random.Random(1)), clock)

    def inside(_name: str, _options: ProcessorSettings) -> connectors.Inside:
        return connectors.Inside(world.handle)

    settings = Settings(database_url=url, worker_embedded=False, processors={"sandbox": ProcessorSettings()})
    database = db.Database(ear, ids=IdSource(clock), clock=clock)
    shop = Shop(await app.assemble(settings, clock=clock, database=database, make_caller=inside), ear)
    if keys is None or names is None:
        await _enrol(shop, settings)
    else:
        shop.keys, shop.merchants = keys, names
    shell = app.shell(shop.app)
    shop.clients = [Client(shell, key) for key in shop.keys]
    return shop


async def _enrol(shop: Shop, settings: Settings) -> None:
    pepper, now = merchants.pepper_of(settings.secret_key.get_secret_value()), shop.app.clock.now()
    for number in range(MERCHANTS):
        merchant = await merchants.create_merchant(
            shop.database,
            name=f"Shop {number}",
            email=f"shop{number}@example.com",
            country="DE",
            default_currency="EUR",
            now=now,
        )
        await merchants.set_fee_plan(
            shop.database, merchant_id=merchant.id, basis_points=FEE_BASIS_POINTS, fixed_minor=FEE_FIXED
        )
        issued = await merchants.issue_key(
            shop.database, pepper, merchant_id=merchant.id, kind=merchants.KeyKind.SECRET, livemode=False, now=now
        )
        shop.merchants.append(merchant.id)
        shop.keys.append(issued.secret)
