"""What capture and cancel have in common: one more question about a hold, with the payment locked meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from tallystick import db
from tallystick.base import Instant, Refused
from tallystick.idempotency import Operation
from tallystick.payments import begin, books, states
from tallystick.payments.again import until_won
from tallystick.payments.begin import Owner
from tallystick.payments.carry import carry_out
from tallystick.payments.change import Change, Settled, Situation
from tallystick.payments.confirm import resume
from tallystick.payments.model import Attempt, AttemptKind, AttemptState, Payment, PaymentRefusal
from tallystick.payments.rules import locked
from tallystick.payments.settle import Finish
from tallystick.payments.states import Move
from tallystick.payments.store import reads
from tallystick.payments.till import Till

_MOVES = {AttemptKind.CAPTURE: Move.CAPTURE_SENT, AttemptKind.VOID: Move.VOID_SENT}
_DECLINED = {AttemptKind.CAPTURE: PaymentRefusal.CAPTURE_DECLINED, AttemptKind.VOID: PaymentRefusal.CANCEL_DECLINED}
_FAILED = frozenset({AttemptState.DECLINED, AttemptState.NOT_SENT})


async def follow(
    till: Till,
    owner: Owner,
    payment_id: str,
    kind: AttemptKind,
    prepare: Callable[[Payment], tuple[Payment, int]],
    *,
    operation: Operation,
    now: Instant,
    finish: Finish,
) -> Payment:
    """Ask the processor to capture or void, and answer the payment as it stands then.

    `prepare` checks the payment and answers it with what is to be remembered, and the amount. Raises Refused:
    LOCK_TIMEOUT, UNEXPECTED_STATE, what `prepare` raises, or why the processor did not do it.
    """

    async def step() -> Situation | Payment:
        payment = await begin.payment_of(till, owner, payment_id)
        before = await begin.earlier(till, payment, operation)
        if before is not None and before.state not in _FAILED:
            return payment
        return await _begin(till, payment, kind, prepare, before, operation=operation, now=now)

    begun = await until_won(step)
    if isinstance(begun, Payment):
        return await resume(till, begun, operation=operation, now=now, finish=finish)

    def unless_failed(unit: db.Unit, settled: Settled) -> None:
        if settled.attempt is None or settled.attempt.state not in _FAILED:
            finish(unit, settled)

    settled = await carry_out(till, begun, now=now, finish=unless_failed)
    if settled.attempt.state in _FAILED:
        raise _refusal(settled.attempt)
    return settled.payment


async def _begin(
    till: Till,
    payment: Payment,
    kind: AttemptKind,
    prepare: Callable[[Payment], tuple[Payment, int]],
    before: Attempt | None,
    *,
    operation: Operation,
    now: Instant,
) -> Situation:
    if payment.pending_attempt is not None:
        raise locked(payment)
    states.advance(payment.id, payment.status, _MOVES[kind])
    prepared, amount = prepare(payment)
    charge = await reads.attempt(till.database, payment.charge)
    assert charge is not None, f"{payment.id} is held, so it has an authorise attempt"
    key = begin.attempt_key(till, operation, before)
    attempt = begin.follow_up(till, payment, kind, key=key, operation=operation.id, amount=amount, now=now)
    change = Change(payment=begin.waiting(prepared, attempt, _MOVES[kind]), begun=attempt)
    async with till.database.unit() as unit:
        operation.begin(unit)
        books.write(unit, change, owner=payment, now=now)
    return Situation(books.saved(change, payment), attempt, charge, fresh=True)


def _refusal(attempt: Attempt) -> Refused:
    if attempt.state == AttemptState.NOT_SENT:
        return Refused(PaymentRefusal.PROCESSOR_UNAVAILABLE, attempt.message)
    code = _DECLINED[AttemptKind(attempt.kind)]
    return Refused(code, f"The processor refused to {attempt.kind}: {attempt.message}", processor_code=attempt.code)
