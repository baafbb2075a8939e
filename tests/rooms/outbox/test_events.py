"""Events are written with the change, numbered in commit order, and read newest first."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import stripe

from tallystick import db, outbox
from tallystick.base import Instant, Refused, after
from tests.clocks import START, ManualClock


async def tell(
    database: db.Database, kind: str = "charge.succeeded", *, merchant: str = "acct_1", live: bool = False, at: int = 0
) -> str:
    async with database.unit() as unit:
        event = outbox.compose(
            unit,
            kind,
            {"object": "charge", "id": "ch_1"},
            merchant_id=merchant,
            livemode=live,
            now=after(START, seconds=at),
        )
        outbox.add(unit, event)
    return event.id


async def listed(database: db.Database, merchant: str = "acct_1", **filters: object) -> list[str]:
    found = await outbox.events(database, merchant_id=merchant, **{"livemode": False, **filters})  # type: ignore[arg-type]  # filters are checked where they are written
    return [event.id for event in found]


async def test_an_event_is_there_with_its_change_or_not_at_all(database: db.Database, clock: ManualClock) -> None:
    unit = database.unit()
    event = outbox.compose(unit, "a.b", {}, merchant_id="acct_1", livemode=False, now=clock.now())
    outbox.add(unit, event)
    assert await outbox.event(database, event.id) is None
    await unit.__aexit__(None, None, None)
    found = await outbox.event(database, event.id)
    assert found is not None
    assert found.payload == event.payload
    assert found.seq > 0


async def test_seq_follows_the_order_of_commits(database: db.Database) -> None:
    ids = [await tell(database) for _ in range(5)]
    found = await outbox.load(database, [*ids, "evt_unknown"])
    assert set(found) == set(ids)
    assert [event.id for event in sorted(found.values(), key=lambda event: event.seq)] == ids


async def test_many_units_at_once_have_different_places(database: db.Database) -> None:
    ids = await asyncio.gather(*[tell(database) for _ in range(50)])
    found = await outbox.load(database, ids)
    assert len({event.seq for event in found.values()}) == 50


async def test_a_merchant_sees_its_own_events_of_one_mode(database: db.Database) -> None:
    mine = await tell(database)
    await tell(database, merchant="acct_2")
    live = await tell(database, live=True)
    assert await listed(database) == [mine]
    assert await listed(database, livemode=True) == [live]
    assert await listed(database, "acct_3") == []


async def test_pages_go_both_ways(database: db.Database) -> None:
    ids = [await tell(database) for _ in range(5)][::-1]
    assert await listed(database, limit=2) == ids[:2]
    assert await listed(database, limit=2, starting_after=ids[1]) == ids[2:4]
    assert await listed(database, limit=2, ending_before=ids[3]) == [ids[2], ids[1]]
    assert await listed(database, limit=9, ending_before=ids[3]) == [ids[2], ids[1], ids[0]]
    assert await listed(database, starting_after=ids[4]) == []


@pytest.mark.parametrize("param", ["starting_after", "ending_before"])
async def test_a_page_starts_at_an_event_of_the_merchant(database: db.Database, param: str) -> None:
    foreign = await tell(database, merchant="acct_2")
    live = await tell(database, live=True)
    for wrong in (foreign, live, "evt_unknown"):
        with pytest.raises(Refused, match="No such event") as refused:
            await listed(database, **{param: wrong})
        assert refused.value.param == param


async def test_types_and_groups_of_types(database: db.Database) -> None:
    kinds = ["payment_intent.created", "payment_intent.succeeded", "paymentXintent.created", "charge.succeeded"]
    ids = dict(zip(kinds, [await tell(database, kind) for kind in kinds], strict=True))
    assert await listed(database, types=["charge.succeeded"]) == [ids["charge.succeeded"]]
    assert await listed(database, types=["payment_intent.*"]) == [ids[kinds[1]], ids[kinds[0]]]
    assert len(await listed(database, types=["payment_intent.created", "charge.*"])) == 2
    assert len(await listed(database, types=["*"])) == 4
    assert await listed(database, types=["%"]) == []


async def test_a_range_of_time(database: db.Database) -> None:
    ids = [await tell(database, at=second) for second in range(4)]
    found = await listed(database, created_from=after(START, seconds=1), created_before=Instant(START + 3_000_000))
    assert found == [ids[2], ids[1]]


async def test_a_payload_is_an_event_to_stripes_sdk(database: db.Database, clock: ManualClock) -> None:
    async with database.unit() as unit:
        event = outbox.compose(
            unit,
            "payment_intent.succeeded",
            {"object": "payment_intent", "id": "pi_1", "amount": 500},
            merchant_id="acct_1",
            livemode=True,
            now=clock.now(),
            previous={"status": "processing"},
            request_id="req_1",
            idempotency_key="key 1",
        )
    body = msgspec.json.decode(event.payload)
    parsed = stripe.Event.construct_from(body, "sk_x")
    assert (parsed.object, parsed.type, parsed.livemode) == ("event", "payment_intent.succeeded", True)
    assert parsed.created == clock.now() // 1_000_000
    assert parsed.data.object["amount"] == 500
    assert body["data"]["previous_attributes"] == {"status": "processing"}
    assert body["request"] == {"id": "req_1", "idempotency_key": "key 1"}
