"""One payment's history as a person reads it: what was asked, why it went where it went, what came of it, what was
booked, and what was told. Statement lines and matches belong to rooms above, which add their own entries.
"""

from __future__ import annotations

from dataclasses import dataclass

from tallystick import db, ledger, money
from tallystick.base import Instant
from tallystick.payments.begin import decision_of
from tallystick.payments.model import Attempt, Dispute, Payment, Refund
from tallystick.payments.rules import charge_id
from tallystick.payments.store import reads


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind` is request, decision, attempt, refund, dispute, posting or event; `id` is what it
    can be looked up by."""

    at: Instant
    kind: str
    title: str
    detail: str = ""
    state: str = ""
    id: str = ""
    facts: tuple[tuple[str, str], ...] = ()


async def timeline(database: db.Database, payment_id: str) -> list[Entry]:
    """Everything that happened to a payment, oldest first; empty for an id nobody knows."""
    payment = await reads.payment(database, payment_id)
    if payment is None:
        return []
    entries = [_request(payment)]
    for attempt in await reads.attempts_of(database, payment_id):
        entries += _attempt(attempt)
    entries += [_refund(refund) for refund in await reads.refunds_of(database, payment_id)]
    for dispute in await reads.disputes_of(database, payment_id):
        entries += _dispute(dispute)
    entries += [_posting(posting) for posting in await ledger.transfers_of(database, payment_id)]
    for row in await reads.events_of(database, payment_id):
        entries.append(Entry(Instant(row["created"]), "event", row["type"], id=row["event"]))
    if payment.canceled_at is not None:
        entries.append(Entry(payment.canceled_at, "request", "Cancelled", payment.cancellation_reason, "canceled"))
    return sorted(entries, key=lambda entry: (entry.at, _ORDER[entry.kind]))


_ORDER = {
    kind: place
    for place, kind in enumerate(("request", "decision", "attempt", "refund", "dispute", "posting", "event"))
}


def amount(minor: int, currency: str) -> str:
    """An amount as text, such as `12.50 EUR`."""
    return str(money.Money(minor, currency))


def _request(payment: Payment) -> Entry:
    how = "to be captured later" if payment.capture_method == "manual" else "to be captured at once"
    title = f"Payment of {amount(payment.amount, payment.currency)} created, {how}"
    return Entry(payment.created, "request", title, payment.description, id=payment.id)


def _attempt(attempt: Attempt) -> list[Entry]:
    entries = []
    if attempt.decision:
        decision = decision_of(attempt)
        candidates = ", ".join(decision.candidates)
        entries.append(
            Entry(
                attempt.created,
                "decision",
                f"Routed to {decision.chosen}",
                decision.why,
                facts=(("candidates", candidates), ("position", str(decision.position))),
            )
        )
    what = f"{attempt.kind.capitalize()} {amount(attempt.amount, attempt.currency)} at {attempt.processor}"
    names = (("key", attempt.id), ("processor reference", attempt.reference), ("decline code", attempt.decline_code))
    facts = tuple((name, value) for name, value in names if value)
    at = attempt.settled or attempt.created
    entries.append(Entry(at, "attempt", what, attempt.message, attempt.state, attempt.id, facts))
    return entries


def _refund(refund: Refund) -> Entry:
    title = f"Refund of {amount(refund.amount, refund.currency)}"
    return Entry(refund.created, "refund", title, refund.reason or refund.failure_reason, refund.status, refund.id)


def _dispute(dispute: Dispute) -> list[Entry]:
    title = f"Dispute over {amount(dispute.amount, dispute.currency)} on {charge_id(dispute.charge)}"
    entries = [Entry(dispute.created, "dispute", title, dispute.reason, "opened", dispute.id)]
    if dispute.closed is not None:
        entries.append(Entry(dispute.closed, "dispute", f"Dispute {dispute.status}", "", dispute.status, dispute.id))
    return entries


def _posting(posting: ledger.Posting) -> Entry:
    code = posting.code.name.lower().replace("_", " ") if isinstance(posting.code, ledger.TransferCode) else "posting"
    flags = posting.flags
    state = "pending" if flags & ledger.PENDING else "voided" if flags & ledger.VOID else "posted"
    title = f"{amount(posting.amount, posting.currency)} {code}"
    facts = (("debit", posting.debit), ("credit", posting.credit))
    return Entry(posting.created, "posting", title, f"{posting.debit} to {posting.credit}", state, posting.id, facts)
