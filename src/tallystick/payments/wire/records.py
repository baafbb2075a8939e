"""Disputes, the balance and its transactions as they leave the building."""

from __future__ import annotations

from tallystick.base import Instant
from tallystick.payments.model import BalanceTransaction, Dispute, DisputeStatus, Instrument, MovementKind
from tallystick.payments.rules import charge_id
from tallystick.payments.wire.parts import SECOND, Json, metadata

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
        "created": dispute.created // SECOND,
        "currency": dispute.currency.lower(),
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": dispute.due_by // SECOND,
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
        "available_on": row.available_on // SECOND,
        "balance_type": "payments",
        "created": row.created // SECOND,
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
