"""Shapes against what Stripe publishes: every key of the newest fixtures, valid by the OpenAPI document; where the two
differ the newest wins (a key the older document does not know is allowed by it)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tallystick import db
from tallystick.base import IdSource
from tests.clocks import ManualClock
from tests.rooms.payments.counter import Counter, counter
from tests.rooms.payments.shop import Shop

NEWEST = "api/stripe-openapi-fixtures3-2026-08-21.json"
SPEC = "api/stripe-openapi-spec3-2023-09-12.json"
SALE = {"amount": 2_000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}


@pytest.fixture
async def till(sqlite_url: str, clock: ManualClock) -> AsyncIterator[Counter]:
    database = await db.open(sqlite_url, ids=IdSource(clock), clock=clock)
    async with counter(Shop(database, clock)) as serving:
        yield serving
    await database.close()


@lru_cache(maxsize=1)
def published(path: Path) -> dict[str, Any]:
    """The OpenAPI document's schemas as JSON Schema: `nullable` becomes a type."""
    document = json.loads(path.read_text())
    return {"components": nullable(document["components"])}


def nullable(schema: Any) -> Any:
    if isinstance(schema, list):
        return [nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: nullable(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


async def sale(till: Counter) -> Any:
    return await till.ask(lambda api: api.payment_intents.create(SALE))


async def an_intent(till: Counter) -> Any:
    return await sale(till)


async def a_declined_intent(till: Counter) -> Any:
    made = {**SALE, "payment_method": "pm_card_visa_chargeDeclined"}
    error = await till.refused(lambda api: api.payment_intents.create(made))
    return error.error.payment_intent


async def a_full_intent(till: Counter) -> Any:
    ada = await till.ask(lambda api: api.customers.create({"email": "ada@example.com"}))
    address = {"line1": "1 Road", "city": "Bern", "country": "CH"}
    more = {
        "customer": ada.id,
        "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        "shipping": {"name": "Ada", "address": address},
        "description": "a thing",
        "receipt_email": "ada@example.com",
        "setup_future_usage": "off_session",
        "statement_descriptor_suffix": "THING",
        "capture_method": "manual",
        "metadata": {"order": "17"},
        "return_url": "https://example.com/done",
        "off_session": True,
    }
    return await till.ask(lambda api: api.payment_intents.create({**SALE, **more}))


async def a_charge(till: Counter) -> Any:
    intent = await sale(till)
    return await till.ask(lambda api: api.charges.retrieve(intent.latest_charge))


async def a_refund(till: Counter) -> Any:
    intent = await sale(till)
    return await till.ask(lambda api: api.refunds.create({"payment_intent": intent.id}))


async def a_dispute(till: Counter) -> Any:
    await till.ask(lambda api: api.payment_intents.create({**SALE, "payment_method": "pm_card_createDispute"}))
    for news in till.shop.news():
        await till.shop.deliver(news)
    return (await till.ask(lambda api: api.disputes.list())).data[0]


async def a_balance(till: Counter) -> Any:
    await sale(till)
    return await till.ask(lambda api: api.balance.retrieve())


async def a_balance_transaction(till: Counter) -> Any:
    await sale(till)
    return (await till.ask(lambda api: api.balance_transactions.list())).data[0]


async def a_customer(till: Counter) -> Any:
    return await till.ask(lambda api: api.customers.create({"email": "ada@example.com", "name": "Ada"}))


async def a_payment_method(till: Counter) -> Any:
    return await till.ask(lambda api: api.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}))


async def an_event(till: Counter) -> Any:
    await sale(till)
    return (await till.ask(lambda api: api.events.list())).data[0]


CASES: list[tuple[str, Callable[[Counter], Awaitable[Any]]]] = [
    ("payment_intent", an_intent),
    ("payment_intent", a_declined_intent),
    ("payment_intent", a_full_intent),
    ("charge", a_charge),
    ("refund", a_refund),
    ("dispute", a_dispute),
    ("balance", a_balance),
    ("balance_transaction", a_balance_transaction),
    ("customer", a_customer),
    ("payment_method", a_payment_method),
    ("event", an_event),
]
NOT_ALWAYS = {"charge": {"refunds"}}
"""Keys of the fixtures that Stripe itself sends only when they are expanded."""


@pytest.mark.parametrize(("name", "make"), CASES, ids=lambda case: getattr(case, "__name__", case))
async def test_shape(till: Counter, samples: Path, name: str, make: Callable[[Counter], Awaitable[Any]]) -> None:
    shown = json.loads(str(await make(till)))
    newest = json.loads((samples / NEWEST).read_text())["resources"][name]
    assert newest.keys() - shown.keys() - NOT_ALWAYS.get(name, set()) == set()
    schema = published(samples / SPEC) | {"$ref": f"#/components/schemas/{name}"}
    problems = sorted(jsonschema.Draft202012Validator(schema).iter_errors(shown), key=str)
    assert not problems, [f"{'/'.join(map(str, each.absolute_path))}: {each.message[:200]}" for each in problems]


async def test_a_search_goes_on_from_a_page_that_was_answered_only(shop: Shop) -> None:
    await shop.pay(1_050)
    async with counter(shop) as till:
        for page in ("xyz", "pi_nobody", ""):
            error = await till.refused(
                lambda v1, page=page: v1.payment_intents.search({"query": "amount:1", "page": page})
            )
            assert (error.http_status < 500, error.error.param) == (True, "page")
