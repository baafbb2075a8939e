"""Faults of ours that the simulation, or the lifecycle's model, found first, each as the shortest story that shows it.
They must not come back."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick import db, payments
from tallystick.base import Refused
from tallystick.idempotency import Operation
from tests.rooms.payments.shop import OWNER, Shop


class Died(Exception):
    """The server is gone."""


def dies(unit: db.Unit, thing: Any) -> None:
    """The answer has come, and the server dies before anything of it is durable."""
    raise Died


def lives(unit: db.Unit, thing: Any) -> None:
    """The request is answered."""


async def sale(shop: Shop, operation: Operation, finish: Any, *, manual: bool = False) -> payments.Payment:
    """One run of a request to create and confirm a payment of 500."""
    offered = await payments.offered(
        shop.till, OWNER, "pm_card_visa", identifier=operation.resource_id("pm"), customer=""
    )
    wanted = payments.NewPayment(amount=500, currency="EUR", capture_method="manual" if manual else "automatic")
    return await payments.create(
        shop.till,
        OWNER,
        wanted,
        offered=offered,
        confirm=True,
        operation=operation,
        now=shop.clock.now(),
        finish=finish,
    )


@pytest.mark.parametrize("manual", [False, True])
async def test_refused_when_sent_again_is_unknown_and_never_a_reason_to_cascade(shop: Shop, manual: bool) -> None:
    """The processor had taken the authorisation, the server died before the answer, and when the request was resumed
    the connection was refused. That proves nothing about the first time: offered to the next processor, the customer
    would have paid twice."""
    operation = shop.operation()
    with pytest.raises(Died):
        await sale(shop, operation, dies, manual=manual)
    shop.way.lose = ["refuse"]
    resumed = await sale(shop, shop.again(operation), lives, manual=manual)
    assert resumed.status == "processing"
    assert await shop.attempts(resumed) == [("authorize", "unknown")]
    assert shop.ways["sandbox_b"].calls == [], "nobody else is asked while the outcome is not known"
    await shop.resolve(20)
    assert (await shop.reload(resumed)).status == ("requires_capture" if manual else "succeeded")
    assert sum(shop.moved(name) for name in shop.worlds) == (0 if manual else 500)
    await shop.check_books()


async def test_refused_when_sent_again_is_given_up_once_it_was_never_seen(shop: Shop) -> None:
    """The same story where the first sending was lost: it is the processor that says so, after the window."""
    operation = shop.operation()
    shop.way.lose = ["request", "refuse"]
    with pytest.raises(Died):
        await sale(shop, operation, dies)
    resumed = await sale(shop, shop.again(operation), lives)
    assert resumed.status == "processing"
    assert shop.ways["sandbox_b"].calls == []
    shop.ways["sandbox_b"].lose = ["refuse"]
    await shop.resolve(70)
    assert (await shop.reload(resumed)).status == "requires_payment_method"
    assert await shop.attempts(resumed) == [("authorize", "not_sent"), ("authorize", "not_sent")]
    await shop.check_books()


@pytest.mark.parametrize(("verb", "after"), [("capture", "succeeded"), ("cancel", "canceled")])
async def test_refused_when_sent_again_does_not_undo_what_was_asked_of_a_hold(
    shop: Shop, verb: str, after: str
) -> None:
    """A capture (or void) that was carried out before the crash is not 'not sent' because it was refused later."""
    held = await shop.pay(500, manual=True)
    operation = shop.operation()
    step = {"capture": payments.capture, "cancel": payments.cancel}[verb]
    with pytest.raises(Died):
        await step(shop.till, OWNER, held.id, operation=operation, now=shop.clock.now(), finish=dies)
    shop.way.lose = ["refuse"]
    resumed = await step(shop.till, OWNER, held.id, operation=shop.again(operation), now=shop.clock.now())
    assert resumed.status == "processing"
    await shop.resolve(20)
    assert (await shop.reload(held)).status == after
    await shop.check_books()


@pytest.mark.parametrize("kind", ["payment.authorized", "payment.captured"])
async def test_false_news_does_not_send_a_capture_that_was_refused(shop: Shop, kind: str) -> None:
    """The merchant was told 503, nothing happened. A notification that named the attempt made us look, and not finding
    it, send it after all: the processor captured what was still only held here."""
    held = await shop.pay(500, manual=True)
    shop.way.lose = ["refuse"]
    with pytest.raises(Refused):
        await shop.capture(held)
    capture = (await payments.attempts_of(shop.database, held.id))[-1]
    assert (capture.kind, capture.state) == ("capture", "not_sent")
    told = msgspec.json.decode(shop.news()[0])
    sent = len(shop.way.posts)
    assert await shop.deliver(msgspec.json.encode(told | {"id": "evt_false", "kind": kind, "key": capture.id})) == 1
    assert len(shop.way.posts) == sent
    assert shop.moved() == 0
    assert (await shop.reload(held)).status == "requires_capture"


@pytest.mark.parametrize("trouble", ["refuse", "request", "answer"])
async def test_news_of_a_late_approval_comes_again_until_it_could_be_checked(shop: Shop, trouble: str) -> None:
    """The processor took an order late that had been given up. Its news came while it could not be asked, was noted as
    taken, and nobody looked again: the customer had paid for nothing."""
    shop.way.lose = ["request"]
    shop.ways["sandbox_b"].lose = ["refuse"]
    payment = await shop.pay(500)
    await shop.resolve(70)
    await shop.send_late((await payments.attempts_of(shop.database, payment.id))[0])
    captured = shop.news()[-1]
    shop.way.lose = [trouble]
    with pytest.raises(Refused) as refused:
        await shop.deliver(captured)
    assert refused.value.code is payments.PaymentRefusal.PROCESSOR_UNAVAILABLE
    assert await shop.deliver(captured) == 1
    await shop.resolve(1)
    assert shop.moved() == 0
    came_to = [("authorize", "not_sent"), ("authorize", "not_sent"), ("refund", "approved")]
    assert sorted(await shop.attempts(payment)) == came_to
    await shop.check_books()
