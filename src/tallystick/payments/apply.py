"""The only place that turns an answer from the world into state, whether it came at once, after a crash, or from a
question asked hours later. Pure; `books.py` writes what it answers in one unit.
"""

from __future__ import annotations

from tallystick.base import Instant
from tallystick.connectors import Approved, Outcome, Unknown
from tallystick.payments import states
from tallystick.payments.change import Change, NewId, Situation, answered, believed
from tallystick.payments.effects import (
    authorized,
    captured,
    not_authorized,
    not_refunded,
    refunded,
    still_held,
    unknown,
    voided,
)
from tallystick.payments.model import AttemptKind
from tallystick.payments.undo import compensated, too_late


def apply(now_is: Situation, outcome: Outcome, *, fee: int, new_id: NewId, now: Instant) -> Change:
    """What `outcome` changes. An attempt whose outcome is known already changes nothing, save that an approval which
    comes after the attempt was given up must be undone at the processor.

    `fee` is our fee in minor units for the attempt's amount; `new_id` makes ids by prefix.
    """
    attempt, outcome = now_is.attempt, believed(now_is.attempt, outcome)
    if attempt.state not in states.OPEN_ATTEMPTS:
        return too_late(now_is, outcome, new_id=new_id, now=now)
    if isinstance(outcome, Unknown):
        return unknown(now_is, outcome, now=now)
    if attempt.compensates:
        return compensated(now_is, outcome, new_id=new_id, now=now)
    known = answered(attempt, outcome, now=now)
    approved = isinstance(outcome, Approved)
    match AttemptKind(attempt.kind):
        case AttemptKind.AUTHORIZE if approved:
            return authorized(now_is, known, fee=fee, new_id=new_id)
        case AttemptKind.AUTHORIZE:
            return not_authorized(now_is, known)
        case AttemptKind.CAPTURE if approved:
            return captured(now_is, known, fee=fee, new_id=new_id)
        case AttemptKind.VOID if approved:
            return voided(now_is, known, now=now)
        case AttemptKind.CAPTURE | AttemptKind.VOID:
            return still_held(now_is, known)
        case AttemptKind.REFUND if approved:
            return refunded(now_is, known, new_id=new_id)
        case AttemptKind.REFUND:
            return not_refunded(now_is, known)
