"""Shapes that leave the building: Stripe's, with every key its newest published fixtures have.

Objects are plain dicts. JSON that is stored as text goes out as it is (`msgspec.Raw`) and is never parsed on the way.
"""

from tallystick.payments.wire.parts import Json, billing_details, metadata, raw
from tallystick.payments.wire.payments import card_error, charge, declined, payment_intent, refund
from tallystick.payments.wire.people import customer, deleted_customer, payment_method
from tallystick.payments.wire.records import balance, balance_transaction, dispute

__all__ = [
    "Json",
    "balance",
    "balance_transaction",
    "billing_details",
    "card_error",
    "charge",
    "customer",
    "declined",
    "deleted_customer",
    "dispute",
    "metadata",
    "payment_intent",
    "payment_method",
    "raw",
    "refund",
]
