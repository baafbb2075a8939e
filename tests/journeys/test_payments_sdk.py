"""A merchant's developer uses the official Stripe SDK with only the base address changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import stripe

from tallystick import db
from tests.clocks import ManualClock
from tests.rooms.payments.counter import Counter, counter
from tests.rooms.payments.shop import Shop


@pytest.fixture
async def till(sqlite_url: str, clock: ManualClock) -> AsyncIterator[Counter]:
    from tallystick.base import IdSource

    database = await db.open(sqlite_url, ids=IdSource(clock), clock=clock)
    async with counter(Shop(database, clock)) as serving:
        yield serving
    await database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


SALE = {"amount": 2_000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}


async def test_create_and_confirm(till: Counter) -> None:
    intent = await till.ask(lambda api: api.payment_intents.create({**SALE, "metadata": {"order": "17"}}))
    assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", 2_000, "eur")
    again = await till.ask(lambda api: api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}))
    assert again.latest_charge.payment_method_details.card.last4 == "4242"
    assert again.metadata["order"] == "17"


async def test_create_then_confirm_then_capture_in_part(till: Counter) -> None:
    made = await till.ask(
        lambda api: api.payment_intents.create({"amount": 900, "currency": "usd", "capture_method": "manual"})
    )
    assert made.status == "requires_payment_method"
    held = await till.ask(lambda api: api.payment_intents.confirm(made.id, {"payment_method": "pm_card_mastercard"}))
    assert (held.status, held.amount_capturable) == ("requires_capture", 900)
    done = await till.ask(lambda api: api.payment_intents.capture(made.id, {"amount_to_capture": 600}))
    assert (done.status, done.amount_received, done.amount_capturable) == ("succeeded", 600, 0)


async def test_decline_is_a_card_error(till: Counter) -> None:
    sale = {**SALE, "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}
    error = await till.refused(lambda api: api.payment_intents.create(sale))
    assert isinstance(error, stripe.CardError)
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.error.decline_code == "insufficient_funds"
    intent = error.error.payment_intent
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.charge == error.error.charge
    charge = await till.ask(lambda api: api.charges.retrieve(error.error.charge))
    assert (charge.status, charge.failure_code) == ("failed", "card_declined")
    paid = await till.ask(lambda api: api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}))
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


async def test_refunds(till: Counter) -> None:
    intent = await till.ask(lambda api: api.payment_intents.create(SALE))
    part = await till.ask(lambda api: api.refunds.create({"payment_intent": intent.id, "amount": 500}))
    rest = await till.ask(lambda api: api.refunds.create({"charge": intent.latest_charge}))
    assert (part.status, rest.amount) == ("succeeded", 1_500)
    error = await till.refused(lambda api: api.refunds.create({"payment_intent": intent.id}))
    assert error.code == "charge_already_refunded"
    listed = await till.ask(lambda api: api.refunds.list({"payment_intent": intent.id}))
    assert [each.id for each in listed.data] == [rest.id, part.id]
    charge = await till.ask(lambda api: api.charges.retrieve(intent.latest_charge))
    assert (charge.refunded, charge.amount_refunded) == (True, 2_000)
    noted = await till.ask(lambda api: api.refunds.update(part.id, {"metadata": {"why": "size"}}))
    assert noted.metadata["why"] == "size"


async def test_cancel(till: Counter) -> None:
    held = await till.ask(lambda api: api.payment_intents.create({**SALE, "capture_method": "manual"}))
    gone = await till.ask(lambda api: api.payment_intents.cancel(held.id, {"cancellation_reason": "abandoned"}))
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    error = await till.refused(lambda api: api.payment_intents.capture(held.id))
    assert error.code == "payment_intent_unexpected_state"


async def test_customers_and_cards(till: Counter) -> None:
    ada = await till.ask(lambda api: api.customers.create({"email": "ada@example.com", "metadata": {"tier": "gold"}}))
    card = await till.ask(
        lambda api: api.payment_methods.create(
            {
                "type": "card",
                "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2031, "cvc": "123"},
                "billing_details": {"name": "Ada"},
            }
        )
    )
    await till.ask(lambda api: api.payment_methods.attach(card.id, {"customer": ada.id}))
    listed = await till.ask(lambda api: api.customers.payment_methods.list(ada.id))
    assert [each.id for each in listed.data] == [card.id]
    intent = await till.ask(
        lambda api: api.payment_intents.create(
            {**SALE, "customer": ada.id, "payment_method": card.id, "expand": ["customer", "payment_method"]}
        )
    )
    assert (intent.customer.email, intent.payment_method.billing_details.name) == ("ada@example.com", "Ada")
    error = await till.refused(lambda api: api.payment_intents.create({**SALE, "payment_method": card.id}))
    assert error.code == "payment_method_unexpected_state"
    await till.ask(lambda api: api.payment_methods.detach(card.id))
    error = await till.refused(
        lambda api: api.payment_intents.create({**SALE, "customer": ada.id, "payment_method": card.id})
    )
    assert error.code == "payment_method_unexpected_state"
    await till.ask(lambda api: api.customers.update(ada.id, {"name": "Ada L.", "email": ""}))
    assert (await till.ask(lambda api: api.customers.retrieve(ada.id))).email is None
    assert (await till.ask(lambda api: api.customers.delete(ada.id))).deleted
    assert (await till.ask(lambda api: api.customers.list())).data == []


async def test_a_real_looking_number_is_refused_and_not_kept(till: Counter, caplog: pytest.LogCaptureFixture) -> None:
    number = "4111111111111111"
    card = {"type": "card", "card": {"number": number, "exp_month": 1, "exp_year": 2031}}
    error = await till.refused(lambda api: api.payment_methods.create(card))
    assert error.code == "card_number_refused"
    assert number not in str(error.http_body) + caplog.text


async def test_save_for_later(till: Counter) -> None:
    ada = await till.ask(lambda api: api.customers.create({}))
    sale = {**SALE, "customer": ada.id, "setup_future_usage": "off_session"}
    intent = await till.ask(lambda api: api.payment_intents.create(sale))
    listed = await till.ask(lambda api: api.payment_methods.list({"customer": ada.id, "type": "card"}))
    assert [each.id for each in listed.data] == [intent.payment_method]


async def test_balance_and_its_transactions(till: Counter) -> None:
    intent = await till.ask(lambda api: api.payment_intents.create({**SALE, "expand": ["latest_charge"]}))
    balance = await till.ask(lambda api: api.balance.retrieve())
    assert [(each.amount, each.currency) for each in balance.pending] == [(2_000, "eur")]
    assert balance.available[0].amount == 0
    row = await till.ask(lambda api: api.balance_transactions.retrieve(intent.latest_charge.balance_transaction))
    assert (row.net, row.source, row.status) == (2_000, intent.latest_charge.id, "pending")
    till.shop.clock.advance(3 * 86_400)
    balance = await till.ask(lambda api: api.balance.retrieve())
    assert (balance.available[0].amount, balance.pending[0].amount) == (2_000, 0)
    listed = await till.ask(lambda api: api.balance_transactions.list({"source": intent.latest_charge.id}))
    assert [each.id for each in listed.data] == [row.id]


async def test_lists_walk_newest_first(till: Counter) -> None:
    made = []
    for amount in range(100, 112):
        sale = {**SALE, "amount": amount}
        made.append((await till.ask(lambda api, sale=sale: api.payment_intents.create(sale))).id)
        till.shop.clock.advance(1)
    walked = await till.ask(lambda api: [each.id for each in api.payment_intents.list({"limit": 5}).auto_paging_iter()])
    assert walked == made[::-1]
    back = await till.ask(lambda api: api.payment_intents.list({"limit": 3, "ending_before": made[5]}))
    assert [each.id for each in back.data] == [made[8], made[7], made[6]]
    third = await till.ask(lambda api: api.payment_intents.retrieve(made[3]))
    since = await till.ask(lambda api: api.payment_intents.list({"created": {"gte": third.created}, "limit": 100}))
    assert [each.id for each in since.data] == made[3:][::-1]
    at = await till.ask(lambda api: api.charges.list({"created": third.created}))
    assert [each.payment_intent for each in at.data] == [made[3]]


async def test_events(till: Counter) -> None:
    intent = await till.ask(lambda api: api.payment_intents.create(SALE))
    listed = await till.ask(lambda api: api.events.list({"types": ["payment_intent.succeeded"]}))
    assert [each.data.object.id for each in listed.data] == [intent.id]
    event = await till.ask(lambda api: api.events.retrieve(listed.data[0].id))
    assert event.data.object.status == "succeeded"


async def test_update(till: Counter) -> None:
    made = await till.ask(lambda api: api.payment_intents.create({"amount": 500, "currency": "eur"}))
    changed = await till.ask(
        lambda api: api.payment_intents.update(
            made.id, {"amount": 700, "description": "two", "metadata": {"a": "1", "b": "2"}}
        )
    )
    assert (changed.amount, changed.description) == (700, "two")
    changed = await till.ask(lambda api: api.payment_intents.update(made.id, {"metadata": {"a": ""}}))
    assert changed.metadata.to_dict() == {"b": "2"}


async def test_same_key_same_answer(till: Counter) -> None:
    options = {"idempotency_key": "order-17"}
    first = await till.ask(lambda api: api.payment_intents.create(SALE, options))
    second = await till.ask(lambda api: api.payment_intents.create(SALE, options))
    assert first.id == second.id
    assert len(till.shop.way.posts) == 1
    error = await till.refused(lambda api: api.payment_intents.create({**SALE, "amount": 3_000}, options))
    assert isinstance(error, stripe.IdempotencyError)


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"amount": 100_000_000}, "parameter_invalid_integer", "amount"),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"currency": "xxx"}, "currency_not_supported", "currency"),
        ({"currency": "kwd", "amount": 1_001}, "parameter_invalid", "amount"),
        ({"payment_method": "pm_nobody"}, "resource_missing", "payment_method"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"application_fee_amount": 3}, "parameter_unknown", "application_fee_amount"),
        ({"payment_method": ""}, "parameter_missing", "payment_method"),
        ({"metadata": {"k" * 41: "v"}}, "parameter_invalid_string_length", None),
        ({"receipt_email": "nobody"}, "parameter_invalid", "receipt_email"),
        ({"statement_descriptor": "x" * 23}, "parameter_invalid_string_length", "statement_descriptor"),
    ],
)
async def test_bad_input_is_refused_by_name(till: Counter, change: dict, code: str, param: str | None) -> None:
    error = await till.refused(lambda api: api.payment_intents.create({**SALE, **change}))
    assert (error.http_status in (400, 404), error.code) == (True, code)
    assert param in (None, error.param)
    assert "regex" not in str(error), "say what to do, not how it is checked"
    assert (await till.ask(lambda api: api.payment_intents.list())).data == []
