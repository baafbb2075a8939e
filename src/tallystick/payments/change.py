"""What an outcome changes: the payment, the attempt, the refund, the books, the balance and the news, as one value.

Pure. `apply` is the only place that turns an answer from the world into state, whether the answer came at once, after
a crash, or from a question asked hours later; `books.py` writes the value in one unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from tallystick import jobs, ledger
from tallystick.base import Instant, after
from tallystick.connectors import Approved, Declined, NotSent, Outcome, Unknown
from tallystick.payments import postings, states, wire
from tallystick.payments.model import (
    SETTLING_DAYS,
    Attempt,
    AttemptKind,
    AttemptState,
    BalanceTransaction,
    Dispute,
    MovementKind,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
    charge_id,
    made_at,
    to_text,
)
from tallystick.payments.states import Move

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 3600
UNREACHABLE = "processing_error"
_replace = msgspec.structs.replace
NewId = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known before the outcome. `charge` is the authorise attempt that a later attempt follows; `method` the
    payment method as a decline shows it."""

    payment: Payment
    attempt: Attempt
    charge: Attempt
    refund: Refund | None = None
    method: wire.Json | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known after: what an answer is made from. There is no attempt where nobody had to be asked."""

    payment: Payment
    attempt: Attempt | None = None
    refund: Refund | None = None


@dataclass(slots=True)
class Change:
    """Everything to be written together. Rows carry the version they were read with."""

    payment: Payment | None = None
    attempt: Attempt | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None
    begun: Attempt | None = None
    transactions: list[BalanceTransaction] = field(default_factory=list)
    transfers: list[ledger.Transfer] = field(default_factory=list)
    news: list[tuple[str, wire.Json]] = field(default_factory=list)


def believed(attempt: Attempt, outcome: Outcome) -> Outcome:
    """The outcome, unless it approves something else than was asked: then nobody knows.

    Giving money back is never abandoned because a processor was away: `resolve` sends it again under the same key.
    """
    if isinstance(outcome, NotSent) and (attempt.kind == AttemptKind.REFUND or attempt.compensates):
        return Unknown(f"not sent yet: {outcome.reason}")
    if not isinstance(outcome, Approved) or attempt.kind == AttemptKind.VOID:
        return outcome
    if outcome.amount != attempt.amount:
        return Unknown(f"asked for {attempt.amount}, and the processor says it approved {outcome.amount}")
    if outcome.currency not in (None, attempt.currency):
        return Unknown(f"asked for {attempt.currency}, and the processor says it approved {outcome.currency}")
    return outcome


def apply(now_is: Situation, outcome: Outcome, *, fee: int, new_id: NewId, now: Instant) -> Change:
    """What `outcome` changes. An attempt whose outcome is known already changes nothing, save that an approval which
    comes after the attempt was given up must be undone at the processor.

    `fee` is our fee in minor units for the attempt's amount; `new_id` makes ids by prefix.
    """
    attempt, outcome = now_is.attempt, believed(now_is.attempt, outcome)
    if attempt.state not in states.OPEN_ATTEMPTS:
        return _too_late(now_is, outcome, new_id=new_id, now=now)
    if isinstance(outcome, Unknown):
        return _unknown(now_is, outcome, now=now)
    if attempt.compensates:
        return _compensated(now_is, outcome, new_id=new_id, now=now)
    known = answered(attempt, outcome, now=now)
    approved = isinstance(outcome, Approved)
    match AttemptKind(attempt.kind):
        case AttemptKind.AUTHORIZE if approved:
            return _authorized(now_is, known, fee=fee, new_id=new_id)
        case AttemptKind.AUTHORIZE:
            return _not_authorized(now_is, known)
        case AttemptKind.CAPTURE if approved:
            return _captured(now_is, known, fee=fee, new_id=new_id)
        case AttemptKind.VOID if approved:
            return _voided(now_is, known, now=now)
        case AttemptKind.CAPTURE | AttemptKind.VOID:
            return _still_held(now_is, known)
        case AttemptKind.REFUND if approved:
            return _refunded(now_is, known, new_id=new_id)
        case AttemptKind.REFUND:
            return _not_refunded(now_is, known)


def answered(attempt: Attempt, outcome: Outcome, *, now: Instant) -> Attempt:
    """The attempt with its final answer."""
    match outcome:
        case Approved(reference):
            fields = {"state": AttemptState.APPROVED.value, "reference": reference[:200]}
        case Declined(code, decline_code, message):
            fields = {
                "state": AttemptState.DECLINED.value,
                "code": code[:64],
                "decline_code": (decline_code or "")[:64],
                "message": message,
            }
        case NotSent(reason):
            fields = {
                "state": AttemptState.NOT_SENT.value,
                "code": UNREACHABLE,
                "message": f"The processor was not reached and nothing was done ({reason[:300]}). Try again.",
            }
        case Unknown():
            raise AssertionError("an unknown outcome is no answer")
    assert states.attempt_may(attempt.state, fields["state"]), (attempt.id, attempt.state, fields["state"])
    return _replace(attempt, **fields, settled=now, ask_at=None)


def failed_payment(payment: Payment, attempt: Attempt, method: wire.Json | None) -> Payment:
    """The payment after its authorise attempt failed: it waits for another method, and says why."""
    return _replace(
        payment,
        status=states.advance(payment.id, payment.status, Move.AUTHORIZE_FAILED),
        pending_attempt=None,
        charge=attempt.id,
        processor=attempt.processor,
        payment_method="",
        card="",
        last_error=to_text(wire.card_error(payment, attempt, method)),
    )


def _unknown(now_is: Situation, outcome: Unknown, *, now: Instant) -> Change:
    attempt, payment = now_is.attempt, now_is.payment
    asked = attempt.asked + 1
    pause = jobs.pause_us(attempt.id, asked, first_seconds=FIRST_PAUSE_SECONDS, most_seconds=LONGEST_PAUSE_SECONDS)
    first = attempt.state == AttemptState.OPEN and attempt.kind != AttemptKind.REFUND and not attempt.compensates
    return Change(
        attempt=_replace(
            attempt,
            state=AttemptState.UNKNOWN.value,
            message=outcome.reason[:500],
            asked=asked,
            ask_at=Instant(now + pause),
        ),
        news=[("payment_intent.processing", wire.payment_intent(payment))] if first else [],
    )


def _authorized(now_is: Situation, attempt: Attempt, *, fee: int, new_id: NewId) -> Change:
    payment = now_is.payment
    common = {
        "pending_attempt": None,
        "authorised": attempt.amount,
        "charge": attempt.id,
        "processor": attempt.processor,
        "processor_reference": attempt.reference,
        "last_error": "",
    }
    if not attempt.capture:
        held = _replace(payment, status=states.advance(payment.id, payment.status, Move.AUTHORIZED), **common)
        return Change(
            payment=held,
            attempt=attempt,
            transfers=postings.authorized(attempt),
            news=[
                ("charge.succeeded", wire.charge(held, attempt)),
                ("payment_intent.amount_capturable_updated", wire.payment_intent(held)),
            ],
        )
    row = movement(
        payment,
        attempt,
        MovementKind.CHARGE,
        attempt.amount,
        charge_id(attempt.id),
        reference=attempt.reference,
        fee=fee,
        new_id=new_id,
    )
    done = _replace(
        payment,
        status=states.advance(payment.id, payment.status, Move.CHARGED),
        captured=attempt.amount,
        fee=fee,
        balance_transaction=row.id,
        **common,
    )
    return Change(
        payment=done,
        attempt=attempt,
        transactions=[row],
        transfers=postings.charged(attempt, fee),
        news=[
            ("charge.succeeded", wire.charge(done, attempt)),
            ("payment_intent.succeeded", wire.payment_intent(done)),
        ],
    )


def _not_authorized(now_is: Situation, attempt: Attempt) -> Change:
    failed = failed_payment(now_is.payment, attempt, now_is.method)
    return Change(
        payment=failed,
        attempt=attempt,
        news=[
            ("charge.failed", wire.charge(now_is.payment, attempt)),
            ("payment_intent.payment_failed", wire.payment_intent(failed)),
        ],
    )


def _captured(now_is: Situation, attempt: Attempt, *, fee: int, new_id: NewId) -> Change:
    payment = now_is.payment
    source = charge_id(payment.charge)
    row = movement(
        payment,
        attempt,
        MovementKind.CHARGE,
        attempt.amount,
        source,
        reference=payment.processor_reference,
        fee=fee,
        new_id=new_id,
    )
    done = _replace(
        payment,
        status=states.advance(payment.id, payment.status, Move.CAPTURED),
        pending_attempt=None,
        captured=attempt.amount,
        fee=fee,
        balance_transaction=row.id,
    )
    return Change(
        payment=done,
        attempt=attempt,
        transactions=[row],
        transfers=postings.captured(attempt, fee),
        news=[
            ("charge.captured", wire.charge(done, now_is.charge)),
            ("payment_intent.succeeded", wire.payment_intent(done)),
        ],
    )


def _voided(now_is: Situation, attempt: Attempt, *, now: Instant) -> Change:
    payment = now_is.payment
    gone = _replace(
        payment,
        status=states.advance(payment.id, payment.status, Move.VOIDED),
        pending_attempt=None,
        canceled_at=now,
    )
    return Change(
        payment=gone,
        attempt=attempt,
        transfers=postings.voided(attempt),
        news=[("payment_intent.canceled", wire.payment_intent(gone))],
    )


def _still_held(now_is: Situation, attempt: Attempt) -> Change:
    payment = now_is.payment
    move = Move.CAPTURE_FAILED if attempt.kind == AttemptKind.CAPTURE else Move.VOID_FAILED
    held = _replace(
        payment,
        status=states.advance(payment.id, payment.status, move),
        pending_attempt=None,
        cancellation_reason="",
    )
    return Change(payment=held, attempt=attempt)


def _refunded(now_is: Situation, attempt: Attempt, *, new_id: NewId) -> Change:
    payment, refund = now_is.payment, now_is.refund
    assert refund is not None, "a refund attempt has a refund"
    assert states.refund_may(refund.status, RefundStatus.SUCCEEDED), refund
    row = movement(
        payment,
        attempt,
        MovementKind.REFUND,
        -attempt.amount,
        refund.id,
        reference=payment.processor_reference,
        fee=0,
        new_id=new_id,
    )
    after_it = _replace(payment, pending_attempt=None, refunded=payment.refunded + attempt.amount)
    assert after_it.refunded <= after_it.captured, "law 5"
    done = _replace(refund, status=RefundStatus.SUCCEEDED.value, balance_transaction=row.id)
    return Change(
        payment=after_it,
        attempt=attempt,
        refund=done,
        transactions=[row],
        transfers=postings.refunded(attempt),
        news=[
            ("charge.refunded", wire.charge(after_it, now_is.charge)),
            ("refund.updated", wire.refund(done)),
        ],
    )


def _not_refunded(now_is: Situation, attempt: Attempt) -> Change:
    refund = now_is.refund
    assert refund is not None, "a refund attempt has a refund"
    assert states.refund_may(refund.status, RefundStatus.FAILED), refund
    reason = "declined" if attempt.state == AttemptState.DECLINED else "unknown"
    failed = _replace(refund, status=RefundStatus.FAILED.value, failure_reason=reason)
    return Change(
        payment=_replace(now_is.payment, pending_attempt=None),
        attempt=attempt,
        refund=failed,
        news=[("refund.updated", wire.refund(failed)), ("refund.failed", wire.refund(failed))],
    )


def movement(
    payment: Payment,
    attempt: Attempt,
    kind: MovementKind,
    amount: int,
    source: str,
    *,
    reference: str,
    fee: int,
    new_id: NewId,
) -> BalanceTransaction:
    """The change of the merchant's balance that an attempt makes: `amount` signed, `fee` ours, `reference` the
    processor's name for the payment."""
    identifier = new_id("txn")
    created = made_at(identifier)
    return BalanceTransaction(
        id=identifier,
        merchant=attempt.merchant,
        livemode=attempt.livemode,
        created=created,
        available_on=after(created, days=SETTLING_DAYS) if kind is MovementKind.CHARGE else created,
        type=kind.value,
        kind=kind.value,
        amount=amount,
        fee=fee,
        net=amount - fee,
        currency=attempt.currency,
        source=source,
        payment=payment.id,
        attempt=attempt.id,
        processor=attempt.processor,
        processor_reference=reference,
        description=payment.description,
    )


