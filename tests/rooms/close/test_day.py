"""A day is closed when nothing stands in the way, and never changes again."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tallystick import close, ledger, reconciliation
from tallystick.base import Instant, Refused, after, start_of
from tallystick.close import CloseRefusal
from tests.rooms.reconciliation.business import Business


async def full_day(business: Business, **plant: Any) -> None:
    await business.sell(1_000, 2_000, 3_000, 4_000, 5_000)
    await business.settle(**plant)
    await business.bank()
    await business.reconcile()


def midnight(business: Business) -> Instant:
    """When the day of the clock is over."""
    return after(start_of(business.today), days=1)


async def shut(business: Business, *, now: Instant | None = None) -> close.Closed:
    return await close.day(
        business.database, business.today, livemode=False, processors=business.processors, by="ada@example.com",
        now=midnight(business) if now is None else now,
    )  # fmt: skip


async def codes(business: Business, *, now: Instant | None = None) -> list[str]:
    """What stands in the way."""
    now = midnight(business) if now is None else now
    with pytest.raises(Refused) as refused:
        await shut(business, now=now)
    assert refused.value.code is CloseRefusal.NOT_READY
    seen = await close.preview(
        business.database, business.today, livemode=False, processors=business.processors, now=now
    )
    assert [one["code"] for one in refused.value.details["findings"]] == [one.code for one in seen.findings]
    return [one.code for one in seen.findings]


async def test_a_clean_day_closes_with_a_proof_that_can_be_checked_again(business: Business) -> None:
    await full_day(business)
    closed = await shut(business)
    found = close.proof.decoded(closed)
    receivable = [line for line in found["lines"] if line["name"] == "processor_receivable"]
    assert [(line["opening_minor"], line["closing_minor"]) for line in receivable] == [(0, 0)]
    assert receivable[0]["debits_minor"] == receivable[0]["credits_minor"] == 15_000
    assert sum(line["closing_minor"] for line in found["lines"]) == 0
    assert {one["residual_minor"] for one in found["clearing"]} == {0}
    assert {entry["name"].split("_")[0] for entry in found["inputs"]} == {"settlement", "camt053"}
    assert await close.verify(business.database, closed) == []
    paper = close.proof.text(closed)
    assert "closed by ada@example.com" in paper
    assert closed.digest in paper


async def test_a_day_closes_from_midnight_on_and_not_before(business: Business) -> None:
    await full_day(business)
    assert await codes(business, now=business.clock.now()) == ["day_not_over"]
    assert await codes(business, now=Instant(midnight(business) - 1)) == ["day_not_over"]
    assert await ledger.locked_until(business.database, livemode=False) is None
    assert (await shut(business, now=midnight(business))).day == business.today


async def test_a_day_that_has_not_begun_does_not_close(business: Business) -> None:
    far = date(2099, 12, 31)
    with pytest.raises(Refused, match="2099-12-31 is not over yet") as refused:
        await close.day(business.database, far, livemode=False, processors={}, by="ada", now=business.clock.now())
    assert refused.value.code is CloseRefusal.NOT_READY
    assert refused.value.details["findings"][0]["code"] == "day_not_over"


async def test_a_closed_day_takes_no_more_entries(business: Business) -> None:
    await full_day(business)
    await shut(business)
    with pytest.raises(Refused) as refused:
        await shut(business)
    assert refused.value.code is CloseRefusal.ALREADY_CLOSED
    assert await ledger.locked_until(business.database, livemode=False) == business.today
    transfer = ledger.Transfer(
        99,
        ledger.chart.bank(merchant="acct_shop", livemode=False, currency="EUR"),
        ledger.chart.merchant_payable(merchant="acct_shop", livemode=False, currency="EUR"),
        1,
        1,
    )
    with pytest.raises(Refused) as late:
        async with business.database.unit() as unit:
            ledger.post(unit, [transfer], now=business.clock.now())
    assert late.value.code is ledger.LedgerRefusal.PERIOD_LOCKED


async def test_each_thing_in_the_way_is_named(business: Business) -> None:
    await business.sell(1_000, 2_000, 3_000)
    assert await codes(business) == ["file_missing", "not_run", "not_run", "not_run", "not_explained"]
    await business.settle(missing_payment=1)
    assert "file_missing" in await codes(business), "the bank's statement"
    await business.bank()
    await business.reconcile()
    assert await codes(business) == ["break_open"]
    await business.sell(700)
    assert await codes(business) == ["run_behind", "break_open", "not_explained"]


async def test_an_account_whose_statements_begin_later_is_not_waited_for(business: Business) -> None:
    quiet = business.today
    business.next_day()
    await full_day(business)
    seen = await close.preview(
        business.database, quiet, livemode=False, processors=business.processors, now=business.clock.now()
    )
    assert [one.message for one in seen.findings if one.code == "file_missing"] == []


async def test_an_unknown_outcome_keeps_the_day_open(business: Business) -> None:
    await full_day(business)
    business.shop.way.lose = ["answer"] * 4
    await business.sell(900)
    assert "outcome_unknown" in await codes(business)


async def test_signed_off_differences_stay_explained(business: Business) -> None:
    await full_day(business, missing_payment=1, late_payout=1)
    assert await codes(business) == ["break_open", "break_open"]
    for one in await business.breaks():
        await reconciliation.sign_off(
            business.database, one.id, reason="confirmed for tomorrow", by="ada", now=business.clock.now(),
            livemode=False,
        )  # fmt: skip
    closed = await shut(business)
    found = close.proof.decoded(closed)
    assert sorted(one["break_class"] for one in found["signed_off"]) == ["late", "missing_right"]
    (clearing,) = [one for one in found["clearing"] if one["balance_minor"]]
    assert clearing["open_minor"] > 0
    assert clearing["in_flight_minor"] > 0
    assert clearing["residual_minor"] == 0


async def test_the_next_close_opens_where_this_one_ended(business: Business) -> None:
    await full_day(business)
    first = await shut(business)
    business.next_day()
    await full_day(business)
    second = await shut(business)
    assert second.previous_digest == first.digest
    before = {line["account"]: line["closing_minor"] for line in close.proof.decoded(first)["lines"]}
    after = {line["account"]: line["opening_minor"] for line in close.proof.decoded(second)["lines"]}
    assert before == after
    assert await close.verify(business.database, first) == []
    assert await close.verify(business.database, second) == []
    listed = await close.closes(business.database, livemode=False)
    assert [one.day for one in listed] == [second.day, first.day]


async def test_every_day_since_the_close_before_needs_its_reports(business: Business) -> None:
    await full_day(business)
    await shut(business)
    business.next_day()
    unreported = business.today
    await business.sell(1_500)
    business.next_day()
    await full_day(business)
    with pytest.raises(Refused) as refused:
        await shut(business)
    missing = [one["message"] for one in refused.value.details["findings"] if one["code"] == "file_missing"]
    assert [unreported.isoformat() in one for one in missing] == [True]


async def test_a_crash_between_lock_and_proof_is_finished_later(business: Business) -> None:
    await full_day(business)
    async with business.database.unit() as unit:
        ledger.lock(unit, day=business.today, livemode=False)
    closed = await shut(business)
    assert await close.verify(business.database, closed) == []


async def test_a_resolved_difference_leaves_the_books_explained(business: Business) -> None:
    await full_day(business, missing_payment=1)
    (found,) = await business.breaks()
    await reconciliation.resolve(
        business.database, found.id, reason="lost for good", by="ada", now=business.clock.now(), livemode=False
    )
    assert await codes(business) == ["run_behind"]
    await business.reconcile()
    await shut(business)
    assert await business.holds("processor_receivable") == 0
