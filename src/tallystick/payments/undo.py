"""Approvals nobody waits for any more, and what undoes them. Pure."""

from __future__ import annotations

import msgspec

from tallystick.base import Instant
from tallystick.connectors import Approved, Outcome
from tallystick.payments import postings
from tallystick.payments.change import Change, NewId, Situation, answered
from tallystick.payments.effects import movement
from tallystick.payments.model import Attempt, AttemptKind, AttemptState, MovementKind
from tallystick.payments.rules import charge_id

_replace = msgspec.structs.replace


def too_late(now_is: Situation, outcome: Outcome, *, new_id: NewId, now: Instant) -> Change:
    """An attempt that was finished without money turns out to have been approved: undo it at the processor.

    It happens when a processor accepts a request after telling us that it never saw it, or contradicts itself. The
    payment may have been paid by another attempt or cancelled meanwhile, so its own state is left alone. A hold is
    released; money taken is booked as it moved, and refunded.
    """
    attempt = now_is.attempt
    given_up = attempt.state in (AttemptState.NOT_SENT, AttemptState.DECLINED)
    if not (given_up and attempt.kind == AttemptKind.AUTHORIZE and isinstance(outcome, Approved)):
        return Change()
    if attempt.reference:
        return Change()  # told of it before; the undoing is under way
    told = _replace(attempt, reference=outcome.reference[:200])
    change = Change(attempt=told, begun=_undoing(told, now=now))
    if attempt.capture:
        source = charge_id(attempt.id)
        change.transactions.append(
            movement(
                now_is.payment,
                told,
                MovementKind.CHARGE,
                told.amount,
                source,
                reference=told.reference,
                fee=0,
                new_id=new_id,
            )
        )
        change.transfers.extend(postings.charged(told, 0))
    return change


def _undoing(late: Attempt, *, now: Instant) -> Attempt:
    """The attempt that undoes a late approval: a refund of what was taken, or the release of what is held."""
    kind = AttemptKind.REFUND if late.capture else AttemptKind.VOID
    return _replace(
        late,
        id="undo_" + late.id.partition("_")[2],
        created=now,
        version=0,
        kind=kind.value,
        state=AttemptState.OPEN.value,
        capture=False,
        parent=late.id,
        compensates=True,
        reference="",
        code="",
        decline_code="",
        message="undoes an approval that came after the attempt was given up",
        decision="",
        settled=None,
        asked=0,
        ask_at=now,
    )


def compensated(now_is: Situation, outcome: Outcome, *, new_id: NewId, now: Instant) -> Change:
    known = answered(now_is.attempt, outcome, now=now)
    change = Change(attempt=known)
    if known.state == AttemptState.APPROVED and known.kind == AttemptKind.REFUND:
        source = charge_id(known.parent)
        change.transactions.append(
            movement(
                now_is.payment,
                known,
                MovementKind.REFUND,
                -known.amount,
                source,
                reference=now_is.charge.reference,
                fee=0,
                new_id=new_id,
            )
        )
        change.transfers.extend(postings.refunded(known))
    return change
