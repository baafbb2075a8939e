"""What an outcome changes: the payment, the attempt, the refund, the books, the balance and the news, as one value.

Pure. `apply.py` makes it, `books.py` writes it in one unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from tallystick import ledger
from tallystick.base import Instant
from tallystick.connectors import Approved, Declined, NotSent, Outcome, Unknown
from tallystick.payments import states, wire
from tallystick.payments.model import (
    Attempt,
    AttemptKind,
    AttemptState,
    BalanceTransaction,
    Dispute,
    Payment,
    Refund,
)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 3600
UNREACHABLE = "processing_error"
_replace = msgspec.structs.replace
NewId = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known before the outcome. `charge` is the authorise attempt that a later attempt follows; `method` the
    payment method as a decline shows it. `fresh` says that this very run made the attempt, so that nobody can have sent
    it before."""

    payment: Payment
    attempt: Attempt
    charge: Attempt
    refund: Refund | None = None
    method: wire.Json | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known after: what an answer is made from. There is no attempt where nobody had to be asked."""

    payment: Payment
    attempt: Attempt | None = None
    refund: Refund | None = None


@dataclass(slots=True)
class Change:
    """Everything to be written together. Rows carry the version they were read with."""

    payment: Payment | None = None
    attempt: Attempt | None = None
    refund: Refund | None = None
    dispute: Dispute | None = None
    begun: Attempt | None = None
    transactions: list[BalanceTransaction] = field(default_factory=list)
    transfers: list[ledger.Transfer] = field(default_factory=list)
    news: list[tuple[str, wire.Json]] = field(default_factory=list)


def believed(attempt: Attempt, outcome: Outcome) -> Outcome:
    """The outcome, unless it approves something else than was asked: then nobody knows.

    Giving money back is never abandoned because a processor was away: `resolve` sends it again under the same key.
    """
    if isinstance(outcome, NotSent) and (attempt.kind == AttemptKind.REFUND or attempt.compensates):
        return Unknown(f"not sent yet: {outcome.reason}")
    if not isinstance(outcome, Approved) or attempt.kind == AttemptKind.VOID:
        return outcome
    if outcome.amount != attempt.amount:
        return Unknown(f"asked for {attempt.amount}, and the processor says it approved {outcome.amount}")
    if outcome.currency not in (None, attempt.currency):
        return Unknown(f"asked for {attempt.currency}, and the processor says it approved {outcome.currency}")
    return outcome


def answered(attempt: Attempt, outcome: Outcome, *, now: Instant) -> Attempt:
    """The attempt with its final answer."""
    match outcome:
        case Approved(reference):
            fields = {"state": AttemptState.APPROVED.value, "reference": reference[:200]}
        case Declined(code, decline_code, message):
            fields = {
                "state": AttemptState.DECLINED.value,
                "code": code[:64],
                "decline_code": (decline_code or "")[:64],
                "message": message,
            }
        case NotSent(reason):
            fields = {
                "state": AttemptState.NOT_SENT.value,
                "code": UNREACHABLE,
                "message": f"The processor was not reached and nothing was done ({reason[:300]}). Try again.",
            }
        case Unknown():
            raise AssertionError("an unknown outcome is no answer")
    assert states.attempt_may(attempt.state, fields["state"]), (attempt.id, attempt.state, fields["state"])
    return _replace(attempt, **fields, settled=now, ask_at=None)
