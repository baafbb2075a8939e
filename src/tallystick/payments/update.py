"""Change a payment that is not under way: amount and currency only before it is confirmed, words at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick import money
from tallystick.base import Instant
from tallystick.idempotency import Operation
from tallystick.payments import begin, books, states
from tallystick.payments.again import until_won
from tallystick.payments.begin import Owner
from tallystick.payments.change import Change, Settled
from tallystick.payments.methods import Offered
from tallystick.payments.model import Payment
from tallystick.payments.rules import check_amount, locked, merged_metadata, read_options, to_text
from tallystick.payments.settle import Finish, unfinished
from tallystick.payments.states import Move, Verb
from tallystick.payments.store import writes
from tallystick.payments.till import Till

_replace = msgspec.structs.replace
WORDS = frozenset({"description", "metadata"})
"""What may change in every state."""
PLAIN = ("amount", "currency", "capture_method", "customer", "receipt_email", "statement_descriptor", "description")
OPTIONS = (
    "automatic_payment_methods",
    "confirmation_method",
    "payment_method_types",
    "setup_future_usage",
    "shipping",
    "statement_descriptor_suffix",
    "transfer_group",
)


def changed(payment: Payment, fields: Mapping[str, Any]) -> Payment:
    """The payment with `fields` changed; None clears a text. Raises Refused for an amount that cannot be paid."""
    plain = {name: fields[name] if fields[name] is not None else "" for name in PLAIN if name in fields}
    after = _replace(payment, **plain)
    chosen = {name: fields[name] for name in OPTIONS if name in fields}
    if chosen:
        after = _replace(after, options=to_text(_replace(read_options(payment.options), **chosen)))
    if "metadata" in fields:
        after = _replace(after, metadata=merged_metadata(payment.metadata, fields["metadata"]))
    if "amount" in plain or "currency" in plain:
        check_amount(after.amount, money.exponent(after.currency))
    return after


async def update(
    till: Till,
    owner: Owner,
    payment_id: str,
    fields: Mapping[str, Any],
    *,
    offered: Offered | None = None,
    operation: Operation,
    now: Instant,
    finish: Finish = unfinished,
) -> Payment:
    """The changed payment.

    Raises Refused: LOCK_TIMEOUT while a question is open and UNEXPECTED_STATE after it was confirmed, unless only
    the description or metadata change; or what is wrong with the new values.
    """

    async def step() -> Payment:
        payment = await begin.payment_of(till, owner, payment_id)
        only_words = WORDS.issuperset(fields) and offered is None
        if payment.pending_attempt is not None and not only_words:
            raise locked(payment)
        if payment.status not in states.CANCELABLE and not only_words:
            raise states.unexpected(payment.id, payment.status, Verb.UPDATE)
        after = changed(payment, fields)
        if offered is not None:
            status = states.advance(payment.id, payment.status, Move.ATTACH).value
            after = _replace(after, status=status, payment_method=offered.method.id, card=offered.instrument)
        change = Change(payment=after)
        async with till.database.unit() as unit:
            operation.begin(unit)
            if offered is not None and offered.new and not operation.resumed:
                unit.insert(writes.ADD_PAYMENT_METHOD, msgspec.structs.asdict(offered.method))
            books.write(unit, change, owner=payment, now=now)
            finish(unit, Settled(after))
        return books.saved(change, payment)

    return await until_won(step)
