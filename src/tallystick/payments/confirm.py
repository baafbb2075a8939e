"""Confirm a payment: ask for the money."""

from __future__ import annotations

import msgspec

from tallystick import db
from tallystick.base import Instant, Refused
from tallystick.idempotency import Operation
from tallystick.payments import begin, books, states, wire
from tallystick.payments.again import until_won
from tallystick.payments.begin import Owner
from tallystick.payments.carry import carry_out
from tallystick.payments.change import Change, Settled, Situation
from tallystick.payments.methods import Offered
from tallystick.payments.model import AttemptState, Payment, PaymentRefusal, PaymentStatus
from tallystick.payments.rules import locked
from tallystick.payments.settle import Finish, situation_of, unfinished
from tallystick.payments.states import Move, Verb
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

_replace = msgspec.structs.replace
_PAID = frozenset({PaymentStatus.REQUIRES_CAPTURE, PaymentStatus.SUCCEEDED})


async def confirm(
    till: Till,
    owner: Owner,
    payment_id: str,
    *,
    offered: Offered | None = None,
    changes: Payment | None = None,
    save_for_later: bool = False,
    operation: Operation,
    now: Instant,
    finish: Finish = unfinished,
) -> Payment:
    """The payment as it stands after its processors were asked: succeeded, to be captured, declined or unknown.

    `offered` replaces the payment method; `changes` is the payment with other fields changed, as `update.changed`
    makes it. Raises Refused: LOCK_TIMEOUT while an earlier question is open, UNEXPECTED_STATE, or no method to
    confirm with.
    """

    async def step() -> Situation | Payment:
        payment = await begin.payment_of(till, owner, payment_id)
        before = await begin.earlier(till, payment, operation)
        if before is not None and before.state != AttemptState.NOT_SENT:
            return payment
        key = begin.attempt_key(till, operation, before)
        return await _begin(till, _with(payment, changes, offered), offered, key, operation=operation, now=now)

    begun = await until_won(step)
    if isinstance(begun, Payment):
        return await resume(till, begun, operation=operation, now=now, finish=finish)
    finish = finishing(finish, offered, begun.payment.customer if save_for_later else "")
    return (await carry_out(till, begun, now=now, finish=finish)).payment


def _with(payment: Payment, changes: Payment | None, offered: Offered | None) -> Payment:
    if payment.pending_attempt is not None:
        raise locked(payment)
    if payment.status not in states.CONFIRMABLE:
        raise states.unexpected(payment.id, payment.status, Verb.CONFIRM)
    if changes is not None:
        kept = ("capture_method", "receipt_email", "options")
        payment = _replace(payment, **{name: getattr(changes, name) for name in kept})
    if offered is None:
        return payment
    status = states.advance(payment.id, payment.status, Move.ATTACH)
    return _replace(
        payment, status=status.value, payment_method=offered.method.id, card=offered.instrument, last_error=""
    )


async def _begin(
    till: Till, payment: Payment, offered: Offered | None, key: str, *, operation: Operation, now: Instant
) -> Situation:
    if payment.status == PaymentStatus.REQUIRES_PAYMENT_METHOD:
        raise Refused(
            PaymentRefusal.UNEXPECTED_STATE,
            f"{payment.id} has no payment method to confirm with. Send a payment_method.",
            param="payment_method",
        )
    decision = begin.routed(till, payment)
    attempt = begin.authorization(till, payment, decision, key=key, operation=operation.id, now=now)
    change = Change(payment=begin.waiting(payment, attempt, Move.AUTHORIZE_SENT), begun=attempt)
    async with till.database.unit() as unit:
        operation.begin(unit)
        if offered is not None and offered.new:
            unit.insert(writes.ADD_PAYMENT_METHOD, msgspec.structs.asdict(offered.method))
        books.write(unit, change, owner=payment, now=now)
    method = await _shown(till, payment, offered)
    return Situation(books.saved(change, payment), attempt, attempt, None, method, fresh=True)


async def _shown(till: Till, payment: Payment, offered: Offered | None) -> wire.Json | None:
    """The payment method as a decline shows it."""
    if offered is not None:
        return wire.payment_method(offered.method)
    method = await reads.payment_method(till.database, payment.payment_method)
    return wire.payment_method(method) if method else None


async def resume(
    till: Till, payment: Payment, *, operation: Operation, now: Instant, finish: Finish = unfinished
) -> Payment:
    """Go on where an earlier run of the same request ended: ask again under the same key, or answer what is known."""
    if payment.pending_attempt is not None:
        now_is = await situation_of(till.database, payment.pending_attempt)
        if now_is.attempt.operation == operation.id:
            return (await carry_out(till, now_is, now=now, finish=finish)).payment
    async with till.database.unit() as unit:
        operation.begin(unit)
        finish(unit, Settled(payment))
    return payment


def finishing(finish: Finish, offered: Offered | None, customer: str) -> Finish:
    """`finish`, which also keeps the payment method for `customer` when the payment was made."""
    if offered is None or not customer or offered.method.customer:
        return finish

    def both(unit: db.Unit, now_is: Settled) -> None:
        finish(unit, now_is)
        if now_is.payment.status in _PAID:
            unit.update(writes.GIVE_PAYMENT_METHOD, {"id": offered.method.id, "customer": customer})

    return both
