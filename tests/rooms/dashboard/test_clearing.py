"""How old money under way is, and when it is overdue."""

from __future__ import annotations

from datetime import date

import pytest

from tallystick import db, ledger
from tallystick.base import Instant, ProcessorSettings, after
from tallystick.dashboard.pages.clearing import Clearings
from tallystick.dashboard.view import Scope
from tests.rooms.dashboard.cast import ADA, MERCHANTS, NOW, TODAY

MERCHANT = MERCHANTS[0].id
SCOPE = Scope(ADA, None, False)
MINUTE = 60
PROCESSORS = {"meridian": ProcessorSettings(payout_lag_days=1)}


class Books:
    """Money that comes to and leaves a processor."""

    def __init__(self, database: db.Database) -> None:
        self.database, self.made = database, 0
        self.clearings = Clearings(database, PROCESSORS)

    async def move(
        self, amount: int, now: Instant, *, currency: str = "EUR", processor: str = "meridian", day: date | None = None
    ) -> None:
        """Debit what the processor owes, or credit it when the amount is negative."""
        owed = ledger.chart.processor_receivable(
            merchant=MERCHANT, livemode=False, currency=currency, processor=processor
        )
        ours = ledger.chart.merchant_payable(merchant=MERCHANT, livemode=False, currency=currency)
        self.made += 1
        debit, credit = (owed, ours) if amount > 0 else (ours, owed)
        async with self.database.unit() as unit:
            ledger.post(unit, [ledger.Transfer(self.made, debit, credit, abs(amount), 1)], now=now, day=day)

    async def oldest(self, now: Instant = NOW) -> dict[str, Instant | None]:
        """By currency."""
        return {one.balance.currency: one.oldest for one in await self.clearings.of(SCOPE, now=now)}

    async def overdue(self, now: Instant) -> list[str]:
        """The holders who are."""
        return [one.holder for one in await self.clearings.of(SCOPE, now=now) if one.overdue]


@pytest.fixture
def books(database: db.Database) -> Books:
    return Books(database)


async def test_money_is_as_old_as_its_oldest_part(books: Books) -> None:
    young = after(NOW, seconds=-10 * MINUTE)
    await books.move(500, young)
    await books.move(700, NOW)
    assert await books.oldest() == {"EUR": young}


async def test_what_came_first_has_left_first(books: Books) -> None:
    first, second, third = (after(NOW, seconds=-minutes * MINUTE) for minutes in (300, 200, 100))
    await books.move(500, first)
    await books.move(700, second)
    await books.move(-600, after(second, seconds=1))
    await books.move(50, third)
    assert await books.oldest() == {"EUR": second}
    await books.move(-600, NOW)
    assert await books.oldest(after(NOW, seconds=MINUTE)) == {"EUR": third}


async def test_money_that_came_since_the_ages_were_kept_is_not_old(books: Books) -> None:
    await books.move(500, NOW)
    await books.oldest()
    await books.move(900, after(NOW, seconds=1), currency="JPY")
    await books.move(900, after(NOW, seconds=1))
    assert await books.oldest(after(NOW, seconds=2)) == {"EUR": NOW, "JPY": after(NOW, seconds=1)}


async def test_money_booked_on_the_day_after_a_closed_one_is_not_old(books: Books) -> None:
    async with books.database.unit() as unit:
        ledger.lock(unit, day=TODAY, livemode=False)
    await books.move(500, NOW, day=date.fromordinal(TODAY.toordinal() + 1))
    assert await books.oldest() == {"EUR": NOW}


async def test_only_a_processors_terms_make_money_overdue(books: Books) -> None:
    await books.move(500, NOW)
    await books.move(500, NOW, processor="gone")
    assert await books.overdue(after(NOW, days=2)) == [], "reported on the next day, paid a day later"
    assert await books.overdue(after(NOW, days=3)) == ["meridian"]
    assert await books.overdue(after(NOW, days=30)) == ["meridian"]
