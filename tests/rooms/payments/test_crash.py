"""A server may die at every step; the same request, sent again or not, has one effect."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick import db, payments
from tallystick.idempotency import Operation
from tests.rooms.payments.shop import OWNER, Shop


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough here: what differs between them is tested by the spine and the regressions."""
    return sqlite_url


class Crash(Exception):
    """The server dies."""


def die_before_sending(shop: Shop) -> None:
    """On the way to the processor, nothing sent."""

    async def crash(method: str, url: str) -> None:
        shop.way.before = None
        raise Crash

    shop.way.before = crash


def die_before_settling(unit: db.Unit, thing: Any) -> None:
    """With the answer in hand, before it is durable."""
    raise Crash


async def pay(shop: Shop, operation: Operation, finish: Any, *, manual: bool = False) -> Any:
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


def nothing(unit: db.Unit, thing: Any) -> None:
    """No crash."""


@pytest.mark.parametrize("step", ["sending", "settling"])
async def test_create_again(shop: Shop, step: str) -> None:
    operation = shop.operation()
    if step == "sending":
        die_before_sending(shop)
    with pytest.raises(Crash):
        await pay(shop, operation, die_before_settling if step == "settling" else nothing)
    payment = await shop.reload_id(operation.resource_id("pi"))
    assert payment.status == "processing"
    again = await pay(shop, shop.again(operation), nothing)
    assert (again.status, again.id) == ("succeeded", payment.id)
    assert await shop.attempts(again) == [("authorize", "approved")]
    assert await shop.owed() == 500
    await shop.check_books()


@pytest.mark.parametrize("step", ["sending", "settling"])
async def test_create_never_again(shop: Shop, step: str) -> None:
    operation = shop.operation()
    if step == "sending":
        die_before_sending(shop)
    with pytest.raises(Crash):
        await pay(shop, operation, die_before_settling if step == "settling" else nothing)
    assert (await shop.resolve(5)).asked == 0, "a living server may still be at it"
    await shop.resolve(20)
    await shop.resolve(120)
    payment = await shop.reload_id(operation.resource_id("pi"))
    assert payment.status == "succeeded"
    assert payment.processor == ("sandbox_b" if step == "sending" else "sandbox_a")
    assert await shop.owed() == 500
    await shop.check_books()


@pytest.mark.parametrize("step", ["sending", "settling"])
@pytest.mark.parametrize("verb", ["capture", "cancel", "refund"])
@pytest.mark.parametrize("sent_again", [True, False])
async def test_what_follows(shop: Shop, step: str, verb: str, sent_again: bool) -> None:
    payment = await shop.pay(500, manual=verb != "refund")
    operation = shop.operation()
    calls = {"capture": payments.capture, "cancel": payments.cancel, "refund": payments.refund}

    async def run(again: Operation, finish: Any) -> Any:
        more = {"payment_id": payment.id} if verb == "refund" else {}
        place = () if verb == "refund" else (payment.id,)
        return await calls[verb](shop.till, OWNER, *place, **more, operation=again, now=shop.clock.now(), finish=finish)

    if step == "sending":
        die_before_sending(shop)
    with pytest.raises(Crash):
        await run(operation, die_before_settling if step == "settling" else nothing)
    if sent_again:
        await run(shop.again(operation), nothing)
    else:
        await shop.resolve(20)
    after = await shop.reload(payment)
    expected = {"capture": ("succeeded", 500, 0), "cancel": ("canceled", 0, 0), "refund": ("succeeded", 500, 500)}
    assert (after.status, after.captured, after.refunded) == expected[verb]
    assert after.pending_attempt is None
    assert (await shop.attempts(payment))[1:] == [
        ({"cancel": "void"}.get(verb, verb), "approved"),
    ]
    await shop.check_books()


async def test_a_late_approval_of_a_sale_is_refunded(shop: Shop) -> None:
    """The processor says "never seen", and then accepts the request after all: nobody waits for it any more."""
    shop.way.lose = ["request"]
    shop.ways["sandbox_b"].lose = ["refuse"]
    payment = await shop.pay(500)
    await shop.resolve(70)
    assert (await shop.reload(payment)).status == "requires_payment_method"
    attempt = (await payments.attempts_of(shop.database, payment.id))[0]
    await shop.send_late(attempt)
    assert shop.moved() == 500
    assert await shop.deliver(shop.news()[-1]) == 1
    await shop.resolve(1)
    assert shop.moved() == 0
    assert await shop.owed() == 0
    assert (await shop.reload(payment)).status == "requires_payment_method"
    assert sorted(await shop.attempts(payment)) == [
        ("authorize", "not_sent"),
        ("authorize", "not_sent"),
        ("refund", "approved"),
    ]
    await shop.check_books()


async def test_a_late_approval_beside_another_processors_is_refunded(shop: Shop) -> None:
    """The next processor has taken the payment meanwhile: the customer pays once."""
    shop.way.lose = ["request"]
    payment = await shop.pay(500)
    await shop.resolve(70)
    assert (await shop.reload(payment)).status == "succeeded"
    await shop.send_late((await payments.attempts_of(shop.database, payment.id))[0])
    assert (shop.moved("sandbox_a"), shop.moved("sandbox_b")) == (500, 500)
    assert await shop.deliver(shop.news()[-1]) == 1
    await shop.resolve(1)
    assert (shop.moved("sandbox_a"), shop.moved("sandbox_b")) == (0, 500)
    assert await shop.owed() == 500
    await shop.check_books()


async def test_a_late_approval_of_a_hold_is_voided(shop: Shop) -> None:
    shop.way.lose = ["request"]
    payment = await shop.pay(500, manual=True)
    await shop.resolve(70)
    await shop.cancel(payment)
    attempt = (await payments.attempts_of(shop.database, payment.id))[0]
    await shop.send_late(attempt)
    for news in shop.news():
        await shop.deliver(news)
    await shop.resolve(1)
    held = [each.status for each in shop.worlds["sandbox_a"].processor.state.payments.values()]
    assert held == ["voided"]
    assert (await shop.reload(payment)).status == "canceled"
    await shop.check_books()


async def test_an_attempt_that_has_become_old_is_not_sent(shop: Shop) -> None:
    operation = shop.operation()
    die_before_sending(shop)
    with pytest.raises(Crash):
        await pay(shop, operation, nothing)
    shop.clock.advance(61)
    sent = len(shop.way.posts)
    again = await pay(shop, shop.again(operation), nothing)
    assert again.status == "processing"
    assert len(shop.way.posts) == sent
    await shop.resolve(10)
    assert (await shop.reload(again)).processor == "sandbox_b"
    assert len(shop.way.posts) == sent
