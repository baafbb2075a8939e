"""Step two of the spine: ask, and on a retryable decline ask the next processor, until there is an outcome to settle.

Every processor that is asked gets an attempt of its own, durable before it is asked. After an unknown outcome nobody
else is asked: the money may have moved.
"""

from __future__ import annotations

from tallystick import routing
from tallystick.base import Instant
from tallystick.connectors import Declined, NotSent, Outcome
from tallystick.payments import begin, books, states, wire
from tallystick.payments.again import until_won
from tallystick.payments.ask import ask
from tallystick.payments.change import Change, Situation, answered
from tallystick.payments.model import AttemptKind
from tallystick.payments.settle import Finish, reload, settle, unfinished
from tallystick.payments.states import Move
from tallystick.payments.till import Till


async def carry_out(till: Till, now_is: Situation, *, now: Instant, finish: Finish = unfinished) -> Situation:
    """Ask the attempt's processor, and the next ones where that may help; answer the settled situation."""
    return await carry_on(till, now_is, await ask(till, now_is), now=now, finish=finish)


async def carry_on(
    till: Till, now_is: Situation, outcome: Outcome, *, now: Instant, finish: Finish = unfinished
) -> Situation:
    """Go on from an outcome that is known now: ask the next processors where that may help, then settle."""
    while True:
        # The processor took its time, and midnight may have passed: what it did is booked now, not when it was asked.
        now = max(now, till.database.clock.now())
        following = await _cascade(till, now_is, outcome, now=now)
        if following is None:
            return await settle(till, now_is, outcome, now=now, finish=finish)
        now_is = following
        outcome = await ask(till, now_is)


async def _cascade(till: Till, now_is: Situation, outcome: Outcome, *, now: Instant) -> Situation | None:
    """The situation with the next processor's attempt begun; None when this outcome is to be settled."""
    attempt = now_is.attempt
    open_still = attempt.kind == AttemptKind.AUTHORIZE and attempt.state in states.OPEN_ATTEMPTS
    if not (open_still and isinstance(outcome, Declined | NotSent)):
        return None
    decision = begin.decision_of(attempt)
    tried = decision.candidates[: decision.candidates.index(attempt.processor) + 1]
    following = routing.next_after(decision, outcome, tried=tried)
    if following.chosen is None:
        return None
    return await _hand_on(till, now_is, outcome, following, now=now)


async def _hand_on(
    till: Till, now_is: Situation, outcome: Declined | NotSent, decision: routing.Decision, *, now: Instant
) -> Situation | None:
    """End this attempt and begin the next one in one unit; None when somebody else settled the attempt first."""
    begun_id = till.database.ids.new("att")
    fresh: Situation | None = now_is

    async def step() -> Situation | None:
        nonlocal fresh
        here = fresh or await reload(till.database, now_is)
        fresh = None
        if here.attempt.state not in states.OPEN_ATTEMPTS:
            return None
        known, payment = answered(here.attempt, outcome, now=now), here.payment
        begun = begin.authorization(till, payment, decision, key=begun_id, operation=known.operation, now=now)
        change = Change(
            payment=begin.waiting(payment, begun, Move.CASCADED),
            attempt=known,
            begun=begun,
            news=[("charge.failed", wire.charge(payment, known))],
        )
        async with till.database.unit() as unit:
            books.write(unit, change, owner=payment, now=now)
        return Situation(books.saved(change, payment), begun, begun, None, here.method, fresh=True)

    return await until_won(step)
