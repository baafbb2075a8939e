"""What must be true when everything has come to rest, whatever happened on the way.

The processors' own books are the truth about money: every comparison is against them, not against ourselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec

from tallystick import ledger
from tests.simulation.world import MERCHANT, World


async def check(world: World) -> None:
    """All promises, one after another."""
    payments = await listed(world, "/v1/payment_intents")
    refunds = await listed(world, "/v1/refunds")
    at_rest(payments, refunds)
    one_effect_per_key(world, payments, refunds)
    nothing_lost_or_doubled(world, payments, refunds)
    await books_agree_with_processors(world)
    await answers_replay(world)
    await news_was_told(world, payments)


async def listed(world: World, path: str) -> dict[str, Any]:
    """Every object of a list, by id."""
    found: dict[str, Any] = {}
    after = ""
    while True:
        answer = await world.send("GET", f"{path}?limit=100{after}", {}, None)
        assert answer.status == 200, answer.raw
        found |= {one["id"]: one for one in answer.body["data"]}
        if not answer.body["has_more"]:
            return found
        after = f"&starting_after={answer.body['data'][-1]['id']}"


def at_rest(payments: dict[str, Any], refunds: dict[str, Any]) -> None:
    """Law 4: no outcome is left unknown. Law 5: refunded <= captured <= authorised."""
    for payment in payments.values():
        assert payment["status"] != "processing", payment
    for refund in refunds.values():
        assert refund["status"] in ("succeeded", "failed"), refund
    given_back = returned_by_payment(refunds)
    for payment in payments.values():
        assert given_back[payment["id"]] <= payment["amount_received"] <= payment["amount"]


def returned_by_payment(refunds: dict[str, Any]) -> Counter[str]:
    """What succeeded refunds gave back."""
    returned: Counter[str] = Counter()
    for refund in refunds.values():
        if refund["status"] == "succeeded":
            returned[refund["payment_intent"]] += refund["amount"]
    return returned


def one_effect_per_key(world: World, payments: dict[str, Any], refunds: dict[str, Any]) -> None:
    """Law 3: a request sent twice, also across a crash, has one effect."""
    created = [s for c in world.clients for s in c.said if s.path == "/v1/payment_intents"]
    assert len(payments) == len(created)
    assert Counter(p["description"] for p in payments.values()) == Counter(s.form["description"] for s in created)
    asked = [s for c in world.clients for s in c.said if s.path == "/v1/refunds" and s.answer.status == 200]
    assert len(refunds) == len({s.answer.body["id"] for s in asked}) == len(asked)


def nothing_lost_or_doubled(world: World, payments: dict[str, Any], refunds: dict[str, Any]) -> None:
    """What each payment says it received and gave back is what its processor moved, and only one processor did."""
    captured: dict[str, dict[str, int]] = defaultdict(dict)
    held: dict[str, int] = Counter()
    returned = returned_by_payment(refunds)
    for name, processor in world.processors.items():
        for one in processor.state.payments.values():
            net = one.captured - one.refunded
            if one.captured:
                captured[one.reference][name] = captured[one.reference].get(name, 0) + one.captured
            if one.status == "authorized" and not one.final:
                held[one.reference] += one.authorised - one.captured
            assert net >= 0
            assert one.reference in payments, "a charge that no payment knows of"
    for payment in payments.values():
        kept = {name: amount for name, amount in captured[payment["id"]].items() if amount}
        given_back = sum(
            one.refunded
            for p in world.processors.values()
            for one in p.state.payments.values()
            if one.reference == payment["id"]
        )
        expected = payment["amount_received"] if payment["status"] == "succeeded" else 0
        assert sum(kept.values()) - given_back == expected - returned[payment["id"]], (payment, kept, given_back)
        if payment["status"] != "requires_capture":
            assert held[payment["id"]] == 0, f"money is still held for {payment['id']} ({payment['status']})"


async def books_agree_with_processors(world: World) -> None:
    """Law 1, and the clearing accounts: what a processor owes is what it captured less what it gave back."""
    assert world.platform is not None
    rows = await ledger.trial_balance(world.platform.database, livemode=False)
    sums: Counter[str] = Counter()
    for row in rows:
        sums[row.account.currency] += row.balance.net_debit
        assert row.balance.debits_posted >= 0
    assert not any(sums.values()), sums
    for name, processor in world.processors.items():
        owed: Counter[str] = Counter()
        for one in processor.state.payments.values():
            owed[one.currency] += one.captured - one.refunded - one.disputed
        for currency in ("EUR", "USD", "JPY", "KWD"):
            account = ledger.chart.processor_receivable(
                merchant=MERCHANT, livemode=False, currency=currency, processor=name
            )
            balance = await ledger.balance(world.platform.database, account)
            assert balance.net_debit == owed[currency], (name, currency, balance, owed[currency])


async def answers_replay(world: World) -> None:
    """Every definite answer comes back byte for byte."""
    for client in world.clients:
        for said in client.said:
            if said.answer.status in (200, 402):
                again = await world.send("POST", said.path, said.form, said.key)
                assert (again.status, again.raw) == (said.answer.status, said.answer.raw)


async def news_was_told(world: World, payments: dict[str, Any]) -> None:
    """Law 6: news of every success left, and reached the merchant at least once."""
    told: dict[str, set[str]] = defaultdict(set)
    for _, body in world.received:
        event = msgspec.json.decode(body)
        if event["type"] == "payment_intent.succeeded":
            told[event["data"]["object"]["id"]].add(event["id"])
    for payment in payments.values():
        expected = 1 if payment["status"] == "succeeded" else 0
        assert len(told[payment["id"]]) == expected, (payment["id"], payment["status"], told[payment["id"]])