# --- approvals nobody waits for any more ---


def _too_late(now_is: Situation, outcome: Outcome, *, new_id: NewId, now: Instant) -> Change:
    """An attempt that was finished without money turns out to have been approved: undo it at the processor.

    It happens when a processor accepts a request after telling us that it never saw it, or contradicts itself. The
    payment may have been paid by another attempt or cancelled meanwhile, so its own state is left alone. A hold is
    released; money taken is booked as it moved, and refunded.
    """
    attempt = now_is.attempt
    given_up = attempt.state in (AttemptState.NOT_SENT, AttemptState.DECLINED)
    if not (given_up and attempt.kind == AttemptKind.AUTHORIZE and isinstance(outcome, Approved)):
        return Change()
    if attempt.reference:
        return Change()  # told of it before; the undoing is under way
    told = _replace(attempt, reference=outcome.reference[:200])
    change = Change(attempt=told, begun=_undoing(told, now=now))
    if attempt.capture:
        source = charge_id(attempt.id)
        change.transactions.append(
            movement(
                now_is.payment,
                told,
                MovementKind.CHARGE,
                told.amount,
                source,
                reference=told.reference,
                fee=0,
                new_id=new_id,
            )
        )
        change.transfers.extend(postings.charged(told, 0))
    return change


def _undoing(late: Attempt, *, now: Instant) -> Attempt:
    """The attempt that undoes a late approval: a refund of what was taken, or the release of what is held."""
    kind = AttemptKind.REFUND if late.capture else AttemptKind.VOID
    return _replace(
        late,
        id="undo_" + late.id.partition("_")[2],
        created=now,
        version=0,
        kind=kind.value,
        state=AttemptState.OPEN.value,
        capture=False,
        parent=late.id,
        compensates=True,
        reference="",
        code="",
        decline_code="",
        message="undoes an approval that came after the attempt was given up",
        decision="",
        settled=None,
        asked=0,
        ask_at=now,
    )


def _compensated(now_is: Situation, outcome: Outcome, *, new_id: NewId, now: Instant) -> Change:
    known = answered(now_is.attempt, outcome, now=now)
    change = Change(attempt=known)
    if known.state == AttemptState.APPROVED and known.kind == AttemptKind.REFUND:
        source = charge_id(known.parent)
        change.transactions.append(
            movement(
                now_is.payment,
                known,
                MovementKind.REFUND,
                -known.amount,
                source,
                reference=now_is.charge.reference,
                fee=0,
                new_id=new_id,
            )
        )
        change.transfers.extend(postings.refunded(known))
    return change


def open_payment_status(payment: Payment) -> bool:
    """Whether nothing about the payment is under way."""
    return payment.pending_attempt is None and payment.status != PaymentStatus.PROCESSING
