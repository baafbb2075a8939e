"""One function per outcome of a question: what becomes of payment, attempt, refund, books, balance, and what is told.

Pure. The lifecycle table says where a payment may go; `postings` says what the ledger is told.
"""

from __future__ import annotations

import msgspec

from tallystick import jobs
from tallystick.base import Instant, after
from tallystick.connectors import Unknown
from tallystick.payments import postings, states, wire
from tallystick.payments.change import Change, NewId, Situation
from tallystick.payments.model import (
    Attempt,
    AttemptKind,
    AttemptState,
    BalanceTransaction,
    MovementKind,
    Payment,
    RefundStatus,
)
from tallystick.payments.rules import SETTLING_DAYS, charge_id, to_text
from tallystick.payments.states import Move

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 3600
_replace = msgspec.structs.replace


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


def unknown(now_is: Situation, outcome: Unknown, *, now: Instant) -> Change:
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


def authorized(now_is: Situation, attempt: Attempt, *, fee: int, new_id: NewId) -> Change:
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


def not_authorized(now_is: Situation, attempt: Attempt) -> Change:
    failed = failed_payment(now_is.payment, attempt, now_is.method)
    return Change(
        payment=failed,
        attempt=attempt,
        news=[
            ("charge.failed", wire.charge(now_is.payment, attempt)),
            ("payment_intent.payment_failed", wire.payment_intent(failed)),
        ],
    )


def captured(now_is: Situation, attempt: Attempt, *, fee: int, new_id: NewId) -> Change:
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


def voided(now_is: Situation, attempt: Attempt, *, now: Instant) -> Change:
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


def still_held(now_is: Situation, attempt: Attempt) -> Change:
    payment = now_is.payment
    move = Move.CAPTURE_FAILED if attempt.kind == AttemptKind.CAPTURE else Move.VOID_FAILED
    held = _replace(
        payment,
        status=states.advance(payment.id, payment.status, move),
        pending_attempt=None,
        cancellation_reason="",
    )
    return Change(payment=held, attempt=attempt)


def refunded(now_is: Situation, attempt: Attempt, *, new_id: NewId) -> Change:
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


def not_refunded(now_is: Situation, attempt: Attempt) -> Change:
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
    processor's name for the payment. It is booked at the moment the attempt was settled, as its postings are, so that
    both fall on the same business day."""
    created = attempt.settled
    assert created is not None, f"{attempt.id} moves money, so it is settled"
    return BalanceTransaction(
        id=new_id("txn"),
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
