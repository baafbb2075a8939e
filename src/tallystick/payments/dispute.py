"""Disputes, as processors tell of them: opened, won, lost, in any order and more than once.

Money that a dispute takes may exceed the payment (its currency may differ, and fees may be in it) and may come after
the merchant was paid out, so it is booked as the processor says and the merchant's balance may go below zero. A dispute
in another currency than its payment is kept and booked in its own, but is no part of the payment's amounts, and is
logged for somebody to look at.
"""

from __future__ import annotations

import msgspec

from tallystick import ledger
from tallystick.base import Instant, Refused, after, log
from tallystick.connectors import Notification, NotificationKind
from tallystick.payments import books, postings, states, wire
from tallystick.payments.again import until_won
from tallystick.payments.change import Change
from tallystick.payments.model import Attempt, BalanceTransaction, Dispute, DisputeStatus, MovementKind, Payment
from tallystick.payments.rules import made_at, read_instrument, to_text
from tallystick.payments.settle import first_open_day
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

ANSWER_DAYS = 14
"""Days a merchant has to answer, where the processor does not say."""
_log = log.get("payments")
_replace = msgspec.structs.replace
_row = msgspec.structs.asdict
_CLOSING = {
    NotificationKind.DISPUTE_WON: DisputeStatus.WON,
    NotificationKind.DISPUTE_LOST: DisputeStatus.LOST,
}


async def note(till: Till, processor: str, news: Notification, attempt: Attempt, *, now: Instant) -> Dispute:
    """Make what the processor says of a dispute true here; saying it again changes nothing.

    A verdict that comes before its dispute opens it first.
    """
    provider_id = str(news.details.get("dispute") or news.event_id)[:200]
    dispute = await _opened(till, processor, provider_id, news, attempt, now=now)
    verdict = _CLOSING.get(news.kind)
    return dispute if verdict is None else await _closed(till, dispute, verdict, now=now)


async def _opened(
    till: Till, processor: str, provider_id: str, news: Notification, attempt: Attempt, *, now: Instant
) -> Dispute:
    async def step() -> Dispute:
        known = await reads.dispute_of_provider(till.database, processor, provider_id)
        wanted = _first_status(news)
        if known is not None and not _becomes_chargeback(known, wanted):
            return known
        payment = await reads.payment(till.database, attempt.payment)
        assert payment is not None, f"attempt {attempt.id} has a payment"
        dispute = known or _new(till, payment, processor, provider_id, news, wanted)
        if wanted != dispute.status:
            dispute = _replace(dispute, status=wanted.value)
        return await _write_opened(till, payment, attempt, dispute, fresh=known is None, now=now)

    return await until_won(step)


def _first_status(news: Notification) -> DisputeStatus:
    inquiry = news.kind is NotificationKind.INQUIRY
    return DisputeStatus.WARNING_NEEDS_RESPONSE if inquiry else DisputeStatus.NEEDS_RESPONSE


def _becomes_chargeback(known: Dispute, wanted: DisputeStatus) -> bool:
    return wanted is DisputeStatus.NEEDS_RESPONSE and states.dispute_may(known.status, wanted)


async def _write_opened(
    till: Till, payment: Payment, attempt: Attempt, dispute: Dispute, *, fresh: bool, now: Instant
) -> Dispute:
    transactions: list[BalanceTransaction] = []
    change = Change(payment=payment)
    if dispute.status == DisputeStatus.NEEDS_RESPONSE:
        row = _movement(till, payment, dispute, MovementKind.DISPUTE, -dispute.amount, now=now)
        transactions.append(row)
        dispute = _replace(dispute, transactions=to_text([row.id]))
        change.transactions.append(row)
        change.transfers.extend(postings.dispute_opened(dispute))
        change.payment = _replace(payment, disputed=payment.disputed + _share(payment, dispute))
    shown = wire.dispute(dispute, transactions, read_instrument(attempt.card), now)
    change.news.append(("charge.dispute.created" if fresh else "charge.dispute.updated", shown))
    if transactions:
        change.news.append(("charge.dispute.funds_withdrawn", shown))
    if not fresh:
        change.dispute = dispute
    await _write(till, change, dispute, fresh=fresh, now=now)
    if dispute.currency != payment.currency:
        told = {"dispute": dispute.id, "currency": dispute.currency, "expected": payment.currency}
        _log.error("dispute_in_another_currency", payment=payment.id, processor=dispute.processor, **told)
    return dispute


