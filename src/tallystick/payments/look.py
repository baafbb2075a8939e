"""What other rooms ask of payments: one payment, its history, what moved, and balances; `totals.py` has the rest."""

from __future__ import annotations

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
