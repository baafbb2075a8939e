"""The spine: every outcome of every verb, on every database."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.base import Refused
from tallystick.payments import PaymentRefusal
from tallystick.payments.rules import check_capture, check_refund
from tests.rooms.payments.shop import Shop


async def test_sale(shop: Shop) -> None:
    payment = await shop.pay(2_500)
    assert payment == await shop.reload(payment)
    assert (payment.status, payment.captured, payment.pending_attempt) == ("succeeded", 2_500, None)
    assert await shop.attempts(payment) == [("authorize", "approved")]
    assert await shop.events() == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
    assert await shop.owed() == 2_500
    await shop.check_books()


async def test_decline_waits_for_another_card(shop: Shop) -> None:
    payment = await shop.pay(card="pm_card_chargeDeclinedInsufficientFunds")
    assert payment.status == "requires_payment_method"
    assert "insufficient_funds" in payment.last_error
    assert (await shop.events())[1:] == ["charge.failed", "payment_intent.payment_failed"]
    assert await shop.owed() == 0
    assert shop.ways["sandbox_b"].calls == []


async def test_hold_capture_in_part_releases_the_rest(shop: Shop) -> None:
    held = await shop.pay(10_000, manual=True)
    assert (held.status, held.authorised, held.captured) == ("requires_capture", 10_000, 0)
    assert (await shop.balance("merchant_payable")).credits_pending == 10_000
    done = await shop.capture(held, 6_000)
    assert (done.status, done.captured) == ("succeeded", 6_000)
    payable = await shop.balance("merchant_payable")
    assert (payable.credits_pending, payable.credits_posted) == (0, 6_000)
    await shop.check_books()


async def test_cancel_voids_the_hold(shop: Shop) -> None:
    held = await shop.pay(manual=True)
    gone = await shop.cancel(held, reason="requested_by_customer")
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")
    assert gone.canceled_at is not None
    assert (await shop.balance("merchant_payable")).credits_pending == 0
    with pytest.raises(Refused) as refused:
        await shop.capture(held)
    assert refused.value.code is PaymentRefusal.UNEXPECTED_STATE


async def test_refunds_in_parts(shop: Shop) -> None:
    payment = await shop.pay(10_000)
    assert (await shop.refund(payment, 4_000)).status == "succeeded"
    assert (await shop.refund(payment)).amount == 6_000
    with pytest.raises(Refused) as refused:
        await shop.refund(payment, 1)
    assert refused.value.code is PaymentRefusal.CHARGE_ALREADY_REFUNDED
    assert (await shop.reload(payment)).refunded == 10_000
    assert await shop.owed() == 0
    await shop.check_books()


async def test_parts_of_three_decimals_end_in_zero(shop: Shop) -> None:
    held = await shop.pay(10_000, currency="KWD", manual=True)
    with pytest.raises(Refused) as refused:
        await shop.capture(held, 5_005)
    assert (refused.value.code, refused.value.param) == (PaymentRefusal.PARAMETER_INVALID, "amount_to_capture")
    payment = await shop.capture(held, 5_010)
    with pytest.raises(Refused) as refused:
        await shop.refund(payment, 1_001)
    assert (refused.value.code, refused.value.param) == (PaymentRefusal.PARAMETER_INVALID, "amount")
    assert (await shop.refund(payment, 1_000)).amount == 1_000
    assert (await shop.refund(payment)).amount == 4_010


async def test_all_that_is_left_of_three_decimals_is_fine(shop: Shop) -> None:
    held = replace(await shop.pay(1_000, currency="KWD", manual=True), authorised=1_005)
    assert check_capture(held, None) == check_capture(held, 1_005) == 1_005
    captured = replace(held, captured=1_005)
    assert check_refund(captured, None) == check_refund(captured, 1_005) == 1_005


async def test_cascade_to_the_next_processor(shop: Shop) -> None:
    shop.way.lose = ["refuse"]
    payment = await shop.pay()
    assert (payment.status, payment.processor) == ("succeeded", "sandbox_b")
    assert await shop.attempts(payment) == [("authorize", "not_sent"), ("authorize", "approved")]
    await shop.check_books()


async def test_nobody_reachable(shop: Shop) -> None:
    for way in shop.ways.values():
        way.lose = ["refuse"]
    payment = await shop.pay()
    assert payment.status == "requires_payment_method"
    assert "processing_error" in payment.last_error


async def test_unknown_then_resolved(shop: Shop) -> None:
    shop.way.lose = ["answer"]
    payment = await shop.pay()
    assert payment.status == "processing"
    assert shop.ways["sandbox_b"].calls == [], "after an unknown outcome nobody else is asked"
    for verb in (shop.capture(payment), shop.cancel(payment), shop.refund(payment)):
        with pytest.raises(Refused) as refused:
            await verb
        assert refused.value.code in (PaymentRefusal.LOCK_TIMEOUT, PaymentRefusal.CHARGE_NOT_CAPTURED)
    assert (await shop.resolve(10)).settled == 1
    assert (await shop.reload(payment)).status == "succeeded"
    assert await shop.events() == [
        "payment_intent.created",
        "payment_intent.processing",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    await shop.check_books()


async def test_never_arrived_goes_on_after_the_window(shop: Shop) -> None:
    shop.way.lose = ["request"]
    payment = await shop.pay()
    assert (await shop.resolve(10)).unknown == 1, "the request may still be on its way"
    assert (await shop.resolve(70)).settled == 1
    assert (await shop.reload(payment)).status == "succeeded"
    assert await shop.attempts(payment) == [("authorize", "not_sent"), ("authorize", "approved")]
    assert (shop.moved("sandbox_a"), shop.moved("sandbox_b")) == (0, 10_000)
    await shop.check_books()


async def test_never_arrived_is_given_up_where_nobody_is_left(shop: Shop) -> None:
    shop.way.lose = ["request"]
    payment = await shop.pay()
    shop.ways["sandbox_b"].lose = ["refuse"]
    assert (await shop.resolve(70)).settled == 1
    assert (await shop.reload(payment)).status == "requires_payment_method"
    assert await shop.attempts(payment) == [("authorize", "not_sent"), ("authorize", "not_sent")]
    await shop.check_books()


async def test_a_lost_order_is_looked_at_when_its_window_ends(shop: Shop) -> None:
    """The pauses between looks double; without regard to the window the next one came a minute too late."""
    shop.way.lose = ["request"]
    payment = await shop.pay()
    for _ in range(30):
        await shop.resolve(2)
    assert (await shop.reload(payment)).status == "processing"
    await shop.resolve(2)
    assert (await shop.reload(payment)).status == "succeeded"


async def test_a_resolved_decline_goes_on_like_an_answered_one(shop: Shop) -> None:
    """A server that dies after asking must not cost the merchant the payment."""
    shop.way.lose = ["answer"]
    payment = await shop.pay(card="pm_card_chargeDeclinedProcessingError")
    assert payment.status == "processing"
    await shop.resolve(10)
    lost = [(kind, state) for kind, state in await shop.attempts(payment)]
    told = await shop.pay(card="pm_card_chargeDeclinedProcessingError")
    assert lost == await shop.attempts(told) == [("authorize", "declined"), ("authorize", "declined")]
    assert (await shop.reload(payment)).status == told.status
    await shop.check_books()


@pytest.mark.parametrize("trouble", ["answer", "request"])
async def test_unknown_capture_is_sent_again_under_its_key(shop: Shop, trouble: str) -> None:
    held = await shop.pay(manual=True)
    shop.way.lose = [trouble]
    assert (await shop.capture(held)).status == "processing"
    await shop.resolve(20)
    assert (await shop.reload(held)).status == "succeeded"
    await shop.check_books()


@pytest.mark.parametrize("trouble", ["answer", "request", "refuse"])
async def test_unknown_refund_is_pending_and_sent_again(shop: Shop, trouble: str) -> None:
    payment = await shop.pay()
    shop.way.lose = [trouble]
    assert (await shop.refund(payment, 4_000)).status == "pending"
    await shop.resolve(20)
    assert (await shop.reload(payment)).refunded == 4_000
    await shop.check_books()


@pytest.mark.parametrize("trouble", ["answer", "request"])
async def test_unknown_void_is_sent_again(shop: Shop, trouble: str) -> None:
    held = await shop.pay(manual=True)
    shop.way.lose = [trouble]
    assert (await shop.cancel(held)).status == "processing"
    await shop.resolve(20)
    assert (await shop.reload(held)).status == "canceled"
    await shop.check_books()


async def test_capture_that_was_not_sent_leaves_the_hold(shop: Shop) -> None:
    held = await shop.pay(manual=True)
    shop.way.lose = ["refuse"]
    with pytest.raises(Refused) as refused:
        await shop.capture(held)
    assert refused.value.code is PaymentRefusal.PROCESSOR_UNAVAILABLE
    assert (await shop.reload(held)).status == "requires_capture"
    assert (await shop.capture(held)).status == "succeeded"
    await shop.check_books()
