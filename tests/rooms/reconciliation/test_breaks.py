"""What people do about breaks: who, when, why; and what the books learn of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tallystick import reconciliation
from tallystick.base import Refused
from tallystick.reconciliation import BreakRecord, ReconciliationRefusal
from tests.rooms.reconciliation.business import Business

Verb = Callable[..., Awaitable[BreakRecord]]


async def one_break(business: Business, **plant: Any) -> BreakRecord:
    await business.sell(1_000, 2_000, 3_000)
    await business.settle(**plant)
    await business.bank()
    await business.reconcile()
    (found,) = await business.breaks()
    return found


async def do(business: Business, verb: Verb, found: BreakRecord, by: str = "ada", **more: Any) -> BreakRecord:
    return await verb(business.database, found.id, by=by, now=business.clock.now(), livemode=False, **more)


async def refused(business: Business, verb: Verb, found: BreakRecord, **more: Any) -> ReconciliationRefusal:
    with pytest.raises(Refused) as error:
        await do(business, verb, found, **more)
    assert isinstance(error.value.code, ReconciliationRefusal)
    return error.value.code


async def test_the_history_says_who_did_what_and_why(business: Business) -> None:
    found = await one_break(business, missing_payment=1)
    await do(business, reconciliation.assign, found, owner="grace")
    await do(business, reconciliation.comment, found, text="asked the processor", by="grace")
    done = await do(business, reconciliation.sign_off, found, reason="will come tomorrow")
    assert (done.status, done.owner, done.settled_by, done.settled_reason) == (
        "signed_off", "grace", "ada", "will come tomorrow",
    )  # fmt: skip
    notes = await reconciliation.notes(business.database, found.id)
    assert [(note.action, note.made_by, note.note) for note in notes] == [
        ("opened", "tester", "missing_right"),
        ("assigned", "ada", "grace"),
        ("commented", "grace", "asked the processor"),
        ("signed_off", "ada", "will come tomorrow"),
    ]
    (item,) = await reconciliation.items_of_break(business.database, found)
    assert (item.state, item.payment_id) == ("open", found.payment_id)


async def test_who_owns_a_break_does_not_sign_it_off(business: Business) -> None:
    found = await one_break(business, missing_payment=1)
    await do(business, reconciliation.assign, found, owner="ada")
    assert await refused(business, reconciliation.sign_off, found, reason="fine") is ReconciliationRefusal.SAME_PERSON
    await do(business, reconciliation.sign_off, found, reason="fine", by="grace")


async def test_a_reason_is_needed_and_once_is_enough(business: Business) -> None:
    found = await one_break(business, wrong_fee=1)
    assert await refused(business, reconciliation.resolve, found, reason=" ") is ReconciliationRefusal.REASON_REQUIRED
    await do(business, reconciliation.resolve, found, reason="credited")
    await do(business, reconciliation.resolve, found, reason="credited")
    assert await refused(business, reconciliation.sign_off, found, reason="no") is ReconciliationRefusal.BREAK_SETTLED
    assert await refused(business, reconciliation.assign, found, owner="x") is ReconciliationRefusal.BREAK_SETTLED
    assert [note.action for note in await reconciliation.notes(business.database, found.id)] == ["opened", "resolved"]


async def test_resolving_takes_the_claim_out_of_the_books(business: Business) -> None:
    found = await one_break(business, missing_payment=1)
    held, cost = await business.holds("processor_receivable"), await business.holds("processor_fee_expense")
    assert held == found.amount_minor == await business.explained()
    await do(business, reconciliation.resolve, found, reason="the processor lost it")
    assert await business.holds("processor_receivable") == 0 == await business.explained()
    assert await business.holds("processor_fee_expense") == cost + found.amount_minor
    runs = await business.reconcile()
    (left,) = [line for line in runs[0].record["bridge"] if line["side"] == "left"]
    assert (left["opening_minor"], left["adjusted_minor"], left["closing_minor"]) == (
        found.amount_minor, -found.amount_minor, 0,
    )  # fmt: skip
    assert await business.breaks() == []


async def test_a_payout_that_has_not_come_is_not_written_off(business: Business) -> None:
    found = await one_break(business, late_payout=1)
    assert await refused(business, reconciliation.resolve, found, reason="gone") is ReconciliationRefusal.NOT_RESOLVABLE
    await do(business, reconciliation.sign_off, found, reason="the bank confirms it for tomorrow")
    business.next_day()
    await business.settle()
    await business.bank()
    await business.reconcile()
    assert await business.holds("processor_receivable") == 0, "it came, and was matched although signed off"


async def test_a_stranger_on_the_bank_account_can_be_resolved(business: Business) -> None:
    found = await one_break(business, unknown_bank_line=1)
    await do(business, reconciliation.resolve, found, reason="returned to sender")
    await business.reconcile()
    assert await business.breaks() == []


async def test_unknown_breaks_and_the_other_mode_do_not_exist(business: Business) -> None:
    found = await one_break(business, missing_payment=1)
    with pytest.raises(Refused) as nobody:
        await reconciliation.break_(business.database, "brk_nobody", livemode=False)
    assert nobody.value.code is ReconciliationRefusal.BREAK_MISSING
    with pytest.raises(Refused):
        await reconciliation.break_(business.database, found.id, livemode=True)


async def test_a_duplicate_knows_what_it_says_again_and_what_that_was_matched_with(business: Business) -> None:
    found = await one_break(business, duplicate_line=1)
    first, ours = await reconciliation.told_before(business.database, found)
    (again,) = await reconciliation.items_of_break(business.database, found)
    assert (first.side, ours.side) == (reconciliation.Side.RIGHT, reconciliation.Side.LEFT)
    assert first.item_id != again.item_id
    assert first.amount_minor == again.amount_minor == ours.amount_minor
    assert first.group_id == ours.group_id is not None


async def test_a_movement_told_on_the_next_day_under_another_id_names_the_one_that_took_its_place(
    business: Business,
) -> None:
    await business.sell(1_000)
    await business.settle()
    await business.bank()
    await business.reconcile()
    report = business.shop.worlds["sandbox_a"].state.reports[business.today.isoformat()].text
    yesterday = business.today.isoformat()
    business.next_day()
    again = report.replace(yesterday, business.today.isoformat()).replace(",sbc_", ",sbc_x").replace(",sbo_", ",sbo_x")
    await business.take(again.encode(), "again.csv")
    await business.reconcile()
    (found,) = [one for one in await business.breaks() if one.break_class == "duplicate"]
    assert (found.facet, found.reason) == ("presence", "key_taken")
    first, ours = await reconciliation.told_before(business.database, found)
    assert (first.day.isoformat(), first.side) == (yesterday, found.side)
    assert (ours.side, ours.group_id) == (reconciliation.Side.LEFT, first.group_id)


async def test_a_break_of_another_class_says_nothing_again(business: Business) -> None:
    found = await one_break(business, missing_payment=1)
    assert await reconciliation.told_before(business.database, found) == []
