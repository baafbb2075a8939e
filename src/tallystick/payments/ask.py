"""Put one attempt to its processor. No transaction is open here, and the attempt is durable already."""

from __future__ import annotations

from tallystick.base import Instant, after
from tallystick.connectors import (
    AuthorizeOrder,
    CaptureOrder,
    NotFound,
    NotSent,
    Outcome,
    RefundOrder,
    Unknown,
    VoidOrder,
)
from tallystick.payments import states
from tallystick.payments.change import Situation
from tallystick.payments.model import Attempt, AttemptKind
from tallystick.payments.rules import read_instrument
from tallystick.payments.till import Till


async def ask(till: Till, now_is: Situation) -> Outcome:
    """What the processor answers. Asking again with the same attempt has one effect there.

    Not being able to send it proves that nothing was done only if it was never sent before: an attempt that an earlier
    run left behind may have reached the processor then, so for it that is unknown.
    """
    outcome = await _send(till, now_is)
    if isinstance(outcome, NotSent) and not now_is.fresh:
        return Unknown(f"not sent now, but it may have been sent before: {outcome.reason}")
    return outcome


async def _send(till: Till, now_is: Situation) -> Outcome:
    """Give the order to the connector.

    An authorise attempt that has become too old is not sent any more, because `resolve` may already have taken the
    processor's "never seen" for the truth.
    """
    attempt = now_is.attempt
    connector = till.processors.get(attempt.processor)
    if connector is None:
        return NotSent(f"no processor is called {attempt.processor}")
    match AttemptKind(attempt.kind):
        case AttemptKind.AUTHORIZE:
            if till.database.clock.now() > accepted_until(till, attempt):
                return Unknown("too late to send; its processor is asked whether it came before")
            return await connector.authorize(_authorize_order(now_is))
        case AttemptKind.CAPTURE:
            return await connector.capture(
                CaptureOrder(attempt.id, now_is.charge.reference, attempt.amount, attempt.currency)
            )
        case AttemptKind.VOID:
            return await connector.void(VoidOrder(attempt.id, now_is.charge.reference))
        case AttemptKind.REFUND:
            return await connector.refund(
                RefundOrder(attempt.id, now_is.charge.reference, attempt.amount, attempt.currency)
            )


async def find_out(till: Till, now_is: Situation, *, now: Instant) -> Outcome:
    """What became of an attempt without an answer, by asking its processor for the key.

    "Never seen" means not sent, for an authorisation that is older than its accept window: the processor will not
    be given it any more (docs/explanation/unknown-outcomes.md). What the merchant wants done with a payment that
    exists (capture, void, refund) is sent again instead, under the same key, unless the merchant was told already that
    it was not done: false news must not do it after all.
    """
    attempt = now_is.attempt
    connector = till.processors.get(attempt.processor)
    if connector is None:
        return Unknown(f"no processor is called {attempt.processor}")
    answer = await connector.look_up(attempt.id)
    if not isinstance(answer, NotFound):
        return answer if not isinstance(answer, NotSent) else Unknown(answer.reason)
    if attempt.kind != AttemptKind.AUTHORIZE and attempt.state in states.OPEN_ATTEMPTS:
        return await ask(till, now_is)
    if attempt.kind == AttemptKind.AUTHORIZE and now <= accepted_until(till, attempt):
        return Unknown("the processor has not seen it yet")
    return NotSent("the processor never saw it")


def accepted_until(till: Till, attempt: Attempt) -> Instant:
    """The end of the window in which an authorise attempt may reach its processor."""
    return after(attempt.created, seconds=till.accept_window_seconds)


def _authorize_order(now_is: Situation) -> AuthorizeOrder:
    attempt = now_is.attempt
    instrument = read_instrument(attempt.card)
    assert instrument is not None, "an authorise attempt has a card"
    return AuthorizeOrder(
        key=attempt.id,
        amount=attempt.amount,
        currency=attempt.currency,
        card=instrument.card(),
        capture=attempt.capture,
        payment_id=attempt.payment,
        description=now_is.payment.description,
    )
