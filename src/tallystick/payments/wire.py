"""Shapes that leave the building: Stripe's, with every key its newest published fixtures have.

Objects are plain dicts, built in one literal each because this is the hot path; JSON that is stored as text goes out
as it is (`msgspec.Raw`) and is never parsed on the way.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.base import Instant
from tallystick.payments.model import (
    Attempt,
    AttemptState,
    BalanceTransaction,
    Customer,
    Dispute,
    DisputeStatus,
    Instrument,
    MovementKind,
    Payment,
    PaymentMethod,
    PaymentStatus,
    Refund,
    charge_id,
    read_instrument,
    read_options,
)

Json = dict[str, Any]
_SECOND = 1_000_000
_NO_METADATA: Json = {}
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


def raw(text: str) -> Any:
    """Stored JSON text as part of an answer; null when it is empty."""
    return msgspec.Raw(text.encode()) if text else None


def metadata(text: str) -> Any:
    """Stored metadata as part of an answer."""
    return _NO_METADATA if text == "{}" else msgspec.Raw(text.encode())


def billing_details(given: Json | None) -> Json:
    """Billing details with every key, whatever was given."""
    given = given or {}
    address = given.get("address") or {}
    places = ("city", "country", "line1", "line2", "postal_code", "state")
    return {
        "address": {place: address.get(place) for place in places},
        "email": given.get("email"),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "tax_id": None,
    }


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
        "canceled_at": payment.canceled_at // _SECOND if payment.canceled_at is not None else None,
        "cancellation_reason": payment.cancellation_reason or None,
        "capture_method": payment.capture_method,
        "client_secret": f"{payment.id}_secret_{payment.secret}",
        "confirmation_method": options.confirmation_method,
        "created": payment.created // _SECOND,
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


def payment_method(method: PaymentMethod) -> Json:
    """A card as a `payment_method`."""
    instrument = read_instrument(method.card)
    assert instrument is not None, "a payment method has a card"
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(_decode_object(method.billing)),
        "card": {
            "brand": instrument.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None},
            "country": instrument.country,
            "display_brand": instrument.brand,
            "exp_month": instrument.exp_month,
            "exp_year": instrument.exp_year,
            "fingerprint": instrument.fingerprint,
            "funding": instrument.funding,
            "generated_from": None,
            "last4": instrument.last4,
            "networks": {"available": [instrument.brand], "preferred": None},
            "regulated_status": None,
            "three_d_secure_usage": {"supported": False},
            "wallet": None,
        },
        "created": method.created // _SECOND,
        "customer": method.customer or None,
        "customer_account": None,
        "livemode": method.livemode,
        "metadata": metadata(method.metadata),
        "type": "card",
    }


def customer(customer: Customer) -> Json:
    """A `customer`, or what is left of a deleted one."""
    if customer.deleted:
        return deleted_customer(customer.id)
    details = _decode_object(customer.details)
    return {
        "id": customer.id,
        "object": "customer",
        "address": details.get("address"),
        "balance": 0,
        "created": customer.created // _SECOND,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": customer.description or None,
        "discount": None,
        "email": customer.email or None,
        "invoice_prefix": customer.id[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": details.get("default_payment_method"),
            "footer": None,
            "rendering_options": None,
        },
        "livemode": customer.livemode,
        "metadata": metadata(customer.metadata),
        "name": customer.name or None,
        "next_invoice_sequence": 1,
        "phone": customer.phone or None,
        "preferred_locales": details.get("preferred_locales") or [],
        "shipping": details.get("shipping"),
        "tax_exempt": "none",
        "test_clock": None,
    }


def deleted_customer(customer_id: str) -> Json:
    """What a deletion answers."""
    return {"id": customer_id, "object": "customer", "deleted": True}


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
        "created": attempt.created // _SECOND,
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
        "created": refund.created // _SECOND,
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


_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def dispute(dispute: Dispute, transactions: list[BalanceTransaction], card: Instrument | None, now: Instant) -> Json:
    """A `dispute` with the balance transactions that moved its money."""
    inquiry = dispute.status.startswith("warning")
    return {
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [balance_transaction(row, now) for row in transactions],
        "charge": charge_id(dispute.charge),
        "created": dispute.created // _SECOND,
        "currency": dispute.currency.lower(),
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": dispute.due_by // _SECOND,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": dispute.status == DisputeStatus.NEEDS_RESPONSE and now > dispute.due_by,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": dispute.livemode,
        "metadata": metadata(dispute.metadata),
        "payment_intent": dispute.payment,
        "payment_method_details": {
            "card": {
                "brand": card.brand if card else "unknown",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": card.brand if card else "unknown",
                "network_reason_code": None,
            },
            "type": "card",
        },
        "reason": dispute.reason,
        "status": dispute.status,
    }


_TYPE_CATEGORY = {
    MovementKind.CHARGE: "charge",
    MovementKind.REFUND: "refund",
    MovementKind.DISPUTE: "dispute",
    MovementKind.DISPUTE_REVERSAL: "dispute_reversal",
}


def balance_transaction(row: BalanceTransaction, now: Instant) -> Json:
    """A `balance_transaction`; whether it is available depends on when one looks."""
    currency = row.currency.lower()
    fee_details = (
        [
            {
                "amount": row.fee,
                "application": None,
                "currency": currency,
                "description": "Tallystick processing fees",
                "type": "stripe_fee",
            }
        ]
        if row.fee
        else []
    )
    return {
        "id": row.id,
        "object": "balance_transaction",
        "amount": row.amount,
        "available_on": row.available_on // _SECOND,
        "balance_type": "payments",
        "created": row.created // _SECOND,
        "currency": currency,
        "description": row.description or None,
        "exchange_rate": None,
        "fee": row.fee,
        "fee_details": fee_details,
        "net": row.net,
        "reporting_category": _TYPE_CATEGORY[MovementKind(row.kind)],
        "source": row.source,
        "status": "available" if row.available_on <= now else "pending",
        "type": row.type,
    }


def balance(available: dict[str, int], pending: dict[str, int], *, livemode: bool) -> Json:
    """The `balance`: minor units by currency."""

    def funds(amounts: dict[str, int]) -> list[Json]:
        return [
            {"amount": minor, "currency": code.lower(), "source_types": {"card": minor}}
            for code, minor in sorted(amounts.items())
        ]

    return {
        "object": "balance",
        "available": funds(available),
        "connect_reserved": [{"amount": 0, "currency": code.lower()} for code in sorted(available)],
        "livemode": livemode,
        "pending": funds(pending),
    }


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
