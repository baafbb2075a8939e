"""From a refusal to Stripe's error object: one total table over the kinds of no.

Shape and types: docs.stripe.com/api/errors. A fault shows nothing of the inside; the log has it under the request id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick import idempotency
from tallystick.base import Kind, RefusalCode, Refused
from tallystick.web.model import WebRefusal

API_ERROR = "api_error"
CARD_ERROR = "card_error"
IDEMPOTENCY_ERROR = "idempotency_error"
INVALID_REQUEST = "invalid_request_error"


@dataclass(frozen=True, slots=True)
class Rule:
    """HTTP status and Stripe's error type; `kept` says whether the answer is stored under an idempotency key."""

    status: int
    type: str
    kept: bool


TABLE: Mapping[Kind, Rule] = {
    Kind.MISSING: Rule(404, INVALID_REQUEST, kept=True),
    Kind.CONFLICT: Rule(409, INVALID_REQUEST, kept=False),
    Kind.FORBIDDEN: Rule(403, INVALID_REQUEST, kept=True),
    Kind.INVALID: Rule(400, INVALID_REQUEST, kept=False),
    Kind.STATE: Rule(400, INVALID_REQUEST, kept=True),
    Kind.INSUFFICIENT: Rule(400, INVALID_REQUEST, kept=True),
    Kind.LATER: Rule(503, API_ERROR, kept=False),
    Kind.UNAUTHENTICATED: Rule(401, INVALID_REQUEST, kept=False),
    Kind.TOO_LARGE: Rule(413, INVALID_REQUEST, kept=False),
}
"""What is not kept was either never begun (malformed, unknown caller) or may well succeed when sent again."""

STATUS_OF: Mapping[RefusalCode, int] = {
    WebRefusal.METHOD_NOT_ALLOWED: 405,
    WebRefusal.CONTENT_TYPE_UNSUPPORTED: 415,
}
"""Codes for which HTTP itself has a status."""

TYPE_OF: Mapping[RefusalCode, str] = {
    idempotency.IdempotencyRefusal.KEY_REUSED: IDEMPOTENCY_ERROR,
    idempotency.IdempotencyRefusal.KEY_TOO_LONG: IDEMPOTENCY_ERROR,
}
"""Codes with an error type of their own."""

SHOWN_DETAILS = ("charge", "decline_code", "payment_intent", "payment_method", "setup_intent")
"""What a refusal may add to the error object; anything else in its details stays inside."""


def problem(refused: Refused) -> tuple[int, dict[str, Any]]:
    """Status and body of a refusal."""
    rule = TABLE[refused.kind]
    error: dict[str, Any] = {"type": TYPE_OF.get(refused.code, rule.type), "code": str(refused.code)}
    error["message"] = refused.message
    if refused.param is not None:
        error["param"] = refused.param
    for name in SHOWN_DETAILS:
        if name in refused.details:
            error[name] = refused.details[name]
    return STATUS_OF.get(refused.code, rule.status), {"error": error}


def fault(request_id: str) -> dict[str, Any]:
    """The body for a fault of ours."""
    message = f"Something went wrong on our side. Tell support this request id: {request_id}."
    return {"error": {"type": API_ERROR, "code": "api_error", "message": message}}


def card_error(
    message: str, *, code: str, decline_code: str | None = None, param: str | None = None, **objects: Any
) -> dict[str, Any]:
    """The body, for status 402, of a payment that the card's side declined: an outcome, not a refusal.

    `objects` are `payment_intent`, `charge` and the like.
    """
    error: dict[str, Any] = {"type": CARD_ERROR, "code": code, "message": message}
    for name, value in (("decline_code", decline_code), ("param", param), *objects.items()):
        if value is not None:
            error[name] = value
    return {"error": error}
