"""Payments, charges and refunds as they leave the building; built in one literal each, this is the hot path."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.payments.model import Attempt, AttemptState, Instrument, Payment, PaymentStatus, Refund
from tallystick.payments.rules import charge_id, read_instrument, read_options
from tallystick.payments.wire.parts import SECOND, Json, billing_details, metadata, raw


def payment_intent(payment: Payment) -> Json:
    """A payment as a `payment_intent`."""
    options = read_options(payment.options)
    status = payment.status
    return {
        "id": payment.id,
        "object": "payment_intent",
        "amount": payment.amount,
        "amount_capturable": payment.authorised if status == PaymentStatus.REQUIRES_CAPTURE else 0,
        "amount_details": {"tip": {}},
        "amount_received": payment.captured,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": options.automatic_payment_methods,
        "canceled_at": payment.canceled_at // SECOND if payment.canceled_at is not None else None,
        "cancellation_reason": payment.cancellation_reason or None,
        "capture_method": payment.capture_method,
        "client_secret": f"{payment.id}_secret_{payment.secret}",
        "confirmation_method": options.confirmation_method,
        "created": payment.created // SECOND,
        "currency": payment.currency.lower(),
        "customer": payment.customer or None,
        "customer_account": None,
        "description": payment.description or None,
        "excluded_payment_method_types": None,
        "last_payment_error": raw(payment.last_error),
        "latest_charge": charge_id(payment.charge) if payment.charge else None,
        "livemode": payment.livemode,
        "managed_payments": None,
        "metadata": metadata(payment.metadata),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": payment.payment_method or None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": options.payment_method_types,
        "processing": None,
        "receipt_email": payment.receipt_email or None,
        "review": None,
        "setup_future_usage": options.setup_future_usage,
        "shipping": options.shipping,
        "source": None,
        "statement_descriptor": payment.statement_descriptor or None,
        "statement_descriptor_suffix": options.statement_descriptor_suffix,
        "status": status,
        "transfer_data": None,
        "transfer_group": options.transfer_group,
    }


_CHARGE_STATUS = {
    AttemptState.OPEN: "pending",
    AttemptState.UNKNOWN: "pending",
    AttemptState.APPROVED: "succeeded",
    AttemptState.DECLINED: "failed",
    AttemptState.NOT_SENT: "failed",
}


def charge(payment: Payment, attempt: Attempt) -> Json:
    """An authorise attempt as a `charge`. What was captured and refunded shows on the attempt that holds the money."""
    mine = payment.charge == attempt.id and attempt.state == AttemptState.APPROVED
    captured, refunded = (payment.captured, payment.refunded) if mine else (0, 0)
    instrument = read_instrument(attempt.card)
    options = read_options(payment.options)
    failed = attempt.state in (AttemptState.DECLINED, AttemptState.NOT_SENT)
    return {
        "id": charge_id(attempt.id),
        "object": "charge",
        "amount": attempt.amount,
        "amount_captured": captured,
        "amount_refunded": refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": payment.balance_transaction or None if mine else None,
        "billing_details": billing_details(instrument.billing if instrument else None),
        "calculated_statement_descriptor": payment.statement_descriptor or None,
        "captured": captured > 0,
        "created": attempt.created // SECOND,
        "currency": attempt.currency.lower(),
        "customer": payment.customer or None,
        "description": payment.description or None,
        "disputed": bool(mine and payment.disputed),
        "failure_balance_transaction": None,
        "failure_code": attempt.code or None if failed else None,
        "failure_message": attempt.message or None if failed else None,
        "fraud_details": {},
        "livemode": attempt.livemode,
        "metadata": metadata(payment.metadata),
        "on_behalf_of": None,
        "outcome": _outcome(attempt),
        "paid": attempt.state == AttemptState.APPROVED,
        "payment_intent": payment.id,
        "payment_method": payment.payment_method or None,
        "payment_method_details": _method_details(attempt, instrument),
        "receipt_email": payment.receipt_email or None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": mine and captured > 0 and refunded == captured,
        "review": None,
        "shipping": options.shipping,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": payment.statement_descriptor or None,
        "statement_descriptor_suffix": options.statement_descriptor_suffix,
        "status": _CHARGE_STATUS[AttemptState(attempt.state)],
        "transfer_data": None,
        "transfer_group": options.transfer_group,
    }


def _outcome(attempt: Attempt) -> Json | None:
    if attempt.state == AttemptState.APPROVED:
        kind, status, reason, message = "authorized", "approved_by_network", None, "Payment complete."
    elif attempt.state == AttemptState.DECLINED:
        kind, status = "issuer_declined", "declined_by_network"
        reason, message = attempt.decline_code or attempt.code or None, attempt.message
    elif attempt.state == AttemptState.NOT_SENT:
        kind, status, reason, message = "invalid", "not_sent_to_network", attempt.code or None, attempt.message
    else:
        return None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": status,
        "reason": reason,
        "seller_message": message,
        "type": kind,
    }


def _method_details(attempt: Attempt, instrument: Instrument | None) -> Json | None:
    if instrument is None:
        return None
    return {
        "card": {
            "amount_authorized": attempt.amount if attempt.state == AttemptState.APPROVED else None,
            "authorization_code": None,
            "brand": instrument.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None},
            "country": instrument.country,
            "exp_month": instrument.exp_month,
            "exp_year": instrument.exp_year,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": instrument.fingerprint,
            "funding": instrument.funding,
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "last4": instrument.last4,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": instrument.brand,
            "network_token": {"used": False},
            "network_transaction_id": attempt.reference or None,
            "overcapture": {"maximum_amount_capturable": attempt.amount, "status": "unavailable"},
            "regulated_status": None,
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }


def refund(refund: Refund) -> Json:
    """A `refund`."""
    answer: Json = {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "balance_transaction": refund.balance_transaction or None,
        "charge": charge_id(refund.charge),
        "created": refund.created // SECOND,
        "currency": refund.currency.lower(),
        "customer": None,
        "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata(refund.metadata),
        "payment_intent": refund.payment,
        "payment_method": None,
        "reason": refund.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status,
        "transfer_reversal": None,
    }
    if refund.failure_reason:
        answer["failure_reason"] = refund.failure_reason
    return answer


def card_error(payment: Payment, attempt: Attempt, method: Json | None) -> Json:
    """The error object of a declined attempt, as `last_payment_error` keeps it."""
    error: Json = {
        "charge": charge_id(attempt.id),
        "code": attempt.code or "card_declined",
        "message": attempt.message,
        "payment_method": method,
        "type": "card_error",
    }
    if attempt.decline_code:
        error["decline_code"] = attempt.decline_code
    return error


def declined(payment: Payment) -> Json:
    """The body of the 402 answer: the last payment error with the payment in it."""
    error = msgspec.json.decode(payment.last_error, type=dict[str, Any])
    return {"error": {**error, "payment_intent": payment_intent(payment)}}
