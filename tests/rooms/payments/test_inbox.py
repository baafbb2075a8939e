"""Notifications: any order, any number, never believed without asking."""

from __future__ import annotations

import itertools

import msgspec
import pytest
import structlog

from tallystick import payments, sandbox
from tallystick.base import Refused
from tallystick.connectors import ConnectorRefusal
from tests.rooms.payments.shop import SECRET, Shop


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what differs between them is tested by the spine and the regressions."""
    return sqlite_url


async def test_news_of_an_unknown_payment_settles_it_at_once(shop: Shop) -> None:
    shop.way.lose = ["answer"]
    payment = await shop.pay()
    for news in shop.news():
        await shop.deliver(news)
    assert (await shop.reload(payment)).status == "succeeded"
    await shop.check_books()


async def test_news_is_not_believed(shop: Shop) -> None:
    """A signed notification says captured; the processor, asked, has never seen it: nothing is booked."""
    shop.way.lose = ["answer"]
    await shop.pay()
    body = msgspec.json.decode(shop.news()[0])
    shop.ways["sandbox_a"].lose = ["request"]
    unknown = await shop.pay(700)
    attempt = (await payments.attempts_of(shop.database, unknown.id))[0]
    lie = msgspec.json.encode(body | {"id": "evt_lie", "key": attempt.id, "amount": 700})
    assert await shop.deliver(lie) == 1
    assert (await shop.reload(unknown)).status == "processing"
    assert await shop.owed() == 0


async def test_a_wrong_signature_is_refused(shop: Shop) -> None:
    await shop.pay(card="pm_card_createDispute")
    body = shop.news()[0]
    headers = {"tally-signature": sandbox.sign(body, secret="other", now=shop.clock.now())}
    with pytest.raises(Refused) as refused:
        await payments.receive(shop.till, "sandbox_a", headers, body, now=shop.clock.now())
    assert refused.value.code is ConnectorRefusal.BAD_SIGNATURE
    with pytest.raises(Refused):
        await payments.receive(shop.till, "nobody", headers, body, now=shop.clock.now())


async def test_another_processors_news_does_not_touch_the_payment(shop: Shop) -> None:
    payment = await shop.pay(card="pm_card_createDispute")
    opened = next(body for body in shop.news() if b"dispute.opened" in body)
    headers = {"tally-signature": sandbox.sign(opened, secret=SECRET, now=shop.clock.now())}
    await payments.receive(shop.till, "sandbox_b", headers, opened, now=shop.clock.now())
    assert await payments.disputes_of(shop.database, payment.id) == []


def _dispute_news(shop: Shop, verdict: str) -> list[bytes]:
    opened = next(body for body in shop.news() if b"dispute.opened" in body)
    name = msgspec.json.decode(opened)["details"]["dispute"]
    shop.worlds["sandbox_a"].processor.disputes.conclude(name, verdict, now=shop.clock.now())
    closed = next(body for body in shop.news() if f"dispute.{verdict}".encode() in body)
    return [opened, closed, opened, closed]


@pytest.mark.parametrize("verdict", ["won", "lost"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 2, 3), (1, 3, 0, 2)])
async def test_a_dispute_ends_alike_in_every_order(shop: Shop, verdict: str, order: tuple[int, ...]) -> None:
    payment = await shop.pay(900, card="pm_card_createDispute")
    news = _dispute_news(shop, verdict)
    for place in order:
        await shop.deliver(news[place])
    (dispute,) = await payments.disputes_of(shop.database, payment.id)
    assert dispute.status == verdict
    assert await shop.owed() == (900 if verdict == "won" else 0)
    assert (await shop.reload(payment)).disputed == (0 if verdict == "won" else 900)
    kinds = [row.kind for row in await payments.movements(shop.database, livemode=False)]
    assert kinds == ["charge", "dispute", *(["dispute_reversal"] if verdict == "won" else [])]
    await shop.check_books()


@pytest.mark.parametrize(("verdict", "owed"), [("won", 0), ("lost", -900)])
async def test_a_dispute_in_another_currency_is_kept_apart(shop: Shop, verdict: str, owed: int) -> None:
    payment = await shop.pay(900, card="pm_card_createDispute")
    opened, closed, *_ = (body.replace(b'"EUR"', b'"USD"') for body in _dispute_news(shop, verdict))
    with structlog.testing.capture_logs() as lines:
        await shop.deliver(opened)
        await shop.deliver(closed)
    assert [(line["event"], line["log_level"]) for line in lines] == [("dispute_in_another_currency", "error")]
    (dispute,) = await payments.disputes_of(shop.database, payment.id)
    assert (dispute.status, dispute.amount, dispute.currency) == (verdict, 900, "USD")
    assert (await shop.reload(payment)).disputed == 0
    assert (await shop.owed(), await shop.owed("USD")) == (900, owed)


async def test_a_disputed_payment_is_not_refunded(shop: Shop) -> None:
    payment = await shop.pay(900, card="pm_card_createDispute")
    for news in shop.news():
        await shop.deliver(news)
    with pytest.raises(Refused) as refused:
        await shop.refund(payment)
    assert refused.value.code is payments.PaymentRefusal.CHARGE_DISPUTED


async def test_an_inquiry_takes_no_money(shop: Shop) -> None:
    payment = await shop.pay(900, card="pm_card_createDisputeInquiry")
    for news in shop.news():
        await shop.deliver(news)
    (dispute,) = await payments.disputes_of(shop.database, payment.id)
    assert dispute.status == "warning_needs_response"
    assert await shop.owed() == 900
    assert (await shop.events())[-1] == "charge.dispute.created"


@pytest.mark.parametrize("card", ["pm_card_tallystickDuplicateNotification", "pm_card_tallystickReordered"])
async def test_every_order_of_a_sales_news_changes_nothing(shop: Shop, card: str) -> None:
    payment = await shop.pay(900, card=card)
    news = shop.news()
    for order in itertools.islice(itertools.permutations(news), 6):
        for body in order:
            await shop.deliver(body)
    assert await shop.reload(payment) == payment
    assert await shop.owed() == 900


async def test_a_refund_that_is_pending_there_is_pending_here(shop: Shop) -> None:
    payment = await shop.pay(900, card="pm_card_pendingRefund")
    assert (await shop.refund(payment)).status == "pending"
    await shop.resolve(20)
    assert (await shop.reload(payment)).refunded == 900
    await shop.check_books()


async def test_a_refund_that_fails_there_fails_here(shop: Shop) -> None:
    payment = await shop.pay(900, card="pm_card_refundFail")
    assert (await shop.refund(payment)).status == "pending"
    await shop.resolve(20)
    (refund,) = await payments.refunds_of(shop.database, payment.id)
    assert (refund.status, (await shop.reload(payment)).refunded) == ("failed", 0)
    assert (await shop.events())[-1] == "refund.failed"
    await shop.check_books()
