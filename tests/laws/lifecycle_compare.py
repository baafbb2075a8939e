"""The platform and the model side by side: what is shown, what is told, what is in the books and at processors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.laws.lifecycle_model import Model
from tests.laws.lifecycle_things import Dispute, Sale
from tests.laws.lifecycle_world import World

Shown = dict[str, Any]
CURRENCIES = ("eur", "jpy", "kwd")
CHARGE = {"open": "pending", "approved": "succeeded", "declined": "failed", "not_sent": "failed"}
DISPUTE = {"open": "needs_response", "won": "won", "lost": "lost"}


async def compare(world: World, model: Model, ids: Mapping[Sale, str], disputes: list[Dispute]) -> None:
    """Everything; takes the news that came since the last time."""
    intents = {one["id"]: one for one in await world.listed("payment_intents")}
    charges, refunds = by_sale(await world.listed("charges")), by_sale(await world.listed("refunds"))
    objections = by_sale(await world.listed("disputes") if disputes else [])
    told = by_sale([event["data"]["object"] | {"news": event["type"]} for event in await world.news()])
    assert intents.keys() == set(ids.values())
    for sale, name in ids.items():
        same_payment(intents[name], sale)
        same_charges(charges[name], sale)
        assert [(one["amount"], one["status"]) for one in refunds[name]] == [(r.amount, r.status) for r in sale.refunds]
        known = sorted((one.amount, DISPUTE[one.known]) for one in disputes if one.sale is sale and one.known)
        assert sorted((one["amount"], one["status"]) for one in objections[name]) == known
        assert [one["news"] for one in told[name]] == model.told.pop(sale, [])
    await same_books(world, model)
    same_at_processors(world, model)


def by_sale(things: list[Shown]) -> defaultdict[str, list[Shown]]:
    """Objects by the payment they belong to."""
    found: defaultdict[str, list[Shown]] = defaultdict(list)
    for thing in things:
        found[thing["id"] if thing["object"] == "payment_intent" else thing["payment_intent"]].append(thing)
    return found


def same_payment(shown: Shown, sale: Sale) -> None:
    """Status and amounts, and law 5."""
    assert (shown["status"], shown["amount"], shown["currency"]) == (sale.status, sale.amount, sale.currency)
    assert (shown["amount_received"], shown["amount_capturable"]) == (sale.captured, sale.capturable)
    assert sale.refunded <= shown["amount_received"] <= shown["amount"]


def same_charges(shown: list[Shown], sale: Sale) -> None:
    """Every authorisation that was ever tried."""
    expected = []
    for question in sale.charges:
        mine = question.at is sale.held and question.state == "approved"
        captured, refunded = (sale.captured, sale.refunded) if mine else (0, 0)
        name = "ch_" + question.key.partition("_")[2]
        expected.append((name, CHARGE[question.state], question.amount, captured, refunded))
    names = ("id", "status", "amount", "amount_captured", "amount_refunded")
    assert [tuple(one[name] for name in names) for one in shown] == sorted(expected)


async def same_books(world: World, model: Model) -> None:
    """Every account of the ledger; the books sum to zero; the balance is what the merchant is owed."""
    books, funds = await world.books(), await world.funds()
    moved = {name: sums for name, sums in model.books.accounts.items() if any(sums.values())}
    assert {name: sums for name, sums in books.items() if any(sums.values())} == moved
    for currency in CURRENCIES:
        mine = [sums for (_, _, unit), sums in books.items() if unit == currency]
        for how in ("pending", "posted"):
            assert sum(sums[f"debits_{how}"] - sums[f"credits_{how}"] for sums in mine) == 0
        payable = model.books.accounts["merchant_payable", "", currency]
        assert funds.get(currency, 0) == payable["credits_posted"] - payable["debits_posted"]


def same_at_processors(world: World, model: Model) -> None:
    """Money that moved at the processors, by their own books."""
    there: dict[tuple[str, str], int] = defaultdict(int)
    for question in model.questions:
        if question.kind == "authorize" and (held := question.at) is not None:
            there[held.processor, held.currency] += held.captured - held.given_back - held.disputed
    moved = world.moved()
    assert {place: moved.get(place, 0) for place in there} == dict(there)
    assert not moved.keys() - there.keys()


def same_clearing(world: World, model: Model, books: dict[tuple[str, str, str], dict[str, int]]) -> None:
    """When all is told and answered, a processor owes what it says, and holds are those of payments to be captured."""
    moved = world.moved()
    holds: dict[tuple[str, str], int] = defaultdict(int)
    for sale in model.sales:
        if sale.held is not None:
            holds[sale.held.processor, sale.currency] += sale.capturable
    for (name, processor, currency), sums in books.items():
        if name == "processor_receivable":
            assert sums["debits_posted"] - sums["credits_posted"] == moved.get((processor, currency), 0)
            assert sums["debits_pending"] == holds[processor, currency]
