"""The contract of connectors: one set of scenarios that every plug runs, over every way to its processor.

A new plug adds one harness to connector_harness.py; `test_every_plug_has_a_harness` finds the one that does not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from tallystick import cards, connectors
from tallystick.base import ProcessorSettings, Refused, after
from tallystick.connectors import (
    Approved,
    AuthorizeOrder,
    CaptureOrder,
    ConnectorRefusal,
    Declined,
    NotFound,
    NotificationKind,
    NotSent,
    RefundOrder,
    Unknown,
    VoidOrder,
)
from tests.clocks import START
from tests.contracts.connector_harness import HARNESSES, NOWHERE, Harness, Tamper, options


@pytest.fixture(params=[make for makes in HARNESSES.values() for make in makes], ids=lambda make: make.__name__)
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with request.param() as made:
        yield made


def test_every_plug_has_a_harness() -> None:
    assert {plug.kind for plug in connectors.PLUGS} == set(HARNESSES)


async def test_an_approval_echoes_what_was_asked(harness: Harness) -> None:
    order = harness.order(amount=1234)
    outcome = await harness.connector.authorize(order)
    assert isinstance(outcome, Approved)
    assert (outcome.amount, outcome.currency) == (1234, "EUR")
    assert outcome.reference
    assert outcome.raw


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "retryable"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline", True),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", False),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", False),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card", False),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error", True),
        ("pm_card_threeDSecure2Required", "authentication_required", "authentication_required", False),
    ],
)
async def test_a_decline_says_why(harness: Harness, card: str, code: str, decline_code: str, retryable: bool) -> None:
    order = harness.order(card)
    outcome = await harness.connector.authorize(order)
    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.decline_code, outcome.retryable) == (code, decline_code, retryable)
    assert outcome.message
    assert await harness.connector.look_up(order.key) == outcome


async def test_a_hold_is_captured_whole(harness: Harness) -> None:
    held = await harness.approved(capture=False)
    outcome = await harness.connector.capture(CaptureOrder("at_c", held.reference, 1000, "EUR"))
    assert isinstance(outcome, Approved)
    assert outcome.amount == 1000


async def test_a_hold_is_captured_in_part_and_the_rest_is_gone(harness: Harness) -> None:
    held = await harness.approved(capture=False)
    part = await harness.connector.capture(CaptureOrder("at_c", held.reference, 400, "EUR"))
    rest = await harness.connector.capture(CaptureOrder("at_d", held.reference, 600, "EUR"))
    assert isinstance(part, Approved)
    assert part.amount == 400
    assert isinstance(rest, Declined)
    assert not rest.retryable


async def test_several_captures_add_up_to_the_hold_and_no_further(harness: Harness) -> None:
    held = await harness.approved(capture=False)
    outcomes = [
        await harness.connector.capture(CaptureOrder(f"at_c{n}", held.reference, 400, "EUR", final=False))
        for n in range(3)
    ]
    assert [type(outcome) for outcome in outcomes] == [Approved, Approved, Declined]


async def test_more_than_the_hold_is_declined_and_nothing_is_taken(harness: Harness) -> None:
    held = await harness.approved(capture=False)
    over = await harness.connector.capture(CaptureOrder("at_c", held.reference, 1001, "EUR"))
    assert isinstance(over, Declined)
    assert not over.retryable
    assert isinstance(await harness.connector.capture(CaptureOrder("at_d", held.reference, 1000, "EUR")), Approved)


async def test_a_hold_is_voided_once(harness: Harness) -> None:
    held = await harness.approved(capture=False)
    assert isinstance(await harness.connector.void(VoidOrder("at_v", held.reference)), Approved)
    assert isinstance(await harness.connector.void(VoidOrder("at_w", held.reference)), Declined)
    assert isinstance(await harness.connector.capture(CaptureOrder("at_c", held.reference, 1000, "EUR")), Declined)


async def test_a_capture_cannot_be_voided(harness: Harness) -> None:
    taken = await harness.approved()
    assert isinstance(await harness.connector.void(VoidOrder("at_v", taken.reference)), Declined)


async def test_refunds_never_exceed_the_capture(harness: Harness) -> None:
    taken = await harness.approved()
    outcomes = [
        await harness.connector.refund(RefundOrder(f"at_r{n}", taken.reference, amount, "EUR"))
        for n, amount in enumerate((600, 600, 400, 1))
    ]
    assert [type(outcome) for outcome in outcomes] == [Approved, Declined, Approved, Declined]


async def test_a_whole_refund(harness: Harness) -> None:
    taken = await harness.approved()
    outcome = await harness.connector.refund(RefundOrder("at_r", taken.reference, 1000, "EUR"))
    assert isinstance(outcome, Approved)
    assert outcome.amount == 1000
    assert outcome.reference != taken.reference


async def test_a_hold_cannot_be_refunded(harness: Harness) -> None:
    held = await harness.approved(capture=False)
    assert isinstance(await harness.connector.refund(RefundOrder("at_r", held.reference, 1, "EUR")), Declined)


@pytest.mark.parametrize("amount", [0, -5])
async def test_no_money_and_negative_money_are_declined(harness: Harness, amount: int) -> None:
    taken = await harness.approved()
    assert isinstance(await harness.connector.refund(RefundOrder("at_r", taken.reference, amount, "EUR")), Declined)
    assert isinstance(await harness.connector.authorize(harness.order(amount=amount)), Declined)


async def test_a_payment_the_processor_does_not_know_is_declined(harness: Harness) -> None:
    assert isinstance(await harness.connector.capture(CaptureOrder("at_c", "sbp_none", 1, "EUR")), Declined)
    assert isinstance(await harness.connector.refund(RefundOrder("at_r", "../operations", 1, "EUR")), Declined)


async def test_the_same_key_has_one_effect_and_one_answer(harness: Harness) -> None:
    order = harness.order()
    first = await harness.connector.authorize(order)
    assert await harness.connector.authorize(order) == first
    assert isinstance(first, Approved)
    refund = RefundOrder("at_r", first.reference, 700, "EUR")
    assert await harness.connector.refund(refund) == await harness.connector.refund(refund)
    assert isinstance(await harness.connector.refund(RefundOrder("at_s", first.reference, 300, "EUR")), Approved)


async def test_the_same_key_for_another_order_is_never_a_success(harness: Harness) -> None:
    order = harness.order()
    await harness.connector.authorize(order)
    other = AuthorizeOrder(order.key, 999, "EUR", order.card, True, order.payment_id)
    assert isinstance(await harness.connector.authorize(other), Unknown)


async def test_a_known_key_is_looked_up(harness: Harness) -> None:
    order = harness.order()
    outcome = await harness.connector.authorize(order)
    found = await harness.connector.look_up(order.key)
    assert isinstance(outcome, Approved)
    assert isinstance(found, Approved)
    assert (found.reference, found.amount, found.currency) == (outcome.reference, 1000, "EUR")


@pytest.mark.parametrize("key", ["at_never", "../payments", "a b/c?d#e"])
async def test_an_unknown_key_is_not_found(harness: Harness, key: str) -> None:
    assert await harness.connector.look_up(key) == NotFound(key)


async def test_a_timeout_after_success_is_unknown_until_asked(harness: Harness) -> None:
    order = harness.order("pm_card_tallystickTimeout")
    assert isinstance(await harness.connector.authorize(order), Unknown)
    found = await harness.connector.look_up(order.key)
    assert isinstance(found, Approved)
    assert found.amount == 1000
    assert isinstance(await harness.connector.authorize(order), Approved), "sent again, the same key is answered"


async def test_a_capture_and_a_refund_may_time_out_too(harness: Harness) -> None:
    held = await harness.approved("pm_card_tallystickTimeoutOnCapture", capture=False)
    assert isinstance(await harness.connector.capture(CaptureOrder("at_c", held.reference, 1000, "EUR")), Unknown)
    assert isinstance(await harness.connector.look_up("at_c"), Approved)
    taken = await harness.approved("pm_card_tallystickTimeoutOnRefund")
    assert isinstance(await harness.connector.refund(RefundOrder("at_r", taken.reference, 1000, "EUR")), Unknown)
    assert isinstance(await harness.connector.look_up("at_r"), Approved)


async def test_an_unavailable_processor_has_done_nothing(harness: Harness) -> None:
    order = harness.order("pm_card_tallystickUnavailable")
    assert isinstance(await harness.connector.authorize(order), NotSent)
    assert isinstance(await harness.connector.look_up(order.key), NotFound)


async def test_a_processor_that_cannot_be_asked_leaves_it_unknown(harness: Harness) -> None:
    order = harness.order()
    await harness.connector.authorize(order)
    harness.world.processor.conditions.available = False
    assert isinstance(await harness.connector.look_up(order.key), Unknown), "never NotSent: it may have been done"


async def test_a_pending_refund_is_unknown_until_it_ends(harness: Harness) -> None:
    taken = await harness.approved("pm_card_pendingRefund")
    failing = await harness.approved("pm_card_refundFail")
    assert isinstance(await harness.connector.refund(RefundOrder("at_r", taken.reference, 500, "EUR")), Unknown)
    assert isinstance(await harness.connector.refund(RefundOrder("at_s", failing.reference, 500, "EUR")), Unknown)
    assert isinstance(await harness.connector.look_up("at_r"), Unknown)
    harness.clock.advance(60)
    assert isinstance(await harness.connector.look_up("at_r"), Approved)
    assert isinstance(await harness.connector.look_up("at_s"), Declined)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told | {"amount": told["amount"] + 1},
        lambda told: told | {"amount": 0},
        lambda told: told | {"currency": "USD"},
        lambda told: told | {"key": "at_other"},
        lambda told: told | {"status": "perhaps"},
        lambda told: told | {"amount": "1000"},
        lambda told: {},
    ],
    ids=["one more", "nothing", "other currency", "other order", "no known status", "text for a number", "empty"],
)
async def test_an_approval_of_something_else_is_no_approval(harness: Harness, change: Tamper) -> None:
    held = await harness.approved(capture=False)
    harness.way.change = change
    assert isinstance(await harness.connector.authorize(harness.order()), Unknown)
    harness.way.change = change
    assert isinstance(await harness.connector.capture(CaptureOrder("at_c", held.reference, 1000, "EUR")), Unknown)
    harness.way.change = change
    assert isinstance(await harness.connector.refund(RefundOrder("at_r", held.reference, 1000, "EUR")), Unknown)


async def test_news_is_read_with_its_signature(harness: Harness) -> None:
    order = harness.order()
    outcome = await harness.connector.authorize(order)
    assert isinstance(outcome, Approved)
    read = [
        harness.connector.read_notifications(harness.signed(body), body, now=harness.clock.now())[0]
        for body in harness.notifications()
    ]
    assert [news.kind for news in read] == [NotificationKind.AUTHORIZED, NotificationKind.CAPTURED]
    assert {(n.key, n.reference, n.amount, n.currency) for n in read} == {(order.key, outcome.reference, 1000, "EUR")}
    assert len({news.event_id for news in read}) == 2
    assert all(news.occurred == START for news in read)


@pytest.mark.parametrize("seconds", [-300, 300])
async def test_news_may_be_five_minutes_old(harness: Harness, seconds: int) -> None:
    await harness.approved()
    body = harness.notifications()[0]
    now = after(harness.clock.now(), seconds=seconds)
    assert harness.connector.read_notifications(harness.signed(body), body, now=now)


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_older_news_is_refused(harness: Harness, seconds: int) -> None:
    await harness.approved()
    body = harness.notifications()[0]
    with pytest.raises(Refused) as caught:
        harness.connector.read_notifications(
            harness.signed(body), body, now=after(harness.clock.now(), seconds=seconds)
        )
    assert caught.value.code is ConnectorRefusal.STALE_SIGNATURE


@pytest.mark.parametrize("header", ["", "t=1", "v1=00", "t=x,v1=00", "t=1795000000,v1=", "t=1795000000,v1=ü"])
async def test_news_without_a_right_signature_is_refused(harness: Harness, header: str) -> None:
    await harness.approved()
    body = harness.notifications()[0]
    for headers in ({}, {"Tally-Signature": header}):
        with pytest.raises(Refused) as caught:
            harness.connector.read_notifications(headers, body, now=harness.clock.now())
        assert caught.value.code is ConnectorRefusal.BAD_SIGNATURE


async def test_news_that_was_changed_or_signed_by_another_is_refused(harness: Harness) -> None:
    await harness.approved()
    body = harness.notifications()[0]
    now = harness.clock.now()
    for headers, sent in (
        (harness.signed(body), body.replace(b"1000", b"9000")),
        (harness.signed(body, secret="other"), body),
    ):
        with pytest.raises(Refused):
            harness.connector.read_notifications(headers, sent, now=now)


async def test_one_of_several_signatures_is_enough(harness: Harness) -> None:
    await harness.approved()
    body = harness.notifications()[0]
    right = harness.signed(body)["tally-SIGNATURE"]
    headers = {"Tally-Signature": right.replace(",", f",v1={'0' * 64},")}
    assert harness.connector.read_notifications(headers, body, now=harness.clock.now())


async def test_signed_nonsense_is_refused_by_name(harness: Harness) -> None:
    for body in (b"", b"[]", b"{}", b"\xff"):
        with pytest.raises(Refused) as caught:
            harness.connector.read_notifications(harness.signed(body), body, now=harness.clock.now())
        assert caught.value.code is ConnectorRefusal.UNREADABLE_NOTIFICATION


def test_an_unknown_plug_is_refused_by_name() -> None:
    with pytest.raises(Refused) as caught:
        connectors.build("x", ProcessorSettings(plug="adyen"), connectors.Inside(lambda *_: (0, b"")))
    assert caught.value.code is ConnectorRefusal.UNKNOWN_PLUG
    assert "sandbox" in caught.value.message


async def test_a_processor_that_is_not_there_was_not_reached() -> None:
    async with connectors.Transport() as transport:
        connector = connectors.build("sandbox_a", options(NOWHERE), transport)
        order = AuthorizeOrder("at_1", 1, "EUR", cards.TEST_CARDS["pm_card_visa"].card(key=b"k"), True, "pi_1")
        assert isinstance(await connector.authorize(order), NotSent)
        assert isinstance(await connector.look_up("at_1"), Unknown)


async def test_a_wrong_key_is_refused_before_anything_is_done(harness: Harness) -> None:
    wrong = options("http://sandbox").model_copy(update={"api_key": SecretStr("wrong")})
    connector = connectors.build("sandbox_a", wrong, connectors.Inside(harness.world.handle))
    assert isinstance(await connector.authorize(harness.order()), NotSent)
    assert not harness.world.state.payments
