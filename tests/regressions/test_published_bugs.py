"""Bugs that other payment systems published, each as a test with its name. They must never be ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest

from tallystick import ledger, outbox, payments
from tallystick.base import Refused
from tallystick.payments import PaymentRefusal, model, postings
from tallystick.payments.store import writes
from tests.rooms.payments.counter import counter
from tests.rooms.payments.shop import MERCHANT, Shop


async def outcomes(*verbs: Awaitable[Any]) -> list[Any]:
    """What came of verbs that ran at the same time; anything but a refusal is raised."""
    results = await asyncio.gather(*verbs, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Refused):
            raise result
    return results


async def test_hyperswitch_13182_parallel_refunds_never_exceed_the_capture(shop: Shop) -> None:
    """Two simultaneous refunds of 60 of a payment of 100 both succeeded."""
    payment = await shop.pay(10_000)
    for _ in range(3):
        await outcomes(*(shop.refund(payment, 6_000) for _ in range(100)))
    after = await shop.reload(payment)
    assert (after.refunded, after.pending_attempt) == (6_000, None)
    assert shop.moved() == 4_000
    await shop.check_books()


async def test_hyperswitch_13182_many_small_refunds_end_exactly_at_the_capture(shop: Shop) -> None:
    payment = await shop.pay(1_000)
    for _ in range(20):
        await outcomes(*(shop.refund(payment, 100) for _ in range(10)))
    assert (await shop.reload(payment)).refunded == 1_000
    refunds = await payments.refunds_of(shop.database, payment.id)
    assert sum(each.amount for each in refunds if each.status == "succeeded") == 1_000
    await shop.check_books()


@pytest.mark.parametrize("amount", [0, -1, -10_000])
async def test_hyperswitch_11491_a_negative_refund_is_refused(shop: Shop, amount: int) -> None:
    payment = await shop.pay(10_000)
    with pytest.raises(Refused) as refused:
        await shop.refund(payment, amount)
    assert refused.value.code is PaymentRefusal.AMOUNT_TOO_SMALL
    assert (await shop.reload(payment)).refunded == 0


async def test_hyperswitch_5282_a_refund_sent_twice_is_answered_twice_alike(shop: Shop) -> None:
    async with counter(shop) as till:
        sale = {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        intent = await till.ask(lambda api: api.payment_intents.create(sale))
        wanted, options = {"payment_intent": intent.id, "amount": 400}, {"idempotency_key": "refund-1"}
        first = await till.ask(lambda api: api.refunds.create(wanted, options))
        second = await till.ask(lambda api: api.refunds.create(wanted, options))
        assert first.to_dict() == second.to_dict()
        assert shop.moved() == 500


async def test_hyperswitch_9278_news_tells_what_was_true_when_it_happened(shop: Shop) -> None:
    """A webhook carried a stale status: here the body is frozen with the change it tells of."""
    payment = await shop.pay(10_000)
    await shop.refund(payment)
    rows = await outbox.events(shop.database, merchant_id=MERCHANT, livemode=False, limit=100)
    told = {row.type: msgspec.json.decode(row.payload)["data"]["object"] for row in rows}
    assert told["charge.succeeded"]["amount_refunded"] == 0
    assert told["charge.refunded"]["amount_refunded"] == 10_000
    assert (told["refund.created"]["status"], told["refund.updated"]["status"]) == ("pending", "succeeded")


async def test_killbill_1015_an_unknown_that_becomes_a_success_is_not_paid_twice(shop: Shop) -> None:
    shop.way.lose = ["answer"]
    payment = await shop.pay(700)
    offered = await payments.offered(shop.till, _owner(), "pm_card_visa", identifier="pm_other", customer="")
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            await payments.confirm(
                shop.till, _owner(), payment.id, offered=offered, operation=shop.operation(), now=shop.clock.now()
            )
        assert refused.value.code is PaymentRefusal.LOCK_TIMEOUT
    await shop.resolve(20)
    with pytest.raises(Refused) as refused:
        await payments.confirm(shop.till, _owner(), payment.id, operation=shop.operation(), now=shop.clock.now())
    assert refused.value.code is PaymentRefusal.UNEXPECTED_STATE
    assert sum(shop.moved(name) for name in shop.worlds) == 700
    await shop.check_books()


async def test_killbill_639_no_second_capture_while_the_first_is_unknown(shop: Shop) -> None:
    held = await shop.pay(1_000, manual=True)
    shop.way.lose = ["answer"]
    assert (await shop.capture(held, 600)).status == "processing"
    for amount in (600, 400, None):
        with pytest.raises(Refused) as refused:
            await shop.capture(held, amount)
        assert refused.value.code is PaymentRefusal.LOCK_TIMEOUT
    await shop.resolve(20)
    assert (await shop.reload(held)).captured == 600
    assert shop.moved() == 600
    await shop.check_books()


async def test_killbill_1832_a_payment_that_resolved_to_nothing_can_be_paid(shop: Shop) -> None:
    """Retries were not possible after the state had been fixed."""
    shop.way.lose = ["request"]
    shop.ways["sandbox_b"].lose = ["refuse"]
    payment = await shop.pay(700)
    await shop.resolve(70)
    offered = await payments.offered(
        shop.till, _owner(), "pm_card_visa", identifier=shop.database.ids.new("pm"), customer=""
    )
    paid = await payments.confirm(
        shop.till, _owner(), payment.id, offered=offered, operation=shop.operation(), now=shop.clock.now()
    )
    assert paid.status == "succeeded"
    assert shop.moved() == 700


async def test_killbill_333_no_capture_above_the_authorisation(shop: Shop) -> None:
    held = await shop.pay(1_000, manual=True)
    with pytest.raises(Refused) as refused:
        await shop.capture(held, 1_001)
    assert refused.value.code is PaymentRefusal.AMOUNT_TOO_LARGE
    assert (await shop.reload(held)).status == "requires_capture"


@pytest.mark.parametrize(
    "broken", [{"captured": 1_001}, {"refunded": 1_001}, {"refunded": -1}, {"status": "nonsense"}, {"amount": 0}]
)
async def test_killbill_334_the_database_itself_holds_law_5(shop: Shop, broken: dict[str, Any]) -> None:
    """Captured above authorised and refunded above captured were seen in production, because nothing checked."""
    payment = await shop.pay(1_000)
    row = msgspec.structs.asdict(msgspec.structs.replace(payment, **broken))
    with pytest.raises(Exception, match=r"(?i)constraint|check"):
        async with shop.database.unit() as unit:
            unit.update(writes.SAVE_PAYMENT, row)
    assert await shop.reload(payment) == payment


@pytest.mark.parametrize("times", [2, 5])
async def test_lago_2243_a_notification_that_comes_twice_counts_once(shop: Shop, times: int) -> None:
    payment = await shop.pay(800, card="pm_card_createDispute")
    opened = next(body for body in shop.news() if b"dispute.opened" in body)
    assert [await shop.deliver(opened) for _ in range(times)] == [1] + [0] * (times - 1)
    assert len(await payments.disputes_of(shop.database, payment.id)) == 1
    assert await shop.owed() == 0
    await shop.check_books()


async def test_lago_2243_copies_that_come_at_the_same_time_count_once(shop: Shop) -> None:
    payment = await shop.pay(800, card="pm_card_createDispute")
    opened = next(body for body in shop.news() if b"dispute.opened" in body)
    await asyncio.gather(*(shop.deliver(opened) for _ in range(8)))
    assert len(await payments.disputes_of(shop.database, payment.id)) == 1
    assert await shop.owed() == 0
    await shop.check_books()


async def test_lago_3618_two_resolvers_settle_once(shop: Shop) -> None:
    shop.way.lose = ["answer"]
    await shop.pay(800)
    shop.clock.advance(20)
    await asyncio.gather(*(payments.resolve(shop.till, now=shop.clock.now()) for _ in range(5)))
    assert await shop.owed() == 800
    assert (await shop.events()).count("payment_intent.succeeded") == 1
    await shop.check_books()


async def test_blnk_182_a_hold_that_was_voided_cannot_be_captured(shop: Shop) -> None:
    held = await shop.pay(1_000, manual=True)
    await shop.cancel(held)
    with pytest.raises(Refused) as refused:
        await shop.capture(held)
    assert refused.value.code is PaymentRefusal.UNEXPECTED_STATE
    attempt = (await payments.attempts_of(shop.database, held.id))[1]
    late = msgspec.structs.replace(attempt, id=shop.database.ids.new("att"), kind="capture", amount=1_000)
    with pytest.raises(Refused) as refused:
        async with shop.database.unit() as unit:
            ledger.post(unit, postings.captured(late, 0), now=shop.clock.now())
    assert refused.value.code is ledger.LedgerRefusal.PENDING_TRANSFER_ALREADY_VOIDED


async def test_blnk_62_no_commit_above_the_hold_in_the_books(shop: Shop) -> None:
    held = await shop.pay(1_000, manual=True)
    attempt = (await payments.attempts_of(shop.database, held.id))[0]
    above = msgspec.structs.replace(
        attempt, id=shop.database.ids.new("att"), kind="capture", parent=attempt.id, amount=1_001
    )
    with pytest.raises(Refused) as refused:
        async with shop.database.unit() as unit:
            ledger.post(unit, postings.captured(above, 0), now=shop.clock.now())
    assert refused.value.code is ledger.LedgerRefusal.EXCEEDS_PENDING_TRANSFER_AMOUNT


async def test_blnk_41_a_hold_is_voided_once(shop: Shop) -> None:
    held = await shop.pay(1_000, manual=True)
    results = await outcomes(*(shop.cancel(held) for _ in range(20)))
    assert sum(isinstance(result, model.Payment) for result in results) == 1
    assert sum(path.endswith("/void") for path in shop.way.posts) == 1
    payable = await shop.balance("merchant_payable")
    assert (payable.credits_pending, payable.credits_posted) == (0, 0)


async def test_blnk_171_capture_and_void_at_the_same_time_have_one_winner(shop: Shop) -> None:
    for _ in range(5):
        held = await shop.pay(1_000, manual=True)
        await outcomes(shop.capture(held), shop.cancel(held), shop.capture(held, 400))
        after = await shop.reload(held)
        assert (after.status, after.captured) in [("succeeded", 1_000), ("succeeded", 400), ("canceled", 0)]
    await shop.check_books()


async def test_formance_1633_the_same_key_twice_at_the_same_time_is_one_payment(shop: Shop) -> None:
    async with counter(shop) as till:
        sale = {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        options = {"idempotency_key": "twice"}

        def create(api: Any) -> Any:
            return api.payment_intents.create(sale, options)

        results = await asyncio.gather(*(till.ask(create) for _ in range(6)), return_exceptions=True)
        made = {result.id for result in results if not isinstance(result, BaseException)}
        assert len(made) == 1
        assert {result.http_status for result in results if isinstance(result, BaseException)} <= {409}
        assert shop.moved() == 900


async def test_polar_8344_a_dispute_may_be_larger_than_its_payment(shop: Shop) -> None:
    payment = await shop.pay(1_000, card="pm_card_createDispute")
    opened = next(body for body in shop.news() if b"dispute.opened" in body)
    larger = msgspec.json.encode(msgspec.json.decode(opened) | {"amount": 1_300, "currency": "EUR"})
    await shop.deliver(larger)
    assert await shop.owed() == -300
    assert (await payments.disputes_of(shop.database, payment.id))[0].amount == 1_300


async def test_polar_4428_a_refund_after_the_money_was_paid_out(shop: Shop) -> None:
    """The payout failed or the refund did; here the merchant's balance goes below zero and is owed to us."""
    payment = await shop.pay(1_000)
    payable = ledger.chart.merchant_payable(merchant=MERCHANT, livemode=False, currency="EUR")
    transit = ledger.chart.payouts_in_transit(merchant=MERCHANT, livemode=False, currency="EUR")
    paid_out = ledger.Transfer(
        ledger.transfer_id("po_1", "sent"), payable, transit, 1_000, ledger.TransferCode.PAYOUT_SENT
    )
    async with shop.database.unit() as unit:
        ledger.post(unit, [paid_out], now=shop.clock.now())
    assert (await shop.refund(payment)).status == "succeeded"
    assert await shop.owed() == -1_000


def _owner() -> payments.Owner:
    return payments.Owner(MERCHANT, False)
