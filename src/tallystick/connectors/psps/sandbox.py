"""The plug for the stand-in processor of `tallystick sandbox`; its API is docs/reference/sandbox.md.

Every answer is checked against what was asked: a processor that says yes to another amount or currency has not said
yes. Anything this file cannot read with certainty is `Unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from tallystick import cards
from tallystick.base import Instant, ProcessorSettings, Refused
from tallystick.connectors.contract import Caller, Plug
from tallystick.connectors.model import (
    Approved,
    AuthorizeOrder,
    CaptureOrder,
    ConnectorRefusal,
    Declined,
    NoAnswer,
    NotFound,
    Notification,
    NotificationKind,
    NotSent,
    Outcome,
    RefundOrder,
    Response,
    Unknown,
    VoidOrder,
)
from tallystick.connectors.signature import verify

_KINDS = {
    "payment.authorized": NotificationKind.AUTHORIZED,
    "payment.captured": NotificationKind.CAPTURED,
    "payment.voided": NotificationKind.VOIDED,
    "payment.declined": NotificationKind.DECLINED,
    "refund.succeeded": NotificationKind.REFUNDED,
    "refund.failed": NotificationKind.REFUND_FAILED,
    "dispute.opened": NotificationKind.DISPUTE_OPENED,
    "dispute.won": NotificationKind.DISPUTE_WON,
    "dispute.lost": NotificationKind.DISPUTE_LOST,
    "dispute.inquiry": NotificationKind.INQUIRY,
    "fraud.warning": NotificationKind.FRAUD_WARNING,
}
_UNTOUCHED = frozenset({401, 403, 429, 503})
"""Statuses with which the sandbox promises that it has done nothing."""


class _Decline(msgspec.Struct):
    code: str
    decline_code: str | None = None


class _Operation(msgspec.Struct):
    key: str
    status: str
    amount: int
    currency: str
    payment: str
    reference: str
    decline: _Decline | None = None


class _Error(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Problem(msgspec.Struct):
    error: _Error


class _Event(msgspec.Struct):
    id: str
    kind: str
    payment: str
    amount: int
    currency: str
    occurred: int
    key: str | None = None
    details: dict[str, Any] = {}


_OPERATION = msgspec.json.Decoder(_Operation)
_PROBLEM = msgspec.json.Decoder(_Problem)
_EVENT = msgspec.json.Decoder(_Event)
_ENCODE = msgspec.json.Encoder().encode


class SandboxConnector:
    """Speaks to one sandbox process."""

    def __init__(self, name: str, options: ProcessorSettings, transport: Caller) -> None:
        self.name = name
        self._url = options.url.rstrip("/")
        self._authorization = f"Bearer {options.api_key.get_secret_value()}"
        self._secret = options.notification_secret.get_secret_value()
        self._transport = transport

    async def authorize(self, order: AuthorizeOrder) -> Outcome:
        asked = {
            "amount": order.amount,
            "currency": order.currency,
            "card": {"token": order.card.token, "brand": order.card.brand, "last4": order.card.last4},
            "capture": order.capture,
            "payment_reference": order.payment_id,
            "description": order.description,
        }
        return await self._order("/payments", order.key, asked, amount=order.amount, currency=order.currency)

    async def capture(self, order: CaptureOrder) -> Outcome:
        path = f"/payments/{_safe(order.processor_reference)}/capture"
        asked = {"amount": order.amount, "final": order.final}
        return await self._order(path, order.key, asked, amount=order.amount, currency=order.currency)

    async def void(self, order: VoidOrder) -> Outcome:
        path = f"/payments/{_safe(order.processor_reference)}/void"
        return await self._order(path, order.key, {}, amount=None, currency=None)

    async def refund(self, order: RefundOrder) -> Outcome:
        path = f"/payments/{_safe(order.processor_reference)}/refunds"
        return await self._order(
            path, order.key, {"amount": order.amount}, amount=order.amount, currency=order.currency
        )

    async def look_up(self, key: str) -> Outcome | NotFound:
        headers = {"Authorization": self._authorization}
        answer = await self._transport.call("GET", f"{self._url}/operations/{_safe(key)}", headers=headers)
        match answer:
            case NotSent(reason) | NoAnswer(reason):
                return Unknown(f"could not ask: {reason}")
            case Response(404, body) if _problem(body).code == "operation_missing":
                return NotFound(key)
            case Response(200, body):
                return _read(body, key=key, amount=None, currency=None)
            case Response(status, body):
                return Unknown(f"asked, answered {status}: {_problem(body).message}")

    def read_notifications(self, headers: Mapping[str, str], body: bytes, *, now: Instant) -> list[Notification]:
        given = next((value for name, value in headers.items() if name.lower() == "tally-signature"), None)
        verify(given, body, secret=self._secret, now=now)
        try:
            event = _EVENT.decode(body)
        except msgspec.MsgspecError as error:
            raise Refused(
                ConnectorRefusal.UNREADABLE_NOTIFICATION, f"The notification cannot be read: {error}."
            ) from None
        return [_notification(event)]

    async def _order(
        self, path: str, key: str, asked: dict[str, Any], *, amount: int | None, currency: str | None
    ) -> Outcome:
        headers = {
            "Authorization": self._authorization,
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        answer = await self._transport.call("POST", self._url + path, headers=headers, body=_ENCODE(asked))
        match answer:
            case NotSent():
                return answer
            case NoAnswer(reason):
                return Unknown(reason)
            case Response(200 | 402, body):
                return _read(body, key=key, amount=amount, currency=currency)
            case Response(400 | 404, body) if (problem := _problem(body)).code and problem.code != "key_reused":
                return Declined(problem.code, None, problem.message or "The processor refused the request.")
            case Response(status, body) if status in _UNTOUCHED and _problem(body).code:
                return NotSent(f"answered {status}: {_problem(body).message}")
            case Response(status, body):
                return Unknown(f"answered {status}: {_problem(body).message}")


def _read(body: bytes, *, key: str, amount: int | None, currency: str | None) -> Outcome:
    """The outcome an operation tells of; Unknown where it is not the one that was asked for."""
    try:
        told = _OPERATION.decode(body)
    except msgspec.MsgspecError as error:
        return Unknown(f"the answer cannot be read: {error}")
    if told.key != key:
        return Unknown("the answer is about another order")
    if told.status == "declined" and told.decline is not None:
        known = cards.decline(told.decline.decline_code) if told.decline.decline_code else None
        if known is None:
            return Declined(told.decline.code, None, _REFUSALS.get(told.decline.code, "The processor refused it."))
        return Declined(told.decline.code, known.decline_code, known.message, known.retryable)
    if told.status != "approved":
        return Unknown(f"the processor calls it {told.status}")
    if amount is not None and told.amount != amount:
        return Unknown(f"asked for {amount}, and the processor approved {told.amount}")
    if currency is not None and told.currency != currency:
        return Unknown(f"asked for {currency}, and the processor approved {told.currency}")
    return Approved(told.reference, told.amount, body, told.currency)


_REFUSALS = {
    "amount_too_large": "The amount is more than what is left of the payment at the processor.",
    "already_captured": "The payment was captured before.",
    "payment_unexpected_state": "The payment is in a state at the processor that does not allow this.",
    "charge_disputed": "The payment is disputed, and its money is no longer there to refund.",
    "refund_failed": "The refund failed at the customer's bank.",
}


def _problem(body: bytes) -> _Error:
    try:
        return _PROBLEM.decode(body).error
    except msgspec.MsgspecError:
        return _Error(message=body[:200].decode("utf-8", "replace"))


def _notification(event: _Event) -> Notification:
    return Notification(
        event_id=event.id,
        kind=_KINDS.get(event.kind, NotificationKind.OTHER),
        key=event.key,
        reference=event.payment,
        amount=event.amount,
        currency=event.currency,
        occurred=Instant(event.occurred),
        details=event.details,
    )


def _safe(part: str) -> str:
    """A path segment that cannot become another path."""
    return quote(part, safe="")


PLUG = Plug("sandbox", SandboxConnector)