def _share(payment: Payment, dispute: Dispute) -> int:
    """The part of the dispute that is counted in the payment's own minor units; none in another currency."""
    return dispute.amount if dispute.currency == payment.currency else 0


async def _closed(till: Till, dispute: Dispute, verdict: DisputeStatus, *, now: Instant) -> Dispute:
    async def step() -> Dispute:
        known = await reads.dispute(till.database, dispute.id)
        assert known is not None, f"dispute {dispute.id} was opened"
        final = DisputeStatus.WARNING_CLOSED if known.status.startswith("warning") else verdict
        if not states.dispute_may(known.status, final):
            return known
        payment = await reads.payment(till.database, known.payment)
        assert payment is not None, f"dispute {dispute.id} has a payment"
        return await _write_closed(till, payment, known, final, now=now)

    return await until_won(step)


async def _write_closed(till: Till, payment: Payment, known: Dispute, final: DisputeStatus, *, now: Instant) -> Dispute:
    closed = _replace(known, status=final.value, closed=now)
    ids = msgspec.json.decode(known.transactions, type=list[str])
    rows = await reads.several(till.database, "balance_transactions", BalanceTransaction, ids)
    change = Change(payment=payment)
    if final is DisputeStatus.WON:
        row = _movement(till, payment, closed, MovementKind.DISPUTE_REVERSAL, closed.amount, now=now)
        closed = _replace(closed, transactions=to_text([*ids, row.id]))
        rows[row.id] = row
        change.transactions.append(row)
        change.transfers.extend(postings.dispute_won(closed))
        change.payment = _replace(payment, disputed=max(0, payment.disputed - _share(payment, closed)))
    change.dispute = closed
    charge = await reads.attempt(till.database, closed.charge)
    card = read_instrument(charge.card) if charge else None
    shown = wire.dispute(closed, [rows[name] for name in sorted(rows)], card, now)
    change.news.append(("charge.dispute.closed", shown))
    if final is DisputeStatus.WON:
        change.news.append(("charge.dispute.funds_reinstated", shown))
    await _write(till, change, closed, fresh=False, now=now)
    return closed


async def _write(till: Till, change: Change, dispute: Dispute, *, fresh: bool, now: Instant) -> None:
    """Write it, on the first open business day where the present one is closed already."""
    try:
        async with till.database.unit() as unit:
            if fresh:
                unit.insert(writes.ADD_DISPUTE, _row(dispute))
            books.write(unit, change, owner=dispute, now=now)
    except Refused as refused:
        if refused.code is not ledger.LedgerRefusal.PERIOD_LOCKED:
            raise
        day = await first_open_day(till.database, livemode=dispute.livemode)
        async with till.database.unit() as unit:
            if fresh:
                unit.insert(writes.ADD_DISPUTE, _row(dispute))
            books.write(unit, change, owner=dispute, now=now, day=day)


def _new(
    till: Till, payment: Payment, processor: str, provider_id: str, news: Notification, status: DisputeStatus
) -> Dispute:
    identifier = till.database.ids.new("dp")
    created = made_at(identifier)
    due_by = news.details.get("due_by")
    return Dispute(
        id=identifier,
        payment=payment.id,
        merchant=payment.merchant,
        livemode=payment.livemode,
        created=created,
        version=0,
        status=status.value,
        amount=news.amount,
        currency=news.currency,
        reason=str(news.details.get("reason") or "general")[:64],
        charge=payment.charge,
        processor=processor,
        provider_id=provider_id,
        due_by=Instant(due_by) if isinstance(due_by, int) else after(created, days=ANSWER_DAYS),
        closed=None,
        transactions="[]",
        metadata="{}",
    )


def _movement(
    till: Till, payment: Payment, dispute: Dispute, kind: MovementKind, amount: int, *, now: Instant
) -> BalanceTransaction:
    return BalanceTransaction(
        id=till.database.ids.new("txn"),
        merchant=payment.merchant,
        livemode=payment.livemode,
        created=now,
        available_on=now,
        type="adjustment",
        kind=kind.value,
        amount=amount,
        fee=0,
        net=amount,
        currency=dispute.currency,
        source=dispute.id,
        payment=payment.id,
        attempt=dispute.provider_id,
        processor=dispute.processor,
        processor_reference=payment.processor_reference,
        description="",
    )
