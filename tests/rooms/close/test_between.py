"""What comes between the checks of a day and its lock is looked at, or comes too late for it; never closed unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest

from tallystick import close, db, ledger, reconciliation
from tallystick.base import Instant, Refused, after, start_of
from tallystick.close import CloseRefusal
from tallystick.sandbox import StrayLine
from tests.rooms.meddling import meddled
from tests.rooms.payments.shop import MERCHANT
from tests.rooms.reconciliation.business import Business

SCOPE: dict[str, Any] = {"merchant": MERCHANT, "livemode": False, "currency": "EUR"}


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[db.Database]:
    opened = await db.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def ready(business: Business) -> Business:
    """A day that can close."""
    await business.sell(1_000, 2_000, 3_000)
    await business.settle()
    await business.bank()
    await business.reconcile()
    return business


def midnight(business: Business) -> Instant:
    return after(start_of(business.today), days=1)


async def shut(business: Business, database: db.Database) -> close.Closed:
    return await close.day(
        database, business.today, livemode=False, processors=business.processors, by="ada", now=midnight(business)
    )


async def refusal(work: Awaitable[Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        await work
    return refused.value


async def nothing_closed(business: Business) -> bool:
    locked = await ledger.locked_until(business.database, livemode=False)
    return locked is None and not await close.closes(business.database, livemode=False)


def posting(
    business: Business, database: db.Database, *, debit: ledger.AccountRef | None = None, livemode: bool = False,
    days: int = 0,
) -> Callable[[], Awaitable[None]]:  # fmt: skip
    """One euro to the merchant, on the day of the clock or `days` later; a new one each time."""
    scope = {**SCOPE, "livemode": livemode}
    number = iter(range(7_000 + 100 * days, 9_000))

    async def post() -> None:
        debited = ledger.chart.bank(**scope) if debit is None else debit
        payable = ledger.chart.merchant_payable(**scope)
        async with database.unit() as unit:
            transfer = ledger.Transfer(next(number), debited, payable, 100, 1)
            ledger.post(unit, [transfer], now=business.clock.now(), day=business.today + timedelta(days=days))

    return post


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_an_unexplained_posting_before_the_lock_keeps_the_day_open(
    ready: Business, other: db.Database, elsewhere: bool
) -> None:
    receivable = ledger.chart.processor_receivable(processor="sandbox_a", **SCOPE)
    late = posting(ready, other if elsewhere else ready.database, debit=receivable)
    refused = await refusal(shut(ready, meddled(ready.database, late)))
    assert refused.code is CloseRefusal.NOT_READY
    assert [one["code"] for one in refused.details["findings"]] == ["not_explained"]
    assert await nothing_closed(ready)


async def test_a_harmless_posting_before_the_lock_is_in_the_proof(ready: Business, other: db.Database) -> None:
    before = await ready.holds("bank")
    closed = await shut(ready, meddled(ready.database, posting(ready, other)))
    lines = close.proof.decoded(closed)["lines"]
    assert [line["closing_minor"] for line in lines if line["name"] == "bank"] == [before + 100]
    assert await close.verify(ready.database, closed) == []


async def test_what_comes_to_other_days_or_the_other_mode_does_not_hold_the_close_up(
    ready: Business, other: db.Database
) -> None:
    async def elsewhere() -> None:
        await posting(ready, other, days=1)()
        await posting(ready, other, livemode=True)()

    database = meddled(ready.database, elsewhere)
    closed = await shut(ready, database)
    assert cast(Any, database).units == 1
    assert await close.verify(ready.database, closed) == []


async def test_a_posting_in_the_same_batch_as_the_lock_is_not_closed_unseen(ready: Business) -> None:
    period = await ledger.period(ready.database, livemode=False, first=ready.today, last=ready.today)

    async def lock() -> None:
        async with ready.database.unit() as unit:
            ledger.lock(unit, day=ready.today, livemode=False, seen=period.upto)

    answers = await asyncio.gather(posting(ready, ready.database)(), lock(), return_exceptions=True)
    assert [type(one) for one in answers] == [type(None), db.LostRace]
    assert await ledger.locked_until(ready.database, livemode=False) is None


async def test_a_break_found_before_the_lock_keeps_the_day_open(ready: Business, other: db.Database) -> None:
    async def look_again() -> None:
        world = next(iter(ready.shop.worlds.values()))
        world.bank.stray(StrayLine("USD", 500), book_day=ready.today.isoformat())
        await ready.bank()
        await reconciliation.day(
            other, ready.today, livemode=False, processors=ready.processors, now=ready.clock.now(), by="tester"
        )

    refused = await refusal(shut(ready, meddled(ready.database, look_again)))
    assert refused.code is CloseRefusal.NOT_READY, refused.message
    assert [one["code"] for one in refused.details["findings"]] == ["break_open"]
    assert await nothing_closed(ready)


async def test_books_that_do_not_rest_are_not_closed(ready: Business) -> None:
    late = posting(ready, ready.database)
    refused = await refusal(shut(ready, meddled(ready.database, *[late] * 50)))
    assert refused.code is CloseRefusal.OVERTAKEN
    assert "Try again" in refused.message
    assert await nothing_closed(ready)


@pytest.mark.parametrize("unit", [0, 1])
async def test_a_crash_leaves_the_day_open_or_closed_with_its_proof(ready: Business, unit: int) -> None:
    async def fine() -> None: ...

    async def crash() -> None:
        raise RuntimeError("the power went")

    try:
        await shut(ready, meddled(ready.database, *[fine] * unit, crash))
    except RuntimeError:
        assert await nothing_closed(ready)
    assert len(await close.closes(ready.database, livemode=False)) == unit


async def test_two_servers_closing_one_day_leave_one_proof(ready: Business, other: db.Database) -> None:
    async def first() -> None:
        await shut(ready, other)

    refused = await refusal(shut(ready, meddled(ready.database, first)))
    assert refused.code is CloseRefusal.ALREADY_CLOSED
    (closed,) = await close.closes(ready.database, livemode=False)
    assert await close.verify(ready.database, closed) == []


class Counted:
    """A database that counts the rows it reads."""

    def __init__(self, database: db.Database) -> None:
        self._database, self.rows = database, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def fetch(self, query: Any, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        found = await self._database.fetch(query, values or {})
        self.rows += len(found)
        return found

    async def first(self, query: Any, values: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        return next(iter(await self.fetch(query, values)), None)


class Busy(Counted):
    """A database on which something is done after each read."""

    def __init__(self, database: db.Database, deed: Callable[[], Awaitable[None]]) -> None:
        super().__init__(database)
        self._deed = deed

    async def fetch(self, query: Any, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        found = await super().fetch(query, values)
        await self._deed()
        return found


async def test_payments_of_today_do_not_blur_the_look_at_yesterday(ready: Business, other: db.Database) -> None:
    busy = cast(db.Database, Busy(ready.database, posting(ready, other, days=1)))
    seen = await close.preview(busy, ready.today, livemode=False, processors=ready.processors, now=midnight(ready))
    assert seen.findings == ()


async def rows_of_preview(business: Business) -> int:
    counted = Counted(business.database)
    await close.preview(
        cast(db.Database, counted), business.today, livemode=False, processors=business.processors,
        now=midnight(business),
    )  # fmt: skip
    return counted.rows


async def test_a_first_close_reads_no_more_for_more_sales_long_ago(business: Business) -> None:
    read = []
    for amounts in ([1_000], range(1_000, 7_000, 100)):
        await business.sell(*amounts)
        await business.settle()
        await business.bank()
        await business.reconcile()
        for _ in range(8):
            business.next_day()
        await business.reconcile()
        read.append(await rows_of_preview(business))
    assert read[1] - read[0] < 60, "a few rows for each file, none for the sixty sales"
