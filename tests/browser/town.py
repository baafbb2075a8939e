"""A small town with a dashboard: three business days of two merchants, played in process on a real database.

The first day is clean and closed. The second has planted trouble and waits to be closed. The third is under way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from tallystick import app, connectors, dashboard, merchants, reconciliation, sandbox, statements, webhooks
from tallystick import close as closing
from tallystick.base import IdSource, Instant, ProcessorSettings, Settings, day, start_of
from tests.client import Client
from tests.clocks import ManualClock

PASSWORD = "a tally stick for every day"
OWNER = "ada@tallystick.test"
FINANCE = "noor@tallystick.test"
PROCESSORS = ("meridian", "harbour")
FIRST = date(2026, 11, 19)
OPENS = Instant(start_of(FIRST) + 9 * 3_600_000_000)
HOUR = 3_600
PLANT = {"missing_payment": 1, "duplicate_line": 1, "wrong_fee": 1}
HOOK = "https://hooks.northwind.test/tallystick"
WARES = ("Filter coffee", "Grinder", "City bike deposit", "Service and new chain", "Helmet", "Office beans, 5 kg")
CARDS = ("pm_card_visa", "pm_card_mastercard", "pm_card_amex", "pm_card_visa", "pm_card_chargeDeclined")


@dataclass
class Town:
    """The platform, its processors, and whoever pays."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(OPENS))
    rng: random.Random = field(default_factory=lambda: random.Random(5))
    payments: list[str] = field(default_factory=list)

    async def open(self, url: str) -> None:
        """Put the rooms together."""
        self.sandboxes = {name: self._sandbox(name) for name in PROCESSORS}
        self.settings = Settings(
            database_url=url,
            worker_embedded=False,
            processors={name: ProcessorSettings() for name in PROCESSORS},
            routing_rules={"pounds": {"currency": "GBP", "processors": ["harbour", "meridian"]}},
        )
        self.platform = await app.assemble(
            self.settings,
            clock=self.clock,
            ids=IdSource(self.clock, self.rng),
            make_caller=lambda name, _: connectors.Inside(self.sandboxes[name].handle),
            send=_answered,
        )
        self.shell = app.shell(self.platform)

    async def play(self) -> None:
        """Enrol everybody and live through three days."""
        self.shops = [await self._enrol("Northwind Coffee", "EUR"), await self._enrol("Harbour Bikes", "GBP")]
        await self._people()
        await self._business(24)
        await self._end_of_day({})
        await self._close()
        await self._business(24)
        await self._end_of_day(PLANT)
        await self._business(9)

    def doors(self) -> dashboard.Doors:
        """What the dashboard may ask."""
        return dashboard.rooms(
            self.platform.database,
            pepper=merchants.pepper_of(self.settings.secret_key.get_secret_value()),
            processors=self.settings.processors,
            consumers=("webhooks", "payment-search"),
        )

    def site(self) -> Any:
        """The dashboard over all this."""
        return dashboard.site(self.doors(), clock=self.clock)

    @property
    def today(self) -> date:
        """The business day."""
        return day(self.clock.now())

    def _sandbox(self, name: str) -> sandbox.Sandbox:
        settings = sandbox.SandboxSettings(name=name, notify="none", opening_balances={"EUR": 500_000, "GBP": 90_000})
        return sandbox.Sandbox(settings, IdSource(self.clock, random.Random(name)), self.clock)

    async def _enrol(self, name: str, currency: str) -> tuple[Client, str]:
        merchant = await merchants.create_merchant(
            self.platform.database,
            name=name,
            email="office@example.test",
            country="DE",
            default_currency=currency,
            now=self.clock.now(),
        )
        await merchants.set_fee_plan(self.platform.database, merchant_id=merchant.id, basis_points=90, fixed_minor={})
        issued = await merchants.issue_key(
            self.platform.database,
            merchants.pepper_of(self.settings.secret_key.get_secret_value()),
            merchant_id=merchant.id,
            kind=merchants.KeyKind.SECRET,
            livemode=False,
            name="Checkout server",
            now=self.clock.now(),
        )
        client = Client(self.shell, issued.secret)
        await _made(client, "/v1/webhook_endpoints", {"url": HOOK, "enabled_events": ["*"]})
        return client, currency

    async def _people(self) -> None:
        for email, name, role in (
            (OWNER, "Ada Byrne", merchants.Role.OWNER),
            (FINANCE, "Noor Haddad", merchants.Role.FINANCE),
        ):
            user = await merchants.create_user(
                self.platform.database, email=email, name=name, password=PASSWORD, now=self.clock.now()
            )
            await merchants.grant(self.platform.database, user_id=user.id, role=role)

    async def _business(self, payments: int) -> None:
        for number in range(payments):
            client, currency = self.shops[number % 2]
            self.clock.advance(0.35 * HOUR)
            params = {
                "amount": self.rng.choice((450, 1290, 3675, 8900, 24_950)),
                "currency": currency.lower(),
                "payment_method": CARDS[number % len(CARDS)],
                "capture_method": "manual" if number % 9 == 7 else "automatic",
                "description": f"{WARES[number % len(WARES)]}, order {1000 + len(self.payments)}",
                "receipt_email": self.rng.choice(("marta@example.test", "jonas@example.test", "yuki@example.test")),
                "metadata": {"order": str(1000 + len(self.payments))},
                "confirm": True,
            }
            answer = await client.post("/v1/payment_intents", params)
            body = answer.json if answer.status == 200 else answer.error["payment_intent"]
            self.payments.append(body["id"])
            if answer.status == 200 and number % 8 == 3:
                await _made(client, "/v1/refunds", {"payment_intent": body["id"], "amount": 100})
        await self._work()

    async def _work(self) -> None:
        """What a worker would do: news to webhooks and to the search."""
        for _ in range(3):
            for task in self.platform.worker.tasks:
                await task.round(self.clock.now())

    async def _end_of_day(self, plant: dict[str, int]) -> None:
        ended = self.today
        self._to_next_morning()
        inbox = self.folder / ended.isoformat()
        inbox.mkdir()
        for name, world in self.sandboxes.items():
            asked = {"day": ended.isoformat(), "directory": str(inbox), "plant": plant if name == "meridian" else {}}
            _control(world, "day-end", asked)
            _control(world, "bank-day-end", {"day": ended.isoformat(), "directory": str(inbox)})
        for file in sorted(inbox.iterdir()):
            await statements.intake(
                self.platform.database,
                file.read_bytes(),
                name=file.name,
                source="inbox",
                now=self.clock.now(),
                livemode=False,
            )
        await reconciliation.day(
            self.platform.database,
            ended,
            livemode=False,
            processors=self.settings.processors,
            now=self.clock.now(),
        )

    async def _close(self) -> None:
        await closing.day(
            self.platform.database,
            FIRST,
            livemode=False,
            processors=self.settings.processors,
            by=FINANCE,
            now=self.clock.now(),
        )

    def _to_next_morning(self) -> None:
        tomorrow = start_of(date.fromordinal(self.today.toordinal() + 1))
        self.clock.advance((tomorrow + 8 * HOUR * 1_000_000 - self.clock.now()) / 1_000_000)


