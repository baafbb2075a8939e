"""Volumes and approvals over time: what is kept comes to the same as the rows, whatever happened meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select

from tallystick import db, jobs, payments
from tallystick.base import Instant, Refused
from tallystick.payments.rules import made_at
from tallystick.payments.store import tables, writes
from tallystick.payments.sum_up import MARGIN_SECONDS, MOST_HOURS
from tests.rooms.payments.shop import MERCHANT, Shop

HOUR, DAY = 3_600, 86_400
SECOND = 1_000_000
CARDS = ("pm_card_visa", "pm_card_visa", "pm_card_visa_chargeDeclinedInsufficientFunds")
TROUBLE: tuple[list[str], ...] = ([], [], [], ["answer"], ["request"], ["refuse"])


async def rows_of(database: db.Database, name: str) -> list[dict[str, Any]]:
    table = db.METADATA.tables[name]
    return await database.fetch(select(table).where(table.c.merchant == MERCHANT))


async def expected_volume(database: db.Database, since: int, until: int, step: int) -> list[payments.Step]:
    minor: Counter[tuple[str, int]] = Counter()
    count: Counter[tuple[str, int]] = Counter()
    for row in await rows_of(database, "balance_transactions"):
        at = made_at(row["id"])
        if row["kind"] == "charge" and since <= at < until:
            place = row["currency"], since + (at - since) // (step * SECOND) * step * SECOND
            minor[place] += row["amount"]
            count[place] += 1
    return [payments.Step(code, Instant(at), minor[code, at], count[code, at]) for code, at in sorted(minor)]


async def expected_approvals(database: db.Database, since: int, until: int) -> list[payments.Approvals]:
    counts: Counter[tuple[str, str]] = Counter(
        (row["processor"], {"open": "unknown"}.get(row["state"], row["state"]))
        for row in await rows_of(database, "attempts")
        if row["kind"] == "authorize" and since <= made_at(row["id"]) < until
    )
    states = ("approved", "declined", "unknown", "not_sent")
    return [
        payments.Approvals(name, *(counts[name, state] for state in states)) for name in sorted({n for n, _ in counts})
    ]


async def check_volume(shop: Shop, since: int, until: int, step: int) -> None:
    found = await payments.volume(
        shop.database, [MERCHANT], livemode=False, since=Instant(since), until=Instant(until), step_seconds=step
    )
    assert found == await expected_volume(shop.database, since, until, step), (since, until, step)


async def check_approvals(shop: Shop, since: int, until: int) -> None:
    found = await payments.approval_by_processor(
        shop.database, [MERCHANT], livemode=False, since=Instant(since), until=Instant(until)
    )
    assert found == await expected_approvals(shop.database, since, until), (since, until)


async def something_happens(shop: Shop, rng: random.Random, made: list[payments.Payment]) -> None:
    shop.way.lose = list(rng.choice(TROUBLE))
    what = rng.choice(("pay", "pay", "pay", "capture", "refund", "resolve"))
    held = [one for one in made if one.status == "requires_capture"]
    paid = [one for one in made if one.status == "succeeded" and not one.refunded]
    if what == "capture" and held:
        one = held[0]
        made[made.index(one)] = await shop.capture(one)
    elif what == "refund" and paid:
        one = rng.choice(paid)
        await shop.refund(one, 1)
        made.remove(one)
    elif what == "resolve":
        await payments.resolve(shop.till, now=shop.clock.now())
    else:
        currency = rng.choice(("EUR", "USD"))
        made.append(
            await shop.pay(rng.randint(100, 900), card=rng.choice(CARDS), currency=currency, manual=rng.random() < 0.3)
        )
    shop.way.lose = []


@pytest.mark.parametrize("run", range(4))
async def test_law_what_is_kept_is_what_the_rows_come_to(shop: Shop, seed: int, run: int) -> None:
    """Over days of payments, lost answers, late captures and refunds, with sums made at any time and by two at once:
    volumes always agree with the rows; approvals do as soon as the timer came by."""
    rng = random.Random(seed + run)
    made: list[payments.Payment] = []
    for _ in range(60):
        with suppress(Refused):  # a processor that was not reached
            await something_happens(shop, rng, made)
        shop.clock.advance(rng.choice((1, 60, 1_000, HOUR, 5 * HOUR)))
        now = shop.clock.now()
        summed = rng.random() < 0.5
        if summed:
            await payments.sum_up(shop.database, now)
        today, hour = now // (DAY * SECOND) * DAY * SECOND, now // (HOUR * SECOND) * HOUR * SECOND
        for since, step in (
            (today - 3 * DAY * SECOND, DAY),
            (hour - 30 * HOUR * SECOND, HOUR),
            (today - DAY * SECOND, 6 * HOUR),
            (now - 7_777 * SECOND, 100),
        ):
            until = rng.choice((now + 1, today + DAY * SECOND, now - rng.randrange(7_000) * SECOND))
            if since < until:
                await check_volume(shop, since, until, step)
                if summed:
                    await check_approvals(shop, since, until)


async def test_an_outcome_that_comes_after_its_hour_was_summed(shop: Shop) -> None:
    shop.way.lose = ["answer"]
    start = shop.clock.now()
    await shop.pay()
    assert shop.clock.advance(2 * HOUR)
    assert await payments.sum_up(shop.database, shop.clock.now()) == 1
    await check_approvals(shop, start, shop.clock.now())
    await payments.resolve(shop.till, now=shop.clock.now())
    assert await payments.sum_up(shop.database, shop.clock.now()) == 1
    (found,) = await payments.approval_by_processor(
        shop.database, [MERCHANT], livemode=False, since=start, until=shop.clock.now()
    )
    assert (found.approved, found.unknown) == (1, 0)
    assert await payments.sum_up(shop.database, shop.clock.now()) == 0


async def test_a_row_that_came_later_than_it_may_is_found_a_day_after(shop: Shop) -> None:
    """A process stood still between making an id and committing it, for longer than the margin."""
    await shop.pay(1_000)
    (row,) = await rows_of(shop.database, "balance_transactions")
    start = shop.clock.now()
    shop.clock.advance(HOUR + MARGIN_SECONDS)
    await payments.sum_up(shop.database, shop.clock.now())
    async with shop.database.unit() as unit:
        unit.insert(
            writes.ADD_BALANCE_TRANSACTION, row | {"id": row["id"][:-1] + ("0" if row["id"][-1] != "0" else "1")}
        )
    shop.clock.advance(DAY)
    await payments.sum_up(shop.database, shop.clock.now())
    await check_volume(shop, start, shop.clock.now(), HOUR)
    (found,) = await payments.volume(
        shop.database, [MERCHANT], livemode=False, since=start, until=shop.clock.now(), step_seconds=DAY
    )
    assert (found.minor, found.count) == (2_000, 2)


async def test_hours_are_summed_once_and_hours_without_payments_are_passed_over(shop: Shop) -> None:
    assert await payments.sum_up(shop.database, shop.clock.now()) == 0, "nothing to begin with"
    await shop.pay()
    assert await payments.sum_up(shop.database, shop.clock.now()) <= 1, "the hour is not over"
    shop.clock.advance(400 * DAY)
    await shop.pay()
    shop.clock.advance(3 * HOUR)
    done = [await payments.sum_up(shop.database, shop.clock.now()) for _ in range(3)]
    assert 3 <= done[0] <= 5
    assert done[1:] == [0, 0]
    assert done[0] < MOST_HOURS


async def test_two_who_sum_at_once_count_nothing_twice(shop: Shop) -> None:
    start = shop.clock.now()
    for _ in range(4):
        await shop.pay(500)
        shop.clock.advance(HOUR)
    shop.clock.advance(HOUR)
    await asyncio.gather(*(payments.sum_up(shop.database, shop.clock.now()) for _ in range(3)))
    await check_volume(shop, start, shop.clock.now(), DAY)
    await check_approvals(shop, start, shop.clock.now())


async def test_the_worker_sums(shop: Shop) -> None:
    await shop.pay()
    shop.clock.advance(2 * HOUR)
    await jobs.tick(shop.database, payments.timers(shop.database), shop.clock.now(), owner="w1")
    assert await shop.database.fetch(select(tables.SUMMED_HOURS))
