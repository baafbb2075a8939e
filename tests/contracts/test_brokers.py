"""What every broker must do, whatever it is: each plug of outbox/brokers runs this suite.

A new broker adds one `Place`: how to open it in an empty place, and how to read back what it was told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from tallystick import outbox
from tallystick.base import Instant, Refused
from tests.clocks import START


@dataclass(frozen=True)
class Place:
    """A broker in an empty place of its own, and what has been told there: (seq, payload) in order of arrival."""

    open: Callable[[], outbox.Broker]
    told: Callable[[], list[tuple[int, bytes]]]


def file_place(folder: Path) -> Place:
    path = folder / "events.ndjson"

    def told() -> list[tuple[int, bytes]]:
        lines = path.read_bytes().splitlines() if path.exists() else []
        decoded = [msgspec.json.decode(line, type=dict[str, msgspec.Raw]) for line in lines]
        return [(int(bytes(line["seq"])), bytes(line["event"])) for line in decoded]

    return Place(lambda: outbox.broker(f"file://{path}"), told)


PLACES = {"file": file_place}


@pytest.fixture(params=sorted(PLACES))
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return PLACES[request.param](tmp_path)


def event(seq: int) -> outbox.Event:
    return outbox.Event(
        id=f"evt_{seq}",
        type="charge.succeeded",
        merchant_id="acct_1",
        livemode=False,
        created=Instant(START + seq),
        payload=f'{{"id":"evt_{seq}","note":"grüße, 世界"}}'.encode(),
        seq=seq,
    )


def told(place: Place) -> list[int]:
    return [seq for seq, _ in place.told()]


def test_every_plug_runs_this_suite() -> None:
    assert {name.rpartition(".")[2] for name in outbox.BROKERS} == set(PLACES)


async def test_what_was_published_is_there_in_order_byte_for_byte(place: Place) -> None:
    broker = place.open()
    events = [event(seq) for seq in (3, 4, 9, 1 << 40)]
    await broker.publish(events)
    await broker.close()
    assert place.told() == [(sent.seq, sent.payload) for sent in events]


async def test_it_is_safe_when_publish_returns_even_if_nothing_is_closed(place: Place) -> None:
    await place.open().publish([event(1)])
    assert told(place) == [1]


async def test_batches_follow_one_another(place: Place) -> None:
    broker = place.open()
    for first in (1, 4, 7):
        await broker.publish([event(seq) for seq in range(first, first + 3)])
    assert told(place) == list(range(1, 10))


async def test_another_process_goes_on_where_the_first_stopped(place: Place) -> None:
    first, second = place.open(), place.open()
    await first.publish([event(1), event(2)])
    await second.publish([event(3)])
    await first.publish([event(4)])
    assert told(place) == [1, 2, 3, 4]


async def test_a_batch_handed_over_again_loses_nothing(place: Place) -> None:
    broker = place.open()
    await broker.publish([event(1), event(2)])
    await broker.publish([event(1), event(2), event(3)])
    assert sorted(set(told(place))) == [1, 2, 3]


async def test_an_empty_batch_is_nothing(place: Place) -> None:
    await place.open().publish([])
    assert told(place) == []


async def test_a_name_is_the_same_each_time(place: Place) -> None:
    name = place.open().name
    assert name == place.open().name
    assert name.isascii()
    assert 0 < len(name) <= 50


@pytest.mark.parametrize("address", ["", "file", "carrier-pigeon://roof", "kafka:"])
def test_an_address_nobody_understands_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="No broker understands"):
        outbox.broker(address)
