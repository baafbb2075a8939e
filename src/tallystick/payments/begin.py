"""Step one of the spine: the attempt, and the payment that waits for it, are durable before anybody is asked."""

from __future__ import annotations

import msgspec

from tallystick import routing
from tallystick.base import Instant, after
from tallystick.idempotency import Operation
from tallystick.payments import states
from tallystick.payments.model import Attempt, AttemptKind, AttemptState, Payment
from tallystick.payments.rules import made_at, missing, to_text
from tallystick.payments.states import Move
from tallystick.payments.store import reads
from tallystick.payments.till import Till

_replace = msgspec.structs.replace


class Owner(msgspec.Struct, frozen=True):
    """Whose objects a verb may see: one merchant's, in live or in test mode."""

    merchant: str
    livemode: bool

    def owns(self, thing: Payment | Attempt | None) -> bool:
        """Whether `thing` exists for this owner."""
        return thing is not None and thing.merchant == self.merchant and thing.livemode == self.livemode


class Decided(msgspec.Struct, frozen=True):
    """A routing decision as an attempt keeps it."""

    candidates: tuple[str, ...]
    chosen: str
    why: str
    position: int


_read_decision = msgspec.json.Decoder(Decided).decode


async def payment_of(till: Till, owner: Owner, payment_id: str, *, param: str = "intent") -> Payment:
    """The payment. Raises Refused(RESOURCE_MISSING), also for another merchant's or the other mode's."""
    payment = await reads.payment(till.database, payment_id)
    if payment is None or not owner.owns(payment):
        raise missing("payment_intent", payment_id, param=param)
    return payment


async def earlier(till: Till, payment: Payment, operation: Operation) -> Attempt | None:
    """The last attempt of an earlier run of this same request, which its server did not live to answer."""
    if not operation.resumed:
        return None
    mine = [found for found in await reads.attempts_of(till.database, payment.id) if found.operation == operation.id]
    return mine[-1] if mine else None


def attempt_key(till: Till, operation: Operation, before: Attempt | None) -> str:
    """The id of the attempt a request begins: the same in each run, unless an earlier run's was not sent."""
    return till.database.ids.new("att") if before is not None else operation.resource_id("att")


def routed(till: Till, payment: Payment) -> routing.Decision:
    """Which processor is asked first, and which may follow."""
    return routing.choose(till.routes, merchant_id=payment.merchant, currency=payment.currency)


def authorization(
    till: Till, payment: Payment, decision: routing.Decision, *, key: str, operation: str, now: Instant
) -> Attempt:
    """The attempt to authorise the whole amount at the processor that was chosen."""
    assert decision.chosen is not None, "a decision that chose nobody begins no attempt"
    kept = to_text(Decided(decision.candidates, decision.chosen, decision.why, decision.position))
    return _attempt(
        till,
        payment,
        AttemptKind.AUTHORIZE,
        key=key,
        operation=operation,
        now=now,
        processor=decision.chosen,
        amount=payment.amount,
        capture=payment.capture_method == "automatic",
        card=payment.card,
        decision=kept,
    )


def follow_up(
    till: Till,
    payment: Payment,
    kind: AttemptKind,
    *,
    key: str,
    operation: str,
    amount: int,
    now: Instant,
    refund: str = "",
) -> Attempt:
    """An attempt to capture, void or refund what `payment.charge` holds."""
    return _attempt(
        till,
        payment,
        kind,
        key=key,
        operation=operation,
        now=now,
        processor=payment.processor,
        amount=amount,
        parent=payment.charge,
        refund=refund,
    )


def _attempt(
    till: Till,
    payment: Payment,
    kind: AttemptKind,
    *,
    key: str,
    operation: str,
    now: Instant,
    processor: str,
    amount: int,
    capture: bool = False,
    parent: str = "",
    refund: str = "",
    card: str = "",
    decision: str = "",
) -> Attempt:
    return Attempt(
        id=key,
        payment=payment.id,
        merchant=payment.merchant,
        livemode=payment.livemode,
        created=made_at(key),
        version=0,
        kind=kind.value,
        state=AttemptState.OPEN.value,
        number=payment.attempts + 1,
        operation=operation,
        processor=processor,
        amount=amount,
        currency=payment.currency,
        capture=capture,
        parent=parent,
        refund=refund,
        compensates=False,
        card=card,
        reference="",
        code="",
        decline_code="",
        message="",
        decision=decision,
        settled=None,
        asked=0,
        ask_at=after(now, seconds=till.resolve_after_seconds),
    )


def waiting(payment: Payment, attempt: Attempt, move: Move | None) -> Payment:
    """The payment while `attempt` is in the world; `move` is None where its status does not change (a refund)."""
    assert payment.pending_attempt is None or move is Move.CASCADED, "one question at a time"
    status = payment.status if move is None else states.advance(payment.id, payment.status, move).value
    return _replace(payment, status=status, pending_attempt=attempt.id, attempts=attempt.number)


def decision_of(attempt: Attempt) -> routing.Decision:
    """The decision that led to an authorise attempt."""
    kept = _read_decision(attempt.decision)
    return routing.Decision(kept.candidates, kept.chosen, kept.why, kept.position)
