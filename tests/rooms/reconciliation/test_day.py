"""Days of the platform: nothing wrong, everything wrong, and what becomes of it on the next day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tallystick import db, ledger, reconciliation
from tallystick.base import Refused
from tallystick.reconciliation import ReconciliationRefusal
from tests.rooms.meddling import meddled
from tests.rooms.reconciliation.business import Business
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry


async def test_a_quiet_day_reconciles_to_the_cent(business: Business) -> None:
    sold = await business.sell(1_000, 2_000, 3_333)
    await business.shop.refund(sold[0], 400)
    await business.settle()
    await business.bank()
    runs = await business.reconcile()
    assert [run.verdict for run in runs] == ["reconciled"] * 3
    assert [run.name for run in runs] == [
        "books_vs_processor:sandbox_a", "books_vs_processor:sandbox_b", "processor_vs_bank",
    ]  # fmt: skip
    assert (runs[0].left_items, runs[0].right_items, runs[0].matched, runs[0].matches) == (4, 4, 8, 4)
    assert await business.breaks() == []
    assert await business.holds("processor_receivable") == 0
    fees = await business.holds("processor_fee_expense")
    assert fees > 0
    assert await business.holds("bank") == 5_933 - fees
    assert await business.explained() == 0
    assert all(line["residual_minor"] == 0 for run in runs for line in run.record["bridge"])


async def test_every_planted_trouble_is_one_break_of_its_class_and_nothing_else_is(business: Business) -> None:
    await business.sell(*range(1_000, 3_000, 100))
    planted = await business.settle(
        missing_payment=1, duplicate_line=1, wrong_fee=1, late_payout=1, unknown_bank_line=1
    )
    await business.bank()
    await business.reconcile()
    assert await business.classes() == ["duplicate", "fee", "late", "missing_right", "orphan"]
    truth = {one["kind"]: one for one in planted}
    found = {one.break_class: one for one in await business.breaks()}
    assert found["missing_right"].payment_id == truth["missing_payment"]["payment_reference"]
    assert found["missing_right"].amount_minor == truth["missing_payment"]["gross"]
    assert found["fee"].amount_minor == truth["wrong_fee"]["difference"]
    assert found["late"].amount_minor == truth["late_payout"]["amount"]
    assert found["orphan"].amount_minor == truth["unknown_bank_line"]["amount"]
    assert await business.holds("processor_receivable") == await business.explained()


async def test_the_next_day_brings_what_was_late_and_missing(business: Business) -> None:
    await business.sell(*range(1_000, 2_000, 100))
    await business.settle(missing_payment=1, late_payout=1)
    await business.bank()
    await business.reconcile()
    assert await business.classes() == ["late", "missing_right"]
    business.next_day()
    await business.sell(5_000)
    await business.settle(release=True)
    await business.bank()
    runs = await business.reconcile()
    assert await business.breaks() == []
    assert await business.classes("cleared") == ["late", "missing_right"]
    assert {run.verdict for run in runs} == {"reconciled"}
    assert await business.holds("processor_receivable") == 0
    history = await reconciliation.notes(business.database, (await business.breaks("cleared"))[0].id)
    assert [note.action for note in history] == ["opened", "cleared"]


async def test_open_items_are_carried_and_continue_exactly(business: Business) -> None:
    await business.sell(1_000, 2_000, 4_000)
    await business.settle(missing_payment=2)
    await business.bank()
    first = (await business.reconcile())[0]
    business.next_day()
    second = (await business.reconcile())[0]
    closing = {(line["side"], line["currency"]): line["closing_minor"] for line in first.record["bridge"]}
    opening = {(line["side"], line["currency"]): line["opening_minor"] for line in second.record["bridge"]}
    assert {key: amount for key, amount in closing.items() if amount} == opening
    assert second.previous_id == first.id
    assert await business.classes() == ["missing_right", "missing_right"]


async def test_a_day_run_again_finds_only_what_came_late(business: Business) -> None:
    await business.sell(1_000)
    early = await business.reconcile()
    assert (await business.classes()) == ["missing_right"]
    assert [run.id for run in await business.reconcile()] == [run.id for run in early], "nothing new, no new run"
    await business.settle()
    await business.bank()
    late = await business.reconcile()
    assert await business.breaks() == []
    assert late[0].id != early[0].id
    assert late[0].previous_id == early[0].id
    assert late[1].id == early[1].id


async def test_a_file_taken_twice_changes_nothing(business: Business) -> None:
    await business.sell(1_000)
    await business.settle()
    await business.bank()
    before = await business.reconcile()
    text = next(iter(business.shop.worlds["sandbox_a"].state.reports.values())).text
    assert (await business.take(text.encode(), "again.csv")).duplicate
    assert [run.id for run in await business.reconcile()] == [run.id for run in before]


async def test_a_closed_day_and_a_passed_day_are_not_run(business: Business) -> None:
    await business.sell(1_000)
    await business.reconcile()
    async with business.database.unit() as unit:
        ledger.lock(unit, day=business.today, livemode=False)
    with pytest.raises(Refused) as refused:
        await business.reconcile()
    assert refused.value.code is ReconciliationRefusal.DAY_CLOSED


async def test_a_run_that_saw_the_day_open_is_not_written_once_it_is_closed(business: Business) -> None:
    await business.reconcile()
    await business.sell(1_000)
    made = await reconciliation.runs(business.database, livemode=False)

    async def close() -> None:
        seen = await reconciliation.stand(business.database, livemode=False, processors=business.processors)
        async with business.database.unit() as unit:
            ledger.lock(unit, day=business.today, livemode=False)
            reconciliation.hold(unit, seen)

    with pytest.raises(Refused) as refused:
        await reconciliation.day(
            meddled(business.database, close), business.today, livemode=False, processors=business.processors,
            now=business.clock.now(),
        )  # fmt: skip
    assert refused.value.code is ReconciliationRefusal.DAY_CLOSED
    assert await reconciliation.runs(business.database, livemode=False) == made
    assert await business.breaks() == []


async def test_a_unit_that_holds_the_stand_loses_to_a_run(business: Business) -> None:
    await business.reconcile()
    seen = await reconciliation.stand(business.database, livemode=False, processors=business.processors)
    await business.sell(1_000)
    await business.reconcile()
    with pytest.raises(db.LostRace):
        async with business.database.unit() as unit:
            reconciliation.hold(unit, seen)


async def test_a_line_that_its_statement_no_longer_has_leaves_and_may_come_back(business: Business) -> None:
    stays, leaves = Entry(500, servicer="A"), Entry(700, servicer="B")
    await business.take(bank.closed([stays, leaves]), "first.xml")
    await business.reconcile()
    assert sorted(one.amount_minor for one in await business.breaks()) == [500, 700]
    await business.take(bank.closed([stays]), "again.xml")
    found = await reconciliation.waiting(
        business.database, business.today, livemode=False, processors=business.processors
    )
    assert found[reconciliation.BANK] == 1
    run = (await business.reconcile())[-1]
    assert [one.amount_minor for one in await business.breaks()] == [500]
    (cleared,) = await business.breaks("cleared")
    assert (cleared.amount_minor, cleared.settled_reason) == (700, "Its statement was issued again without it.")
    (line,) = [one for one in run.record["bridge"] if one["adjusted_minor"]]
    assert (line["opening_minor"], line["adjusted_minor"], line["closing_minor"]) == (1_200, -700, 500)
    assert (run.verdict, line["residual_minor"]) == ("breaks", 0)
    assert [one.id for one in await business.reconcile()][-1] == run.id, "nothing new, no new run"
    await business.take(bank.closed([stays, leaves], opening=50), "third.xml")
    await business.reconcile()
    assert sorted(one.amount_minor for one in await business.breaks()) == [500, 700]


async def test_a_day_that_has_not_begun_is_not_reconciled(business: Business) -> None:
    tomorrow = business.today + timedelta(days=1)
    with pytest.raises(Refused, match=f"{tomorrow} has not begun") as refused:
        await reconciliation.day(
            business.database, tomorrow, livemode=False, processors=business.processors, now=business.clock.now()
        )
    assert refused.value.code is ReconciliationRefusal.DAY_NOT_BEGUN
    assert await reconciliation.runs(business.database, livemode=False, limit=1) == []


async def test_disputes_come_out_too(business: Business) -> None:
    (sold,) = await business.sell(9_000, card="pm_card_createDispute")
    for body in business.shop.news():
        await business.shop.deliver(body)
    assert (await business.shop.reload(sold)).disputed == 9_000
    await business.settle()
    await business.bank()
    runs = await business.reconcile()
    assert runs[0].matches == 2
    assert await business.breaks() == []
    assert await business.holds("processor_receivable") == await business.explained() == 0
