"""Create a payment, and with `confirm` carry it out in the same request."""

from __future__ import annotations

import msgspec

from tallystick import db, money
from tallystick.base import Instant, Refused
from tallystick.idempotency import Operation
from tallystick.payments import begin, books, wire
from tallystick.payments.begin import Owner
from tallystick.payments.carry import carry_out
from tallystick.payments.change import Settled, Situation
from tallystick.payments.confirm import finishing, resume
from tallystick.payments.methods import Offered
from tallystick.payments.model import Attempt, Payment, PaymentRefusal, PaymentStatus
from tallystick.payments.rules import check_amount, made_at
from tallystick.payments.settle import Finish, unfinished
from tallystick.payments.states import Move
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

_row = msgspec.structs.asdict


class NewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment is to be: `amount` in minor units of `currency` (capitals); JSON text as the columns keep it."""

    amount: int
    currency: str
    capture_method: str = "automatic"
    customer: str = ""
    description: str = ""
    receipt_email: str = ""
    statement_descriptor: str = ""
    metadata: str = "{}"
    options: str = "{}"


async def create(
    till: Till,
    owner: Owner,
    wanted: NewPayment,
    *,
    offered: Offered | None = None,
    confirm: bool = False,
    save_for_later: bool = False,
    operation: Operation,
    now: Instant,
    finish: Finish = unfinished,
) -> Payment:
    """The new payment; with `confirm` as it stands after the processor was asked.

    Raises Refused: an amount or currency that cannot be paid, or `confirm` without a payment method.
    """
    check_amount(wanted.amount, money.exponent(wanted.currency))
    if confirm and offered is None:
        raise Refused(
            PaymentRefusal.PARAMETER_MISSING, "To confirm, send a payment_method to pay with.", param="payment_method"
        )
    payment_id = operation.resource_id("pi")
    finish = finishing(finish, offered, wanted.customer if save_for_later else "")
    if operation.resumed and (known := await reads.payment(till.database, payment_id)) is not None:
        return await resume(till, known, operation=operation, now=now, finish=finish)
    payment = _new(till, owner, wanted, payment_id, offered)
    if not confirm:
        return await _keep(till, payment, offered, operation=operation, now=now, finish=finish)
    begun = await _begin(till, payment, offered, operation=operation, now=now)
    return (await carry_out(till, begun, now=now, finish=finish)).payment


async def _keep(
    till: Till, payment: Payment, offered: Offered | None, *, operation: Operation, now: Instant, finish: Finish
) -> Payment:
    async with till.database.unit() as unit:
        operation.begin(unit)
        _insert(unit, payment, payment, offered, now=now)
        finish(unit, Settled(payment))
    return payment


async def _begin(
    till: Till, payment: Payment, offered: Offered | None, *, operation: Operation, now: Instant
) -> Situation:
    key = operation.resource_id("att")
    attempt: Attempt = begin.authorization(
        till, payment, begin.routed(till, payment), key=key, operation=operation.id, now=now
    )
    busy = begin.waiting(payment, attempt, Move.AUTHORIZE_SENT)
    async with till.database.unit() as unit:
        operation.begin(unit)
        _insert(unit, busy, payment, offered, now=now)
        unit.insert(writes.ADD_ATTEMPT, _row(attempt))
    method = wire.payment_method(offered.method) if offered else None
    return Situation(busy, attempt, attempt, None, method, fresh=True)


def _insert(unit: db.Unit, row: Payment, told: Payment, offered: Offered | None, *, now: Instant) -> None:
    """The rows and the news of a payment that was made; `told` is how it was before anything else began."""
    unit.insert(writes.ADD_PAYMENT, _row(row))
    if offered is not None and offered.new:
        unit.insert(writes.ADD_PAYMENT_METHOD, _row(offered.method))
    shown = wire.payment_intent(told)
    books.tell(unit, "payment_intent.created", shown, merchant=row.merchant, livemode=row.livemode, now=now)


def _new(till: Till, owner: Owner, wanted: NewPayment, payment_id: str, offered: Offered | None) -> Payment:
    ready = offered is not None
    return Payment(
        id=payment_id,
        merchant=owner.merchant,
        livemode=owner.livemode,
        created=made_at(payment_id),
        version=0,
        status=(PaymentStatus.REQUIRES_CONFIRMATION if ready else PaymentStatus.REQUIRES_PAYMENT_METHOD).value,
        amount=wanted.amount,
        currency=wanted.currency,
        authorised=0,
        captured=0,
        refunded=0,
        disputed=0,
        capture_method=wanted.capture_method,
        pending_attempt=None,
        attempts=0,
        charge="",
        processor="",
        processor_reference="",
        fee=0,
        balance_transaction="",
        customer=wanted.customer,
        payment_method=offered.method.id if offered else "",
        card=offered.instrument if offered else "",
        last_error="",
        canceled_at=None,
        cancellation_reason="",
        secret=till.database.ids.secret(25),
        description=wanted.description,
        receipt_email=wanted.receipt_email,
        statement_descriptor=wanted.statement_descriptor,
        metadata=wanted.metadata,
        options=wanted.options,
    )
