"""Lifecycles, each as one table. The diagram in docs/reference/payments.md, the CHECK constraints of the tables and the
tests are made from these; `advance` is the only way from one state to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from tallystick.base import Refused
from tallystick.payments.model import AttemptState, DisputeStatus, PaymentRefusal, PaymentStatus, RefundStatus

S = TypeVar("S", bound=StrEnum)
M = TypeVar("M", bound=StrEnum)


class Move(StrEnum):
    """What may happen to a payment. `_sent` moves are made before the processor is asked."""

    ATTACH = "attach a method"
    DETACH = "remove the method"
    AUTHORIZE_SENT = "confirm"
    AUTHORIZED = "authorised"
    CHARGED = "authorised and captured"
    AUTHORIZE_FAILED = "declined or not sent"
    CASCADED = "declined, next processor asked"
    CAPTURE_SENT = "capture"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture declined or not sent"
    VOID_SENT = "cancel"
    VOIDED = "voided"
    VOID_FAILED = "void declined or not sent"
    STILL_UNKNOWN = "no answer yet"
    CANCELED = "cancel before authorisation"


class Verb(StrEnum):
    """What a caller may ask of a payment, in the words its refusal uses."""

    CONFIRM = "confirm"
    CAPTURE = "capture"
    CANCEL = "cancel"
    UPDATE = "update more than description and metadata"


_MOVES_OF: Mapping[Verb, frozenset[Move]] = MappingProxyType(
    {
        # A method sent with the confirmation is attached first, so whatever may attach may confirm. An amount may
        # change for as long as the method may.
        Verb.CONFIRM: frozenset({Move.ATTACH, Move.AUTHORIZE_SENT}),
        Verb.CAPTURE: frozenset({Move.CAPTURE_SENT}),
        Verb.CANCEL: frozenset({Move.CANCELED, Move.VOID_SENT}),
        Verb.UPDATE: frozenset({Move.ATTACH}),
    }
)
"""The moves that each verb may begin with, depending on the payment's status."""
_VERB_OF: Mapping[Move, Verb] = MappingProxyType(
    {
        Move.AUTHORIZE_SENT: Verb.CONFIRM,
        Move.CAPTURE_SENT: Verb.CAPTURE,
        Move.VOID_SENT: Verb.CANCEL,
        Move.CANCELED: Verb.CANCEL,
    }
)
"""The verb behind a move that only one verb makes."""

_NO_METHOD, _READY, _BUSY = (
    PaymentStatus.REQUIRES_PAYMENT_METHOD,
    PaymentStatus.REQUIRES_CONFIRMATION,
    PaymentStatus.PROCESSING,
)
_HELD, _DONE, _GONE = PaymentStatus.REQUIRES_CAPTURE, PaymentStatus.SUCCEEDED, PaymentStatus.CANCELED

PAYMENT: tuple[tuple[PaymentStatus, Move, PaymentStatus], ...] = (
    (_NO_METHOD, Move.ATTACH, _READY),
    (_READY, Move.ATTACH, _READY),
    (_READY, Move.DETACH, _NO_METHOD),
    (_NO_METHOD, Move.DETACH, _NO_METHOD),
    (_NO_METHOD, Move.CANCELED, _GONE),
    (_READY, Move.CANCELED, _GONE),
    (_READY, Move.AUTHORIZE_SENT, _BUSY),
    (_BUSY, Move.AUTHORIZED, _HELD),
    (_BUSY, Move.CHARGED, _DONE),
    (_BUSY, Move.AUTHORIZE_FAILED, _NO_METHOD),
    (_BUSY, Move.CASCADED, _BUSY),
    (_BUSY, Move.STILL_UNKNOWN, _BUSY),
    (_HELD, Move.CAPTURE_SENT, _BUSY),
    (_BUSY, Move.CAPTURED, _DONE),
    (_BUSY, Move.CAPTURE_FAILED, _HELD),
    (_HELD, Move.VOID_SENT, _BUSY),
    (_BUSY, Move.VOIDED, _GONE),
    (_BUSY, Move.VOID_FAILED, _HELD),
)
"""The lifecycle of a payment: from, by, to. A pair that is not here is refused."""

