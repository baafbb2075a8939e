"""Refund a captured payment, all or in parts, never more than was captured.

The payment is locked while a refund is in the world, and the amount is checked again by the database (law 5), so that
any number of refunds at once cannot exceed the capture.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tallystick.base import Instant
from tallystick.idempotency import Operation
from tallystick.payments import begin, books, wire
from tallystick.payments.again import Seal, unsealed, until_won
from tallystick.payments.begin import Owner
from tallystick.payments.carry import carry_out
from tallystick.payments.change import Change, Settled, Situation
from tallystick.payments.model import AttemptKind, AttemptState, Payment, Refund, RefundStatus
from tallystick.payments.rules import attempt_id, check_refund, locked, made_at, merged_metadata, missing
from tallystick.payments.settle import Finish, situation_of, unfinished
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

_row = msgspec.structs.asdict


async def refund(
    till: Till,
    owner: Owner,
    *,
    payment_id: str | None = None,
    charge: str | None = None,
    amount: int | None = None,
    reason: str = "",
    metadata: str = "{}",
    operation: Operation,
    now: Instant,
    finish: Finish = unfinished,
) -> Refund:
    """The refund of `amount` minor units, or of all that is left, of a payment or of the charge it was paid by.

    It is `pending` while nobody knows whether the money went back; it is then sent again under the same key until it
    did or was refused. Raises Refused: LOCK_TIMEOUT while an earlier question is open, or why it cannot be refunded.
    """
    refund_id = operation.resource_id("re")

    async def step() -> Situation | Refund:
        known = await reads.refund(till.database, refund_id) if operation.resumed else None
        if known is not None:
            return known
        payment = await _payment_of(till, owner, payment_id, charge)
        made = _new(payment, refund_id, check_refund(payment, amount), reason=reason, metadata=metadata)
        if payment.pending_attempt is not None:
            raise locked(payment)
        return await _begin(till, payment, made, operation=operation, now=now)

    begun = await until_won(step)
    if isinstance(begun, Refund):
        return await _resume(till, begun, operation=operation, now=now, finish=finish)
    settled = await carry_out(till, begun, now=now, finish=finish)
    assert settled.refund is not None, "a refund attempt has a refund"
    return settled.refund


async def _payment_of(till: Till, owner: Owner, payment_id: str | None, charge: str | None) -> Payment:
    """The payment that is meant, which must be the one the charge paid for where both are named."""
    if charge is None:
        assert payment_id is not None, "the caller names a payment or a charge"
        return await begin.payment_of(till, owner, payment_id, param="payment_intent")
    attempt = await reads.attempt(till.database, attempt_id(charge))
    if attempt is None or not owner.owns(attempt) or attempt.kind != AttemptKind.AUTHORIZE:
        raise missing("charge", charge, param="charge")
    payment = await begin.payment_of(till, owner, attempt.payment, param="charge")
    if payment.charge != attempt.id or payment_id not in (None, payment.id):
        raise missing("charge", charge, param="charge")
    return payment


def _new(payment: Payment, refund_id: str, amount: int, *, reason: str, metadata: str) -> Refund:
    return Refund(
        id=refund_id,
        payment=payment.id,
        merchant=payment.merchant,
        livemode=payment.livemode,
        created=made_at(refund_id),
        version=0,
        status=RefundStatus.PENDING.value,
        amount=amount,
        currency=payment.currency,
        charge=payment.charge,
        attempt="",
        reason=reason,
        failure_reason="",
        balance_transaction="",
        metadata=metadata,
    )


async def _begin(till: Till, payment: Payment, made: Refund, *, operation: Operation, now: Instant) -> Situation:
    charge = await reads.attempt(till.database, payment.charge)
    assert charge is not None, f"{payment.id} is captured, so it has an authorise attempt"
    attempt = begin.follow_up(
        till,
        payment,
        AttemptKind.REFUND,
        key=operation.resource_id("att"),
        operation=operation.id,
        amount=made.amount,
        now=now,
        refund=made.id,
    )
    made = msgspec.structs.replace(made, attempt=attempt.id)
    change = Change(
        payment=begin.waiting(payment, attempt, None), begun=attempt, news=[("refund.created", wire.refund(made))]
    )
    async with till.database.unit() as unit:
        operation.begin(unit)
        unit.insert(writes.ADD_REFUND, _row(made))
        books.write(unit, change, owner=payment, now=now)
    return Situation(books.saved(change, payment), attempt, charge, made, fresh=True)


async def _resume(till: Till, known: Refund, *, operation: Operation, now: Instant, finish: Finish) -> Refund:
    """Go on where an earlier run of the same request ended."""
    now_is = await situation_of(till.database, known.attempt)
    if now_is.attempt.state == AttemptState.OPEN:
        settled = await carry_out(till, now_is, now=now, finish=finish)
        assert settled.refund is not None, "a refund attempt has a refund"
        return settled.refund
    async with till.database.unit() as unit:
        operation.begin(unit)
        finish(unit, Settled(now_is.payment, now_is.attempt, known))
    return known


async def refund_of(till: Till, owner: Owner, refund_id: str) -> Refund:
    """The merchant's refund. Raises Refused(RESOURCE_MISSING)."""
    found = await reads.refund(till.database, refund_id)
    if found is None or (found.merchant, found.livemode) != (owner.merchant, owner.livemode):
        raise missing("refund", refund_id, param="refund")
    return found


async def update(
    till: Till,
    owner: Owner,
    refund_id: str,
    metadata: Mapping[str, str] | None,
    *,
    operation: Operation,
    now: Instant,
    seal: Seal = unsealed,
) -> Refund:
    """Change a refund's metadata: merged, None clears it."""

    async def step() -> Refund:
        found = await refund_of(till, owner, refund_id)
        after = msgspec.structs.replace(found, metadata=merged_metadata(found.metadata, metadata))
        async with till.database.unit() as unit:
            operation.begin(unit)
            books.write(unit, Change(refund=after, news=[("refund.updated", wire.refund(after))]), owner=found, now=now)
            seal(unit, after)
        return after

    return await until_won(step)
