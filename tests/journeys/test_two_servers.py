"""Two server processes on one database are one platform, also when one of them is killed.

What is asserted are laws: one effect per key, one winner of a race, no more out than in. When things happen is left to
the machine; waiting is for conditions.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tallystick import db, merchants
from tallystick.base import SystemClock
from tests.journeys.city import MERCHANT, City, city, laws_hold

pytestmark = pytest.mark.slow
FRESH_SECONDS = 2
"""How long a server may believe a key that was revoked (docs/reference/merchants.md)."""


async def test_two_servers_answer_as_one(database_url: str, tmp_path: Path, seed: int) -> None:
    async with city(database_url, tmp_path, seed) as here:
        await one_effect_per_key(here)
        await one_winner_per_hold(here)
        await refunds_end_at_the_capture(here)
        await laws_hold(here, database_url)
        await a_revoked_key_stops_on_both(here, database_url)


async def one_effect_per_key(here: City) -> None:
    """The same request under the same key, four times at once at both servers."""
    keys = [f"sale-{number}" for number in range(10)] * 4
    here.chance.shuffle(keys)
    made = await asyncio.gather(*(here.sale(1_000, key) for key in keys))
    by_key: dict[str, set[str]] = {key: set() for key in keys}
    for key, payment in zip(keys, made, strict=True):
        by_key[key].add(str(payment))
    assert {len(answers) for answers in by_key.values()} == {1}, "every sending got the same answer"
    assert len({payment["id"] for payment in made}) == len(await here.payments()) == 10
    assert (await here.processor())["payments"] == 10


async def one_winner_per_hold(here: City) -> None:
    """Captures of all and of parts race with cancels, at both servers."""
    held = await asyncio.gather(*(here.sale(900, f"hold-{number}", manual=True) for number in range(6)))
    wishes = [("capture", {}), ("capture", {"amount_to_capture": "300"}), ("cancel", {}), ("cancel", {})]

    async def race(name: str) -> None:
        asked = [(f"/v1/payment_intents/{name}/{verb}", form, f"{name}-{n}") for n, (verb, form) in enumerate(wishes)]
        here.chance.shuffle(asked)
        answers = await asyncio.gather(*(here.insist(*one) for one in asked))
        assert Counter(answer.status for answer in answers) == {200: 1, 400: 3}, [one.raw for one in answers]
        assert {one.code for one in answers if one.status == 400} == {"payment_intent_unexpected_state"}
        (won,) = [one for one, answer in zip(asked, answers, strict=True) if answer.status == 200]
        await here.until(here.at_rest)
        shown = (await here.payments())[name]
        wished = int(won[1].get("amount_to_capture", 900)) if won[0].endswith("/capture") else 0
        assert (shown["status"], shown["amount_received"]) == ("succeeded" if wished else "canceled", wished)

    await asyncio.gather(*(race(payment["id"]) for payment in held))


async def refunds_end_at_the_capture(here: City) -> None:
    """Thirty refunds of 200 of a payment of 3000, each sent twice: fifteen fit."""
    payment = await here.sale(3_000, "to-be-refunded")
    form = {"payment_intent": payment["id"], "amount": "200"}
    keys = [f"refund-{number}" for number in range(30)] * 2
    here.chance.shuffle(keys)
    answers = await asyncio.gather(*(here.insist("/v1/refunds", form, key) for key in keys))
    by_key = {key: {other.raw for k, other in zip(keys, answers, strict=True) if k == key} for key in keys}
    assert {len(raws) for raws in by_key.values()} == {1}
    assert Counter(answer.status for answer in answers) == {200: 30, 400: 30}
    assert {answer.code for answer in answers if answer.status == 400} == {"charge_already_refunded"}
    await here.until(here.at_rest)
    refunds = (await here.once("a", f"/v1/refunds?limit=100&payment_intent={payment['id']}", None)).body["data"]
    assert [(one["status"], one["amount"]) for one in refunds] == [("succeeded", 200)] * 15


async def a_revoked_key_stops_on_both(here: City, database_url: str) -> None:
    """Both servers have just seen it; what is sent two seconds after it was revoked is refused by both."""
    for server in ("a", "b"):
        assert (await here.once(server, "/v1/balance", None)).status == 200
    database = await db.open(database_url, clock=SystemClock())
    await merchants.revoke_key(database, key_id=here.key_id, merchant_id=MERCHANT, now=SystemClock().now())
    await database.close()
    loop = asyncio.get_running_loop()
    revoked = loop.time()

    async def refused() -> bool:
        sent = loop.time()
        statuses = {(await here.once(server, "/v1/balance", None)).status for server in ("a", "b")}
        assert statuses == {401} or sent < revoked + FRESH_SECONDS, "a revoked key was taken after two seconds"
        return statuses == {401}

    await here.until(refused)


async def test_the_other_finishes_what_a_killed_server_began(database_url: str, tmp_path: Path, seed: int) -> None:
    """Twelve requests are at server `a`, some at the processor, when it is killed. Eight clients ask again, at `b`,
    under their keys. Four do not, and what the processor has seen of theirs is finished all the same."""
    async with city(database_url, tmp_path, seed) as here:
        await here.processor("conditions", {"latency_ms": 300})
        keys = [f"key-{number}" for number in range(12)]
        clients = [asyncio.create_task(here.sale(500, key, first="a")) for key in keys]

        async def some_arrived() -> bool:
            return bool((await here.processor())["operations"])

        async def all_that_arrived_is_known() -> bool:
            paid = [one for one in (await here.payments()).values() if one["status"] == "succeeded"]
            return bool((await here.processor())["payments"] == len(paid))

        await here.until(some_arrived)
        here.kill("a")
        for client in clients[8:]:
            client.cancel()
        made = await asyncio.gather(*clients[:8])
        await here.until(all_that_arrived_is_known)
        await here.start_again("a")
        again = await asyncio.gather(*(here.sale(500, key) for key in keys))
        assert [one["id"] for one in again[:8]] == [one["id"] for one in made]
        await laws_hold(here, database_url)
        payments = await here.payments()
        assert payments.keys() == {one["id"] for one in again}
        assert len(payments) == (await here.processor())["payments"] == 12, "the processor took each of them once"
