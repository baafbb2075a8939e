"""The file broker's own promises: torn lines are mended, nothing is there twice, bad addresses are refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from tallystick import outbox
from tallystick.base import Refused
from tests.clocks import START


def event(seq: int, size: int = 10) -> outbox.Event:
    body = msgspec.json.encode({"id": f"evt_{seq}", "pad": "x" * size})
    return outbox.Event(
        id=f"evt_{seq}", type="a.b", merchant_id="acct_1", livemode=True, created=START, payload=body, seq=seq
    )


def seqs(path: Path) -> list[int]:
    return [msgspec.json.decode(line)["seq"] for line in path.read_bytes().splitlines()]


async def test_a_line_says_when_whose_and_what(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    await outbox.broker(f"file://{path}").publish([event(7, size=0)])
    assert path.read_text() == (
        '{"seq":7,"at":"2026-11-21T09:00:00.000000Z","merchant":"acct_1","event":{"id":"evt_7","pad":""}}\n'
    )


@pytest.mark.parametrize("size", [0, 10, 70_000, 200_000])
async def test_a_torn_line_is_cut_off_and_written_again(tmp_path: Path, size: int) -> None:
    path = tmp_path / "events.ndjson"
    broker = outbox.broker(f"file://{path}")
    await broker.publish([event(1, size), event(2, size)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    await broker.publish([event(2, size), event(3, size)])
    assert seqs(path) == [1, 2, 3]
    assert path.read_bytes().startswith(whole)


async def test_a_file_with_nothing_but_a_torn_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b'{"seq":1,"at"')
    await outbox.broker(f"file://{path}").publish([event(1)])
    assert seqs(path) == [1]


async def test_events_already_there_are_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    brokers = [outbox.broker(f"file://{path}") for _ in range(4)]
    await asyncio.gather(*[broker.publish([event(1), event(2), event(3)]) for broker in brokers])
    assert seqs(path) == [1, 2, 3]


async def test_a_file_that_was_moved_away_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    broker = outbox.broker(f"file://{path}")
    await broker.publish([event(1)])
    path.rename(tmp_path / "events.1.ndjson")
    await broker.publish([event(2)])
    assert seqs(path) == [2]


@pytest.mark.parametrize("address", ["file://host/events.ndjson", "file://", "file:///", "file:///no/such/folder/x"])
def test_an_address_without_a_file_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="names no file"):
        outbox.broker(address)
