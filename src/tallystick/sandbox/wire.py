"""What goes over the wire: the shapes of requests, and the answers as bytes."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from tallystick import cards
from tallystick.sandbox.model import Dispute, Operation, Payment, Problem

T = TypeVar("T")
ENCODE = msgspec.json.Encoder().encode


class CardPart(msgspec.Struct):
    """The card of a payment request; what else is said of it is not looked at."""

    token: str


class PayRequest(msgspec.Struct):
    """POST /payments."""

    amount: int
    currency: str
    card: CardPart
    capture: bool = True
    payment_reference: str = ""
    description: str = ""


class CaptureRequest(msgspec.Struct):
    """POST /payments/{id}/capture. Without an amount: all that is authorised."""

    amount: int | None = None
    final: bool = True


class RefundRequest(msgspec.Struct):
    """POST /payments/{id}/refunds. Without an amount: all that is left."""

    amount: int | None = None


class VoidRequest(msgspec.Struct):
    """POST /payments/{id}/void."""


class OutcomeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """POST /control/disputes/{id}."""

    outcome: str


class ConditionsRequest(msgspec.Struct, forbid_unknown_fields=True):
    """POST /control/conditions: how the processor is doing today; what is left out stays as it was."""

    available: bool | None = None
    latency_ms: int | None = None
    approval_basis_points: int | None = None


class DisputeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """POST /control/payments/{id}/dispute."""

    reason: str = "fraudulent"


def parts(path: str) -> list[str]:
    """The segments of an undecoded path; an encoded slash does not make another segment."""
    found = path.strip("/").split("/")
    return [unquote(part) for part in found] if "%" in path else found


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The request in `body` (empty means `{}`). Raises Problem(invalid_request)."""
    try:
        return decoder.decode(body or b"{}")
    except msgspec.MsgspecError as error:
        raise Problem(400, "invalid_request", str(error)) from None


def operation(op: Operation) -> bytes:
    """What became of an operation."""
    return ENCODE({
        "object": "operation",
        "key": op.id,
        "kind": op.kind,
        "status": op.status,
        "reference": op.reference,
        "payment": op.payment,
        "amount": op.amount,
        "currency": op.currency,
        "decline": _decline(op) if op.status == "declined" else None,
    })  # fmt: skip


def _decline(op: Operation) -> dict[str, Any]:
    known = cards.decline(op.decline_code) if op.decline_code else None
    return {
        "code": op.code,
        "decline_code": op.decline_code,
        "message": known.message if known else op.code.replace("_", " "),
        "retryable": known.retryable if known else False,
    }


def payment(held: Payment) -> dict[str, Any]:
    """A payment as GET /payments/{id} shows it."""
    return {
        "object": "payment",
        "id": held.id,
        "status": held.status,
        "amount": held.authorised,
        "amount_captured": held.captured,
        "amount_refunded": held.refunded,
        "amount_disputed": held.disputed,
        "currency": held.currency,
        "payment_reference": held.reference,
        "created": held.created,
    }


def dispute(held: Dispute) -> dict[str, Any]:
    """A dispute as the control calls show it."""
    return {
        "object": "dispute",
        "id": held.id,
        "payment": held.payment,
        "status": held.status,
        "reason": held.reason,
        "amount": held.amount,
        "currency": held.currency,
        "created": held.created,
    }


def problem(found: Problem) -> bytes:
    """A call that was not carried out."""
    return ENCODE({"error": {"code": found.code, "message": found.message}})
