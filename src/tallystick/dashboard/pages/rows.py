"""A payment as a row, wherever it is listed."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick import payments
from tallystick.dashboard import view
from tallystick.dashboard.view import Scope
from tallystick.money import Money

_READ = msgspec.json.Decoder(dict[str, Any]).decode


def row_of(scope: Scope, payment: payments.Payment) -> view.PaymentRow:
    """One payment in a list."""
    card = read(payment.card) or _declined_card(payment)
    return view.PaymentRow(
        id=payment.id,
        created=payment.created,
        amount=Money(payment.amount, payment.currency),
        status=payment.status,
        merchant=scope.merchant_name(payment.merchant),
        method=f"{card['brand']} {card['last4']}" if card else "",
        processor=payment.processor,
        customer=customer_of(payment),
        description=payment.description,
        refunded_minor=payment.refunded,
        disputed=payment.disputed > 0,
        declined=bool(payment.last_error),
    )


def customer_of(payment: payments.Payment) -> str:
    """Who pays, as far as the payment itself says: an e-mail address, the name on the bill, or the customer's id."""
    billing = read(payment.card).get("billing") or {}
    return payment.receipt_email or billing.get("name") or billing.get("email") or payment.customer


def read(text: str) -> dict[str, Any]:
    """A JSON column that may be empty."""
    return _READ(text) if text else {}


def _declined_card(payment: payments.Payment) -> dict[str, Any]:
    """The card of the last error: a declined one is let go of, but a reader wants to see it."""
    method = read(payment.last_error).get("payment_method") or {}
    return method.get("card") or {}
