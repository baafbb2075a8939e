"""A few business days for tests: payments through the real rooms, files from the sandbox, taken in as they come."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from tallystick import ledger, reconciliation, statements
from tallystick.base import ProcessorSettings, day
from tallystick.sandbox import DayEnd, Plant
from tests.rooms.payments.shop import MERCHANT, Shop

DAY_SECONDS = 86_400
TERMS = ProcessorSettings(fee_basis_points=140, fee_fixed_minor=25)


class Business:
    """`shop` sells, `end` lets the processors and the bank tell of it, `reconcile` looks."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.database, self.clock = shop, shop.database, shop.clock
        self.planted: list[dict[str, Any]] = []
        fee = next(iter(shop.worlds.values())).settings.fee
        terms = ProcessorSettings(fee_basis_points=fee.basis_points, fee_fixed_minor=fee.fixed_minor)
        self.processors = dict.fromkeys(shop.worlds, terms)

    @property
    def today(self) -> date:
        """The day of the clock."""
        return day(self.clock.now())

    async def sell(self, *amounts: int, **more: Any) -> list[Any]:
        """One payment per amount."""
        return [await self.shop.pay(amount, **more) for amount in amounts]

    async def settle(self, *, release: bool = False, **plant: Any) -> list[dict[str, Any]]:
        """The processors' day end; their reports are taken in. `plant` is trouble for the first of them."""
        planted = []
        for number, world in enumerate(self.shop.worlds.values()):
            asked = DayEnd(day=self.today, plant=Plant(**plant) if number == 0 else Plant(), release=release)
            report = world.day_end(asked)
            planted += msgspec.json.decode(report.answer)["planted"]
            await self.take(report.text.encode(), report.file)
        self.planted += planted
        return planted

    async def bank(self) -> None:
        """The banks' day end; their statements are taken in."""
        for world in self.shop.worlds.values():
            for name, text, _ in world.bank.day_end(self.today, now=self.clock.now()):
                await self.take(text.encode(), name)

    async def take(self, content: bytes, name: str) -> statements.Intake:
        """One file comes in."""
        now = self.clock.now()
        return await statements.intake(self.database, content, name=name, source="test", now=now, livemode=False)

    async def reconcile(self) -> list[reconciliation.RunRecord]:
        """Everything up to today."""
        return await reconciliation.day(
            self.database, self.today, livemode=False, processors=self.processors, now=self.clock.now(), by="tester"
        )

    async def breaks(self, *statuses: str) -> list[reconciliation.BreakRecord]:
        """Breaks, oldest first."""
        found = await reconciliation.breaks(self.database, livemode=False, statuses=statuses or ("open",))
        return found[::-1]

    async def classes(self, *statuses: str) -> list[str]:
        """Their classes, sorted."""
        return sorted(one.break_class for one in await self.breaks(*statuses))

    def next_day(self) -> None:
        """The same hour tomorrow."""
        self.clock.advance(DAY_SECONDS)

    async def holds(self, name: str, currency: str = "EUR") -> int:
        """Net debit of the shop's accounts of this name."""
        rows = await ledger.balances(self.database, merchant=MERCHANT, name=name, currency=currency)
        return sum(row.balance.net_debit for row in rows)

    async def explained(self) -> int:
        """What all receivables must hold, by the items."""
        found = await reconciliation.explained(self.database, livemode=False, processors=list(self.processors))
        return sum(one.total_minor for one in found if one.currency == "EUR")
