"""Cancel a payment; a hold is voided at its processor first."""

from __future__ import annotations

import msgspec

from tallystick.base import Instant
from tallystick.idempotency import Operation
from tallystick.payments import begin, books, states, wire
from tallystick.payments.again import until_won
from tallystick.payments.begin import Owner
from tallystick.payments.change import Change, Settled
from tallystick.payments.confirm import resume
from tallystick.payments.follow import follow
from tallystick.payments.model import AttemptKind, Payment, PaymentStatus
from tallystick.payments.settle import Finish, unfinished
from tallystick.payments.states import Move
from tallystick.payments.till import Till

_replace = msgspec.structs.replace


async def cancel(
    till: Till,
    owner: Owner,
    payment_id: str,
    *,
    reason: str = "",
    operation: Operation,
    now: Instant,
    finish: Finish = unfinished,
) -> Payment:
    """The cancelled payment, or one that is `processing` while nobody knows whether its hold was released.

    Raises Refused: LOCK_TIMEOUT while an earlier question is open, UNEXPECTED_STATE, CANCEL_DECLINED or
    PROCESSOR_UNAVAILABLE (the hold stands).
    """

    async def step() -> Payment | None:
        payment = await begin.payment_of(till, owner, payment_id)
        if payment.status in (PaymentStatus.REQUIRES_CAPTURE, PaymentStatus.PROCESSING):
            return None
        if operation.resumed and payment.status == PaymentStatus.CANCELED:
            return await resume(till, payment, operation=operation, now=now, finish=finish)
        gone = _replace(
            payment,
            status=states.advance(payment.id, payment.status, Move.CANCELED).value,
            canceled_at=now,
            cancellation_reason=reason,
        )
        change = Change(payment=gone, news=[("payment_intent.canceled", wire.payment_intent(gone))])
        async with till.database.unit() as unit:
            operation.begin(unit)
            books.write(unit, change, owner=payment, now=now)
            finish(unit, Settled(gone))
        return books.saved(change, payment)

    def wanted(payment: Payment) -> tuple[Payment, int]:
        return _replace(payment, cancellation_reason=reason), payment.authorised

    canceled = await until_won(step)
    if canceled is not None:
        return canceled
    return await follow(till, owner, payment_id, AttemptKind.VOID, wanted, operation=operation, now=now, finish=finish)
