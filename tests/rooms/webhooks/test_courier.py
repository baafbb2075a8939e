"""Deliveries get through, or are seen not to: retries, leases, disabled endpoints, room for everyone."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from tallystick import db, webhooks
from tallystick.base import Instant, Refused
from tallystick.webhooks import model
from tests.clocks import until
from tests.rooms.webhooks.receiver import Memory
from tests.rooms.webhooks.stage import RULES, SEAL, Stage

OK = webhooks.Reply(status=200, body=b"thanks")
DOWN = webhooks.Reply(status=503, body=b"later \x00 please")


async def test_one_delivery_per_endpoint_and_event(stage: Stage) -> None:
    wide, _ = await stage.endpoint()
    narrow, _ = await stage.endpoint("charge.*", url="https://example.com/narrow")
    events = [await stage.tell(kind) for kind in ("charge.succeeded", "refund.created")]
    send = Memory([OK])
    await stage.carry(send)
    await stage.carry(send)
    sent = Counter((got.url, got.body) for got in send.got)
    assert sent == {
        (wide.url, events[0].payload): 1,
        (wide.url, events[1].payload): 1,
        (narrow.url, events[0].payload): 1,
    }
    found = await stage.deliveries()
    assert {delivery.status for delivery in found} == {webhooks.DeliveryStatus.SUCCEEDED}
    assert all(delivery.finished == stage.clock.now() and delivery.due is None for delivery in found)


async def test_events_of_others_and_of_before_are_not_delivered(stage: Stage) -> None:
    await stage.tell()
    stage.clock.advance(1)
    await stage.endpoint()
    await stage.as_live().tell()
    await replace(stage, merchant="acct_2").tell()
    send = Memory([OK])
    await stage.carry(send)
    assert send.got == []


@pytest.mark.parametrize("livemode", [False, True])
async def test_a_receiver_that_is_down_is_tried_until_the_last_pause(stage: Stage, livemode: bool) -> None:
    stage.livemode = livemode
    await stage.endpoint()
    await stage.tell()
    begun = stage.clock.now()
    send = Memory([DOWN, webhooks.Trouble.TIMEOUT])
    await stage.carry(send)
    pauses = model.LIVE_PAUSES_SECONDS if livemode else model.TEST_PAUSES_SECONDS
    for number, seconds in enumerate(pauses, start=1):
        (waiting,) = await stage.deliveries()
        assert (waiting.status, waiting.tries, waiting.owner) == ("pending", number, "")
        assert waiting.due is not None
        assert seconds * 900_000 <= waiting.due - stage.clock.now() <= seconds * 1_000_000
        stage.clock.advance(seconds)
        await stage.carry(send)
    (failed,) = await stage.deliveries()
    assert (failed.status, failed.due, failed.last_error) == ("failed", None, "timeout")
    assert len(send.got) == len(pauses) + 1
    assert stage.clock.now() - begun <= 3 * 86_400 * 1_000_000
    tries = await stage.tries(failed)
    assert [tried.number for tried in tries] == list(range(1, len(pauses) + 2))
    assert (tries[0].http_status, tries[0].error, tries[0].response) == (503, None, "later \ufffd please")
    assert (tries[1].http_status, tries[1].error, tries[1].response) == (None, "timeout", "")


async def test_a_receiver_that_comes_back_gets_it(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    await stage.carry(Memory([DOWN]))
    stage.clock.advance(10)
    courier = await stage.carry(Memory([OK]))
    (done,) = await stage.deliveries()
    assert (done.status, done.tries, done.http_status, done.last_error) == ("succeeded", 2, 200, None)
    assert courier.counts == {"succeeded": 1}


async def test_each_try_is_signed_anew(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    send = Memory([DOWN, OK])
    await stage.carry(send)
    stage.clock.advance(10)
    await stage.carry(send)
    first, second = [got.headers["Stripe-Signature"] for got in send.got]
    assert first != second
    assert send.got[0].body == send.got[1].body
    assert send.got[0].headers["Tallystick-Delivery"] == send.got[1].headers["Tallystick-Delivery"]


@pytest.mark.parametrize("how", ["disabled", "deleted"])
async def test_what_is_left_for_an_endpoint_that_is_gone_is_canceled(stage: Stage, how: str) -> None:
    made, _ = await stage.endpoint()
    await stage.tell()
    await stage.relay()
    if how == "deleted":
        await webhooks.delete(stage.database, stage.operation(), made.id, **stage.whose)
    else:
        wish = webhooks.Wish(disabled=True)
        await webhooks.update(stage.database, stage.operation(), RULES, made.id, wish, **stage.whose)
    await stage.tell()
    send = Memory([OK])
    await stage.carry(send)
    assert send.got == []
    (canceled,) = await stage.deliveries()
    assert (canceled.status, canceled.due) == ("canceled", None)
    with pytest.raises(Refused, match=how):
        await webhooks.resend(stage.database, stage.operation(), canceled.id, now=stage.clock.now(), **stage.whose)


async def test_a_delivery_is_sent_again_when_asked(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    send = Memory([DOWN])
    await stage.carry(send)
    for _ in model.TEST_PAUSES_SECONDS:
        stage.clock.advance(300)
        await stage.carry(send)
    (failed,) = await stage.deliveries(status=webhooks.DeliveryStatus.FAILED)
    anew = await webhooks.resend(stage.database, stage.operation(), failed.id, now=stage.clock.now(), **stage.whose)
    assert (anew.status, anew.due, anew.finished) == ("pending", stage.clock.now(), None)
    await stage.carry(send)
    (waiting,) = await stage.deliveries()
    assert (waiting.status, waiting.tries) == ("pending", 4)
    stage.clock.advance(10)
    await stage.carry(Memory([OK]))
    (done,) = await stage.deliveries()
    assert [tried.number for tried in await stage.tries(done)] == [1, 2, 3, 4, 5]
    again = await webhooks.resend(stage.database, stage.operation(), done.id, now=stage.clock.now(), **stage.whose)
    assert again.status is webhooks.DeliveryStatus.PENDING


async def test_another_merchants_delivery_does_not_exist(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    await stage.carry(Memory([OK]))
    (done,) = await stage.deliveries()
    other = replace(stage, merchant="acct_2")
    with pytest.raises(Refused, match="No such webhook delivery"):
        await webhooks.resend(stage.database, stage.operation(), done.id, now=stage.clock.now(), **other.whose)
    assert await other.deliveries() == []
    assert await other.deliveries(event_id=done.event_id) == []


async def test_deliveries_are_filtered_and_paged(stage: Stage) -> None:
    first, _ = await stage.endpoint()
    second, _ = await stage.endpoint(url="https://example.com/b")
    events = []
    for _ in range(3):
        events.append(await stage.tell())
        stage.clock.advance(1)
    await stage.carry(Memory([OK, OK, DOWN]))
    found = await stage.deliveries()
    assert [delivery.event_id for delivery in found] == [event.id for event in reversed(events) for _ in range(2)]
    assert {delivery.endpoint_id for delivery in await stage.deliveries(endpoint_id=second.id)} == {second.id}
    assert len(await stage.deliveries(event_id=events[1].id)) == 2
    assert len(await stage.deliveries(event_id=events[1].id, endpoint_id=first.id)) == 1
    assert len(await stage.deliveries(status=webhooks.DeliveryStatus.SUCCEEDED)) == 2
    assert await stage.deliveries(limit=2, cursor=found[1].id) == found[2:4]
    assert await stage.deliveries(limit=2, cursor=found[4].id, backwards=True) == [found[3], found[2]]


async def test_two_processes_send_each_delivery_once(stage: Stage) -> None:
    await stage.endpoint()
    for _ in range(20):
        await stage.tell()
    await stage.relay()
    send = Memory([OK])
    couriers = [stage.courier(send, owner=f"w{number}", per_endpoint=50) for number in range(3)]
    await asyncio.gather(*[courier.step(stage.clock.now()) for courier in couriers])
    for courier in couriers:
        await courier.settle()
    assert len(send.got) == 20
    assert len({got.body for got in send.got}) == 20


async def test_a_process_that_dies_while_sending_is_followed_by_another(stage: Stage) -> None:
    await stage.endpoint()
    event = await stage.tell()
    await stage.relay()
    hanging = Memory([OK], gate=asyncio.Event())
    courier = stage.courier(hanging)
    await courier.step(stage.clock.now())
    await until(lambda: hanging.got)
    await courier.stop()
    send = Memory([OK])
    stage.clock.advance(69)
    await stage.carry(send, owner="w2")
    assert send.got == []
    stage.clock.advance(1)
    await stage.carry(send, owner="w2")
    assert [got.body for got in send.got] == [event.payload]
    (done,) = await stage.deliveries()
    assert (done.status, done.tries) == ("succeeded", 2)


async def test_a_process_that_dies_in_the_last_try_leaves_a_failure(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    await stage.relay()
    hanging = Memory([OK], gate=asyncio.Event())
    for number in range(len(model.TEST_PAUSES_SECONDS) + 1):
        courier = stage.courier(hanging)
        await courier.step(stage.clock.now())
        await until(lambda: len(hanging.got) == number + 1)  # noqa: B023  awaited in this turn of the loop
        await courier.stop()
        stage.clock.advance(70)
    send = Memory([OK])
    await stage.carry(send)
    assert send.got == []
    (failed,) = await stage.deliveries()
    assert failed.status is webhooks.DeliveryStatus.FAILED


async def test_a_receiver_that_hangs_leaves_room_for_others(stage: Stage) -> None:
    await stage.endpoint("slow.*", url="https://slow.example/")
    await stage.endpoint("quick.*", url="https://quick.example/")
    for _ in range(20):
        await stage.tell("slow.thing")
    await stage.tell("quick.thing")
    await stage.relay()
    hanging, quick = Memory([OK], gate=asyncio.Event()), Memory([OK])

    async def send(url: str, headers: dict[str, str], body: bytes, *, livemode: bool) -> webhooks.Answer:
        chosen = hanging if "slow" in url else quick
        return await chosen(url, headers, body, livemode=livemode)

    freed = []
    courier = stage.courier(send, together=10, per_endpoint=4, freed=lambda: freed.append(1))  # type: ignore[arg-type]  # a dict is enough here
    first = await courier.step(stage.clock.now())
    second = await courier.step(stage.clock.now())
    assert (first.begun, second.begun) == (4, 1)
    third = await courier.step(stage.clock.now())
    assert third.next_due is None or third.next_due > stage.clock.now()
    await until(lambda: freed)
    assert len(quick.got) == 1
    assert hanging.gate is not None
    hanging.gate.set()
    await courier.settle()
    while (await courier.step(stage.clock.now())).begun:
        await courier.settle()
    assert len(hanging.got) == 20


async def test_a_secret_of_another_server_key_is_a_failure_that_is_seen(stage: Stage) -> None:
    made, _ = await stage.endpoint()
    await stage.tell()
    await stage.relay()
    send = Memory([OK])
    courier = webhooks.Courier(
        stage.database, send, seal=webhooks.Seal("new key"), clock=stage.clock, owner="w1", timeout_seconds=10
    )
    await courier.step(stage.clock.now())
    await courier.settle()
    assert send.got == []
    (waiting,) = await stage.deliveries()
    assert (waiting.status, waiting.last_error) == ("pending", "secret_unreadable")
    assert SEAL.open(made.secret, name=made.id)


async def test_a_fault_in_the_sender_is_counted_and_the_delivery_comes_back(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    await stage.relay()

    async def broken(url: str, headers: dict[str, str], body: bytes, *, livemode: bool) -> webhooks.Answer:
        raise KeyError("a bug")

    courier = stage.courier(broken)  # type: ignore[arg-type]  # a dict is enough here
    await courier.step(stage.clock.now())
    await courier.settle()
    assert courier.counts == {"faulted": 1}
    stage.clock.advance(70)
    send = Memory([OK])
    await stage.carry(send)
    assert len(send.got) == 1


async def test_a_ping_goes_to_one_endpoint_alone(stage: Stage) -> None:
    made, _ = await stage.endpoint()
    await stage.endpoint(url="https://example.com/other")
    sent = await webhooks.ping(
        stage.database, stage.operation(), made, {"object": "webhook_endpoint"}, now=stage.clock.now()
    )
    send = Memory([OK])
    await stage.carry(send)
    assert [got.url for got in send.got] == [made.url]
    assert b'"tallystick.ping"' in send.got[0].body
    (done,) = await stage.deliveries()
    assert (done.id, done.status) == (sent.id, "succeeded")


async def test_the_next_look_is_when_the_next_try_is_due(stage: Stage) -> None:
    courier = stage.courier(Memory([DOWN]))
    assert await courier.step(stage.clock.now()) == webhooks.Step(0, None)
    await stage.endpoint()
    await stage.tell()
    await stage.relay()
    await courier.step(stage.clock.now())
    await courier.settle()
    (waiting,) = await stage.deliveries()
    assert await courier.step(stage.clock.now()) == webhooks.Step(0, waiting.due)


async def test_old_deliveries_are_forgotten_with_their_tries(stage: Stage) -> None:
    await stage.endpoint()
    await stage.tell()
    await stage.carry(Memory([OK]))
    (done,) = await stage.deliveries()
    assert await webhooks.prune(stage.database, Instant(stage.clock.now() + 30 * 86_400_000_000)) == 0
    assert await webhooks.prune(stage.database, Instant(stage.clock.now() + 30 * 86_400_000_000 + 1)) == 1
    assert await stage.deliveries() == []
    assert await stage.tries(done) == []


async def test_an_event_relayed_twice_is_delivered_once(stage: Stage, database: db.Database) -> None:
    await stage.endpoint()
    await stage.tell()
    await asyncio.gather(*[stage.relay() for _ in range(4)])
    assert len(await stage.deliveries()) == 1
