"""Two servers on one database: what one of them remembers of the books is never older than what the other wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from tallystick import db, ledger, outbox
from tallystick.base import Instant, Refused, start_of
from tallystick.ledger import LedgerRefusal, Transfer

DAY = date(2026, 3, 2)
NOW = Instant(start_of(DAY) + 5)
RECEIVABLE = ledger.chart.processor_receivable(processor="one", merchant="acct_1", livemode=False, currency="EUR")
PAYABLE = ledger.chart.merchant_payable(merchant="acct_1", livemode=False, currency="EUR")


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[db.Database]:
    opened = await db.open(database_url)
    yield opened
    await opened.close()


async def post(database: db.Database, number: int, amount: int) -> None:
    async with database.unit() as unit:
        ledger.post(unit, [Transfer(number, RECEIVABLE, PAYABLE, amount, code=2, reference="pi_1")], now=NOW)


async def tell(database: db.Database, name: str) -> None:
    """A commit with news and nothing for the ledger."""
    async with database.unit() as unit:
        event = outbox.Event(
            id=name, type="test.told", merchant_id="acct_1", livemode=False, payload=b"{}", created=NOW, seq=0
        )
        outbox.add(unit, event)


async def test_news_between_does_not_hide_what_another_server_posted(database: db.Database, other: db.Database) -> None:
    """The news took the next order of commits, after which the ledger's memory looked current and was not."""
    await post(database, 1, 100)
    await post(other, 2, 20)
    await tell(database, "evt_1")
    await post(database, 3, 3)
    assert (await ledger.balance(database, PAYABLE)).credits_posted == 123


async def test_news_between_does_not_hide_that_another_server_closed_the_day(
    database: db.Database, other: db.Database
) -> None:
    await post(database, 1, 100)
    async with other.unit() as unit:
        ledger.lock(unit, day=DAY, livemode=False)
    await tell(database, "evt_1")
    with pytest.raises(Refused) as caught:
        await post(database, 2, 20)
    assert caught.value.code is LedgerRefusal.PERIOD_LOCKED
