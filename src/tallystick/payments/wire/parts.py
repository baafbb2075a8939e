"""Pieces that several shapes are made of."""

from __future__ import annotations

from typing import Any

import msgspec

Json = dict[str, Any]
SECOND = 1_000_000
_NO_METADATA: Json = {}
decode_object = msgspec.json.Decoder(dict[str, Any]).decode


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
