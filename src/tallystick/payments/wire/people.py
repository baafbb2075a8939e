"""Customers and payment methods as they leave the building."""

from __future__ import annotations

from tallystick.payments.model import Customer, PaymentMethod
from tallystick.payments.rules import read_instrument
from tallystick.payments.wire.parts import SECOND, Json, billing_details, decode_object, metadata


def payment_method(method: PaymentMethod) -> Json:
    """A card as a `payment_method`."""
    instrument = read_instrument(method.card)
    assert instrument is not None, "a payment method has a card"
    return {
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(decode_object(method.billing)),
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
        "created": method.created // SECOND,
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
    details = decode_object(customer.details)
    return {
        "id": customer.id,
        "object": "customer",
        "address": details.get("address"),
        "balance": 0,
        "created": customer.created // SECOND,
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