ATTEMPT: tuple[tuple[AttemptState, AttemptState], ...] = (
    (AttemptState.OPEN, AttemptState.APPROVED),
    (AttemptState.OPEN, AttemptState.DECLINED),
    (AttemptState.OPEN, AttemptState.NOT_SENT),
    (AttemptState.OPEN, AttemptState.UNKNOWN),
    (AttemptState.UNKNOWN, AttemptState.UNKNOWN),
    (AttemptState.UNKNOWN, AttemptState.APPROVED),
    (AttemptState.UNKNOWN, AttemptState.DECLINED),
    (AttemptState.UNKNOWN, AttemptState.NOT_SENT),
)
"""The lifecycle of an attempt. What is known stays known: no way leads out of an answer."""

REFUND: tuple[tuple[RefundStatus, RefundStatus], ...] = (
    (RefundStatus.PENDING, RefundStatus.SUCCEEDED),
    (RefundStatus.PENDING, RefundStatus.FAILED),
)

DISPUTE: tuple[tuple[DisputeStatus, DisputeStatus], ...] = (
    (DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_CLOSED),
    (DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.NEEDS_RESPONSE),
    (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.WON),
    (DisputeStatus.NEEDS_RESPONSE, DisputeStatus.LOST),
)

_NEXT: Mapping[tuple[str, Move], PaymentStatus] = MappingProxyType({(old, by): new for old, by, new in PAYMENT})
_ATTEMPT_STEPS = frozenset(ATTEMPT)
_REFUND_STEPS = frozenset(REFUND)
_DISPUTE_STEPS = frozenset(DISPUTE)

OPEN_ATTEMPTS = frozenset({AttemptState.OPEN, AttemptState.UNKNOWN})
"""Attempts whose outcome is not known."""
CANCELABLE = (_NO_METHOD, _READY)
CONFIRMABLE = (_NO_METHOD, _READY)


def advance(payment_id: str, status: str, move: Move) -> PaymentStatus:
    """The status after `move`. Raises Refused(UNEXPECTED_STATE) when the table has no such move."""
    after = _NEXT.get((status, move))
    if after is None:
        raise unexpected(payment_id, status, _VERB_OF.get(move, move))
    return after


def unexpected(payment_id: str, status: str, asked: Verb | Move) -> Refused:
    """The refusal of a verb (or of a move that no verb makes), naming every state in which it is possible."""
    moves = _MOVES_OF[asked] if isinstance(asked, Verb) else {asked}
    allowed = ", ".join(sorted({old.value for old, by, _ in PAYMENT if by in moves}))
    return Refused(
        PaymentRefusal.UNEXPECTED_STATE,
        f"{payment_id} has the status '{status}', in which '{asked.value}' is not possible. It is possible in: "
        f"{allowed}.",
    )


def attempt_may(old: str, new: str) -> bool:
    """Whether an attempt may go from one state to the other."""
    return (old, new) in _ATTEMPT_STEPS


def refund_may(old: str, new: str) -> bool:
    """Whether a refund may go from one status to the other."""
    return (old, new) in _REFUND_STEPS


def dispute_may(old: str, new: str) -> bool:
    """Whether a dispute may go from one status to the other."""
    return (old, new) in _DISPUTE_STEPS


def diagram() -> str:
    """The payment's lifecycle as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {_NO_METHOD.value}"]
    lines += [f"    {old.value} --> {new.value}: {by.value}" for old, by, new in PAYMENT]
    lines += [f"    {end.value} --> [*]" for end in ends(PaymentStatus, ((old, new) for old, _, new in PAYMENT))]
    return "\n".join(lines) + "\n"


def ends(members: Iterable[S], steps: Iterable[tuple[S, S]]) -> list[S]:
    """The states that nothing leaves."""
    left = {old for old, _ in steps}
    return [member for member in members if member not in left]
