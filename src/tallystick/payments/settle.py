"""Step three of the spine: an outcome, its postings and its news become durable together or not at all.

Whoever comes first settles an attempt: the request that asked, a repeat of it after a crash, `resolve`, or a
notification. The others find it settled and change nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

import msgspec

from tallystick import db, ledger
from tallystick.base import Instant, Refused
from tallystick.connectors import Approved, Outcome
from tallystick.payments import books
from tallystick.payments.again import GUARDED, MOST_TRIES
from tallystick.payments.apply import apply
from tallystick.payments.ask import accepted_until
from tallystick.payments.change import Change, Settled, Situation
from tallystick.payments.model import Attempt, AttemptKind, Payment
from tallystick.payments.store import reads
from tallystick.payments.till import Till

Finish = Callable[[db.Unit, Settled], None]
"""Puts the answer to the request into the unit that settles it."""


def unfinished(unit: db.Unit, now_is: Settled) -> None:
    """For those who answer nobody."""


async def settle(
    till: Till, now_is: Situation, outcome: Outcome, *, now: Instant, finish: Finish = unfinished
) -> Situation:
    """Make `outcome` durable and answer what is known then, which may be what somebody else settled before.

    Raises LostRace only where the request itself was taken over by another server.
    """
    fee = await _fee(till, now_is.attempt, outcome, now=now)
    day: datetime.date | None = None
    for _ in range(MOST_TRIES):
        change = apply(now_is, outcome, fee=fee, new_id=till.database.ids.new, now=now)
        _ask_when_the_window_ends(till, change, now=now)
        result = _after(now_is, change)
        try:
            async with till.database.unit() as unit:
                books.write(unit, change, owner=now_is.payment, now=now, day=day)
                finish(unit, Settled(result.payment, result.attempt, result.refund))
            return result
        except db.LostRace as lost:
            if lost.table not in GUARDED:
                raise
            now_is = await reload(till.database, now_is)
        except Refused as refused:
            if refused.code is not ledger.LedgerRefusal.PERIOD_LOCKED:
                raise
            day = await first_open_day(till.database, livemode=now_is.payment.livemode)
    raise AssertionError(f"{now_is.attempt.id} could not be settled in {MOST_TRIES} tries")


def _ask_when_the_window_ends(till: Till, change: Change, *, now: Instant) -> None:
    """An authorise attempt that may have been lost is looked at when that can be known, and not much later."""
    attempt = change.attempt
    if attempt is not None and attempt.kind == AttemptKind.AUTHORIZE and attempt.ask_at is not None:
        end = Instant(accepted_until(till, attempt) + 1)
        if now < end < attempt.ask_at:
            change.attempt = msgspec.structs.replace(attempt, ask_at=end)


async def first_open_day(database: db.Database, *, livemode: bool) -> datetime.date:
    """The first business day that is not closed: money that moved on a closed day is booked as a new entry there."""
    locked = await ledger.locked_until(database, livemode=livemode)
    assert locked is not None, "a posting was refused for a locked period, so there is one"
    return locked + datetime.timedelta(days=1)


async def reload(database: db.Database, now_is: Situation) -> Situation:
    """The situation as it is in the database now."""
    return await situation_of(database, now_is.attempt.id, method=now_is)


async def situation_of(database: db.Database, attempt_id: str, *, method: Situation | None = None) -> Situation:
    """An attempt with everything its outcome needs."""
    attempt = await reads.attempt(database, attempt_id)
    assert attempt is not None, f"attempt {attempt_id} is durable before anybody is asked"
    payment = await reads.payment(database, attempt.payment)
    assert payment is not None, f"payment {attempt.payment} is durable before its attempts"
    charge = await reads.attempt(database, attempt.parent) if attempt.parent else attempt
    assert charge is not None, f"attempt {attempt.parent} came before {attempt_id}"
    refund = await reads.refund(database, attempt.refund) if attempt.refund else None
    return Situation(payment, attempt, charge, refund, method.method if method else None)


async def _fee(till: Till, attempt: Attempt, outcome: Outcome, *, now: Instant) -> int:
    """Our fee, where the outcome captures money for the merchant."""
    captures = attempt.capture or attempt.kind == AttemptKind.CAPTURE
    if not (captures and isinstance(outcome, Approved)):
        return 0
    return await till.fee(attempt.merchant, attempt.amount, attempt.currency, now=now)


def _after(now_is: Situation, change: Change) -> Situation:
    """The situation once `change` is durable."""
    replace = msgspec.structs.replace
    payment: Payment = books.saved(change, now_is.payment)
    attempt = now_is.attempt
    if change.attempt is not None:
        attempt = replace(change.attempt, version=change.attempt.version + 1)
    refund = now_is.refund
    if change.refund is not None:
        refund = replace(change.refund, version=change.refund.version + 1)
    charge = attempt if now_is.charge.id == attempt.id else now_is.charge
    return Situation(payment, attempt, charge, refund, now_is.method)
