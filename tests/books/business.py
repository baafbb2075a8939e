"""Plays steps that are business: real payments through two stand-in processors, whose reports and bank statements
are taken in, reconciled and closed as any day is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallystick import close, db, merchants, money, payments, reconciliation
from tallystick.base import Refused, after, start_of
from tallystick.merchants import FeePlan
from tests.books.story import Deed
from tests.clocks import ManualClock
from tests.rooms.payments.shop import Shop
from tests.rooms.reconciliation.business import Business

MORNING_SECONDS = 9 * 3600
WHO = "accountant@example.com"


async def enrol(database: db.Database, plans: Mapping[str, FeePlan], *, clock: ManualClock) -> None:
    """The merchants of a story with their fees."""
    for name, plan in plans.items():
        await merchants.create_merchant(
            database,
            name=name,
            email="shop@example.com",
            country="DE",
            default_currency="EUR",
            now=clock.now(),
            merchant_id=name,
        )
        await merchants.set_fee_plan(
            database, merchant_id=name, basis_points=plan.basis_points, fixed_minor=plan.fixed_minor
        )


class Play:
    """What goes on between merchants, customers, processors and the bank."""

    def __init__(self, database: db.Database, clock: ManualClock) -> None:
        self._shop = Shop(database, clock, fees=merchants.Fees(database))
        self._business = Business(self._shop)
        self._database, self._clock = database, clock
        self._payments: dict[str, str] = {}
        self._heard: set[bytes] = set()

    @property
    def names(self) -> dict[str, str]:
        """What the story calls each payment, by its id."""
        return {identifier: name for name, identifier in self._payments.items()}

    async def play(self, deeds: tuple[Deed, ...]) -> list[str]:
        """What was answered to each: a status, what was found, or the name of the refusal."""
        return [await self._answer(deed) for deed in deeds]

    async def _answer(self, deed: Deed) -> str:
        morning = after(start_of(deed.day), seconds=MORNING_SECONDS)
        self._clock.advance(max(1, (morning - self._clock.now()) // 1_000_000))
        try:
            answer: str = await getattr(self, f"_{deed.do.replace(' ', '_')}")(deed)
        except Refused as refused:
            return str(refused.code)
        except Exception as fault:
            fault.add_note(f"while playing {deed.row.place}")
            raise
        return answer

    def _more(self, deed: Deed) -> dict[str, Any]:
        """Who asks for what, when; and trouble on the way to the first processor."""
        loss = deed.how.rpartition(" ")[2]
        self._shop.way.lose = [loss] if loss and not loss.startswith("pm_card") else []
        return {"operation": self._shop.operation(), "now": self._clock.now()}

    def _owner(self, deed: Deed) -> payments.Owner:
        return payments.Owner(deed.merchant, False)

    def _minor(self, deed: Deed) -> int | None:
        return None if deed.amount is None else deed.amount.minor

    # --- customers ---------------------------------------------------------------------------------------------------

    async def _pay(self, deed: Deed) -> str:
        return await self._begin(deed, "automatic")

    async def _authorise(self, deed: Deed) -> str:
        return await self._begin(deed, "manual")

    async def _begin(self, deed: Deed, capture_method: str) -> str:
        assert deed.amount is not None
        more, owner, till = self._more(deed), self._owner(deed), self._shop.till
        card = await payments.offered(
            till, owner, deed.how.partition(" ")[0], identifier=more["operation"].resource_id("pm"), customer=""
        )
        wanted = payments.NewPayment(
            amount=deed.amount.minor, currency=deed.amount.currency, capture_method=capture_method
        )
        made = await payments.create(till, owner, wanted, offered=card, confirm=True, **more)
        self._payments[deed.payment] = made.id
        return made.status

    async def _capture(self, deed: Deed) -> str:
        wanted = {"amount": self._minor(deed), **self._more(deed)}
        done = await payments.capture(self._shop.till, self._owner(deed), self._payments[deed.payment], **wanted)
        return done.status

    async def _cancel(self, deed: Deed) -> str:
        name = self._payments[deed.payment]
        return (await payments.cancel(self._shop.till, self._owner(deed), name, **self._more(deed))).status

    async def _refund(self, deed: Deed) -> str:
        wanted = {"payment_id": self._payments[deed.payment], "amount": self._minor(deed), **self._more(deed)}
        return (await payments.refund(self._shop.till, self._owner(deed), **wanted)).status

    # --- processors --------------------------------------------------------------------------------------------------

    async def _status(self, deed: Deed) -> str:
        return (await self._shop.reload_id(self._payments[deed.payment])).status

    async def _ask_again(self, deed: Deed) -> str:
        await self._shop.resolve(int(deed.how))
        return await self._status(deed)

    async def _hear(self) -> None:
        """The processors tell what is new, each piece once."""
        for name in self._shop.worlds:
            for body in self._shop.news(name):
                if body not in self._heard:
                    self._heard.add(body)
                    await self._shop.deliver(body, name)

    async def _news(self, deed: Deed) -> str:
        await self._hear()
        return await self._status(deed)

    async def _dispute(self, deed: Deed) -> str:
        keys = await self._keys(deed)
        for world in self._shop.worlds.values():
            for one in [one for one in world.processor.state.payments.values() if one.key in keys]:
                amount = self._minor(deed) or one.captured - one.refunded - one.disputed
                world.processor.disputes.open(one, amount, reason="fraudulent", now=self._clock.now())
        return await self._disputes(deed)

    async def _dispute_won(self, deed: Deed) -> str:
        return await self._conclude(deed, "won")

    async def _dispute_lost(self, deed: Deed) -> str:
        return await self._conclude(deed, "lost")

    async def _conclude(self, deed: Deed, verdict: str) -> str:
        keys = await self._keys(deed)
        for world in self._shop.worlds.values():
            for one in [one for one in world.processor.state.disputes.values() if one.key in keys]:
                world.processor.disputes.conclude(one.id, verdict, now=self._clock.now())
        return await self._disputes(deed)

    async def _disputes(self, deed: Deed) -> str:
        """Where the disputes of a payment stand, after the processors told."""
        await self._hear()
        found = await payments.disputes_of(self._database, self._payments[deed.payment])
        return ", ".join(sorted(one.status for one in found)) or "no dispute"

    async def _keys(self, deed: Deed) -> set[str]:
        """What the processors know a payment by."""
        return {one.id for one in await payments.attempts_of(self._database, self._payments[deed.payment])}

    # --- the day -----------------------------------------------------------------------------------------------------

    async def _report(self, deed: Deed) -> str:
        await self._business.settle(release=not deed.how, **({deed.how: 1} if deed.how else {}))
        return "taken in"

    async def _statement(self, deed: Deed) -> str:
        await self._business.bank()
        return "taken in"

    async def _reconcile(self, deed: Deed) -> str:
        await self._business.reconcile()
        return await self._open_breaks()

    async def _open_breaks(self) -> str:
        """What differs, such as `fee 3.10 EUR`, or that nothing does."""
        found = await self._business.breaks()
        told = sorted(f"{one.break_class} {money.Money(one.amount_minor, one.currency)}" for one in found)
        return ", ".join(told) or "all agrees"

    async def _write_off(self, deed: Deed) -> str:
        for one in await self._business.breaks():
            if one.payment_id == self._payments[deed.payment]:
                await reconciliation.resolve(
                    self._database, one.id, reason="given up", by=WHO, now=self._clock.now(), livemode=False
                )
        return await self._open_breaks()

    async def _close(self, deed: Deed) -> str:
        await close.day(
            self._database,
            deed.day,
            livemode=False,
            processors=self._business.processors,
            by=WHO,
            now=after(start_of(deed.day), days=1),
        )
        return "closed"