@dataclass(frozen=True)
class Played:
    """A file with three days in it, and what a town has to know to go on from there."""

    file: Path
    now: Instant
    payments: tuple[str, ...]

    def copy(self, folder: Path) -> tuple[Town, str]:
        """The town in a file of its own, yet to be opened, and the address of that file."""
        file = folder / "town.sqlite"
        file.write_bytes(self.file.read_bytes())
        town = Town(folder, clock=ManualClock(self.now), rng=random.Random(6), payments=list(self.payments))
        return town, f"sqlite:///{file}"


async def played(migrated: Path, folder: Path) -> Played:
    """Play the days once, for many tests."""
    file = folder / "played.sqlite"
    file.write_bytes(migrated.read_bytes())
    town = Town(folder)
    await town.open(f"sqlite:///{file}")
    await town.play()
    await town.platform.close()
    assert not list(folder.glob("*-wal")), "closing leaves one file"
    return Played(file, town.clock.now(), tuple(town.payments))


async def _answered(url: str, headers: Any, body: bytes, *, livemode: bool) -> webhooks.Answer:
    """A receiver that takes everything but disputes and refunds."""
    taken = b"refund" not in body
    return webhooks.Reply(status=200 if taken else 503, body=b"ok" if taken else b"later")


def _control(world: sandbox.Sandbox, what: str, body: dict[str, Any]) -> None:
    headers = {"authorization": "Bearer sandbox"}
    reply = world.handle("POST", f"/control/{what}", headers, msgspec.json.encode(body))
    assert reply.status == 200, reply


async def _made(client: Client, path: str, params: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, params)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found
