"""What leaves the building: Stripe's webhook_endpoint, and deliveries in the same manner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.base import Instant, epoch_seconds
from tallystick.webhooks.model import Delivery, Endpoint, Try

ENDPOINT = "webhook_endpoint"
DELIVERY = "webhook_delivery"


def endpoint(found: Endpoint, *, secret: str | None = None) -> dict[str, Any]:
    """The endpoint; the secret only where it was just made."""
    shown: dict[str, Any] = {
        "id": found.id,
        "object": ENDPOINT,
        "api_version": found.api_version,
        "application": None,
        "created": epoch_seconds(found.created),
        "description": found.description,
        "enabled_events": list(found.enabled_events),
        "livemode": found.livemode,
        "metadata": dict(found.metadata),
        "status": str(found.status),
        "url": found.url,
    }
    return shown if secret is None else {**shown, "secret": secret}


def deleted(endpoint_id: str) -> dict[str, Any]:
    """What is left of an endpoint."""
    return {"id": endpoint_id, "object": ENDPOINT, "deleted": True}


def delivery(found: Delivery, tries: Sequence[Try] = ()) -> dict[str, Any]:
    """The delivery and its tries, oldest first."""
    return {
        "id": found.id,
        "object": DELIVERY,
        "created": epoch_seconds(found.created),
        "endpoint": found.endpoint_id,
        "event": found.event_id,
        "event_type": found.event_type,
        "finished": _seconds(found.finished),
        "last_error": found.last_error,
        "livemode": found.livemode,
        "next_try": None if found.under_way else _seconds(found.due),
        "response_status": found.http_status,
        "status": str(found.status),
        "tries": [_try(each) for each in tries],
        "tries_begun": found.tries,
    }


def _try(tried: Try) -> dict[str, Any]:
    return {
        "number": tried.number,
        "started": epoch_seconds(tried.started),
        "duration_ms": tried.duration_us // 1000,
        "status": tried.http_status,
        "error": tried.error,
        "response": tried.response,
    }


def _seconds(instant: Instant | None) -> int | None:
    return None if instant is None else epoch_seconds(instant)
