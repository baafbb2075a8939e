"""Deliveries as pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tallystick import webhooks
from tallystick.dashboard import view
from tallystick.webhooks import DeliveryStatus

PAGE: Final = 30

STATUSES: Final[Mapping[str, DeliveryStatus]] = {
    "delivered": DeliveryStatus.SUCCEEDED,
    "pending": DeliveryStatus.PENDING,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.CANCELED,
}
"""The words of the page's filter. A delivery that failed once and is tried again is pending with tries."""


def urls_of(endpoints: Iterable[webhooks.Endpoint]) -> dict[str, str]:
    """Address by endpoint."""
    return {endpoint.id: endpoint.url for endpoint in endpoints}


def row_of(delivery: webhooks.Delivery, urls: Mapping[str, str]) -> view.DeliveryRow:
    """One delivery; an endpoint that was deleted since is named by its id."""
    return view.DeliveryRow(
        id=delivery.id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        url=urls.get(delivery.endpoint_id, f"deleted endpoint {delivery.endpoint_id}"),
        state=_state(delivery),
        attempts=delivery.tries,
        http_status=delivery.http_status,
        created=delivery.created,
        next_at=delivery.due if delivery.status is DeliveryStatus.PENDING and delivery.tries else None,
        error=_error(delivery),
    )


def _state(delivery: webhooks.Delivery) -> str:
    match delivery.status:
        case DeliveryStatus.SUCCEEDED:
            return "delivered"
        case DeliveryStatus.PENDING:
            return "retrying" if delivery.tries else "pending"
        case _:
            return delivery.status.value


def _error(delivery: webhooks.Delivery) -> str:
    """Why the last try got nowhere, unless the HTTP status says it already."""
    if delivery.status is DeliveryStatus.SUCCEEDED or not delivery.last_error or delivery.http_status:
        return ""
    return delivery.last_error.replace("_", " ").capitalize() + "."
