"""The merchant in Stripe's shape of an account (docs.stripe.com/api/accounts/object)."""

from __future__ import annotations

from typing import Any

from tallystick.base import epoch_seconds
from tallystick.merchants.model import Merchant

_NOTHING_DUE: dict[str, Any] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}


def account(merchant: Merchant) -> dict[str, Any]:
    """The account object. What Tallystick does not keep is null or empty."""
    return {
        "id": merchant.id,
        "object": "account",
        "business_profile": {"name": merchant.name, "mcc": None, "url": None, "support_email": merchant.email},
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": merchant.country,
        "created": epoch_seconds(merchant.created),
        "default_currency": merchant.default_currency.lower(),
        "details_submitted": True,
        "email": merchant.email,
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{merchant.id}/external_accounts",
        },
        "future_requirements": _NOTHING_DUE,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": _NOTHING_DUE,
        "settings": {
            "dashboard": {"display_name": merchant.name, "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": None},
        },
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }
