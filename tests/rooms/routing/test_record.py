"""Decisions are kept once, in order, with their reason."""

from __future__ import annotations

import random

from tallystick import db, routing
from tallystick.base import IdSource, Instant, SystemClock
from tallystick.connectors import NotSent

NOW = Instant(1_795_000_000_000_000)


async def test_a_cascade_is_kept_and_recording_again_changes_nothing(empty_sqlite_url: str) -> None:
    clock = SystemClock()
    await db.create(empty_sqlite_url)
    database = await db.open(empty_sqlite_url, ids=IdSource(clock, random.Random(1)), clock=clock)
    try:
        first = routing.choose(routing.routes(("a", "b")), merchant_id="mer_1", currency="EUR")
        second = routing.next_after(first, NotSent("refused"), tried=["a"])
        end = routing.next_after(second, NotSent("refused"), tried=["a", "b"])
        for _ in range(2):
            async with database.unit() as unit:
                for decision, attempt in ((first, "at_1"), (second, "at_2"), (end, "at_2")):
                    routing.record(
                        unit,
                        decision,
                        payment_id="pi_1",
                        merchant_id="mer_1",
                        livemode=False,
                        attempt_id=attempt,
                        now=NOW,
                    )
        kept = await routing.decisions_of(database, "pi_1")
        assert [one.decision for one in kept] == [first, second, end]
        assert {(one.payment_id, one.created) for one in kept} == {("pi_1", NOW)}
        assert await routing.decisions_of(database, "pi_2") == []
    finally:
        await database.close()
