"""Finish what a crash, a lost answer or a late approval left open: ask the processor until it is known.

What is then known goes on as it would have in the request: after a decline that another processor may not repeat, and
after an order that provably never arrived, the next processor is asked.

Any number of servers may run this at once: an attempt is settled by whoever is first, and asking is harmless. What it
believes, and why, is told in docs/explanation/unknown-outcomes.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tallystick import db
from tallystick.base import Instant, log
from tallystick.connectors import Outcome
from tallystick.payments import states
from tallystick.payments.ask import ask, find_out
from tallystick.payments.carry import carry_on
from tallystick.payments.change import Situation
from tallystick.payments.model import Attempt, AttemptState
from tallystick.payments.settle import situation_of
from tallystick.payments.store import reads, sums
from tallystick.payments.till import Till

BATCH = 200
AT_ONCE = 16
_log = log.get("payments")


@dataclass(frozen=True, slots=True)
class Resolved:
    """One round: attempts asked for, how many of them are settled now, how many are still unknown, and how many could
    not be handled because of a fault (they come again)."""

    asked: int = 0
    settled: int = 0
    unknown: int = 0
    failed: int = 0


async def resolve(till: Till, *, now: Instant, most: int = BATCH) -> Resolved:
    """Ask for every attempt whose time has come, the longest waiting first."""
    waiting = await reads.due(till.database, now, most=most)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(attempt: Attempt) -> str:
        async with places:
            return await _one(till, attempt, now=now)

    results = await asyncio.gather(*(one(attempt) for attempt in waiting))
    return Resolved(len(waiting), results.count("settled"), results.count("unknown"), results.count("failed"))


async def _one(till: Till, attempt: Attempt, *, now: Instant) -> str:
    try:
        now_is = await situation_of(till.database, attempt.id)
        if now_is.attempt.state not in states.OPEN_ATTEMPTS:
            return "settled"
        result = await carry_on(till, now_is, await _outcome(till, now_is, now=now), now=now)
    except Exception:  # one attempt that cannot be handled must not keep the others waiting
        _log.exception("resolve_failed", attempt=attempt.id)
        return "failed"
    known = result.attempt.state not in states.OPEN_ATTEMPTS
    if known:
        _log.info("resolved", attempt=attempt.id, kind=attempt.kind, state=result.attempt.state)
    if result.attempt.compensates and result.attempt.state == AttemptState.DECLINED:
        _log.error("compensation_declined", attempt=attempt.id, payment=attempt.payment)
    return "settled" if known else "unknown"


async def _outcome(till: Till, now_is: Situation, *, now: Instant) -> Outcome:
    """A compensation nobody has sent yet is sent; anything else is asked for."""
    if now_is.attempt.compensates and now_is.attempt.state == AttemptState.OPEN:
        return await ask(till, now_is)
    return await find_out(till, now_is, now=now)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Attempts without an outcome, and when the oldest was made."""

    count: int
    oldest: Instant | None


async def unsettled(database: db.Database, *, livemode: bool) -> Unsettled:
    """How much `resolve` still has to find out in a mode; a day with any cannot be proven."""
    rows = [row for row in await sums.unsettled(database) if row["livemode"] == livemode]
    return Unsettled(
        sum(int(row["count"]) for row in rows), min((Instant(int(row["oldest"])) for row in rows), default=None)
    )
