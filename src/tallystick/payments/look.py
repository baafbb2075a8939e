"""What other rooms ask of payments: one payment, its history, and sums over many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tallystick import db, ledger
from tallystick.base import Instant, day
from tallystick.payments.model import BalanceTransaction, MovementKind
from tallystick.payments.store import reads, sums

payment = reads.payment
attempts_of = reads.attempts_of
refunds_of = reads.refunds_of
disputes_of = reads.disputes_of
transactions_of = reads.transactions_of


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved at a processor, as its report will name it.

    `amount` is signed minor units: a charge positive, a refund or dispute negative. `reference` is our attempt's id, or
    the processor's own id of a dispute; `processor_reference` its name for the payment. `booked` is when it entered
    the books.
    """

    id: str
    processor: str
    kind: MovementKind
    amount: int
    currency: str
    reference: str
    processor_reference: str
    payment: str
    merchant: str
    livemode: bool
    booked: Instant


async def movements(
    database: db.Database,
    *,
    livemode: bool,
    since: Instant | None = None,
    until: Instant | None = None,
    processor: str | None = None,
    merchant: str | None = None,
) -> list[Movement]:
    """Money that was booked from `since` and before `until`, in that order."""
    rows = await sums.movements(
        database, livemode=livemode, since=since, until=until, processor=processor, merchant=merchant
    )
    return [_movement(row) for row in rows]


def _movement(row: BalanceTransaction) -> Movement:
    return Movement(
        id=row.id,
        processor=row.processor,
        kind=MovementKind(row.kind),
        amount=row.amount,
        currency=row.currency,
        reference=row.attempt,
        processor_reference=row.processor_reference,
        payment=row.payment,
        merchant=row.merchant,
        livemode=row.livemode,
        booked=row.created,
    )


async def days_moved(
    database: db.Database, *, livemode: bool, until: Instant, since: Instant | None = None
) -> list[tuple[date, str]]:
    """On which days from `since` and before `until` money moved, and at which processor; in order, each once."""
    rows = await sums.days_moved(database, livemode=livemode, since=since, until=until)
    return sorted((day(Instant(int(row["start"]))), row["processor"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Funds:
    """A merchant's balance: minor units by currency, available now and later."""

    available: dict[str, int]
    pending: dict[str, int]


async def balance(database: db.Database, merchant: str, *, livemode: bool, now: Instant) -> Funds:
    """What the merchant is owed, by the ledger; what was captured lately is pending."""
    rows = await ledger.balances(database, livemode=livemode, merchant=merchant, name="merchant_payable")
    pending = await sums.pending(database, merchant, now, livemode=livemode)
    owed = {row.account.currency: row.balance.net_credit for row in rows}
    available = {code: owed.get(code, 0) - pending.get(code, 0) for code in sorted(owed.keys() | pending.keys())}
    return Funds(available, {code: pending.get(code, 0) for code in available})


@dataclass(frozen=True, slots=True)
class Step:
    """Captured in one step of time: `minor` units of `currency` in `count` payments. `start` is when it began."""

    currency: str
    start: Instant
    minor: int
    count: int


async def volume(
    database: db.Database,
    merchants: Sequence[str],
    *,
    livemode: bool,
    since: Instant,
    until: Instant,
    step_seconds: int,
) -> list[Step]:
    """Captured volume by currency in steps of `step_seconds` from `since`; empty steps are left out."""
    step_us = step_seconds * 1_000_000
    rows = await sums.volume(
        database, merchants=merchants, livemode=livemode, since=since, until=until, step_us=step_us
    )
    steps = [Step(row["currency"], Instant(since + row["step"] * step_us), row["minor"], row["count"]) for row in rows]
    return sorted(steps, key=lambda step: (step.currency, step.start))


@dataclass(frozen=True, slots=True)
class Approvals:
    """Authorise attempts at one processor by what came of them."""

    processor: str
    approved: int
    declined: int
    unknown: int
    not_sent: int


async def approval_by_processor(
    database: db.Database, merchants: Sequence[str], *, livemode: bool, since: Instant, until: Instant
) -> list[Approvals]:
    """Authorise attempts made from `since` and before `until`, by processor; open ones count as unknown."""
    rows = await sums.approvals(database, merchants=merchants, livemode=livemode, since=since, until=until)
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row["processor"], {})[row["state"]] = int(row["count"])
    return [
        Approvals(
            processor,
            states.get("approved", 0),
            states.get("declined", 0),
            states.get("unknown", 0) + states.get("open", 0),
            states.get("not_sent", 0),
        )
        for processor, states in sorted(counts.items())
    ]
