"""The outbox consumer that turns each event into one delivery per endpoint that wants it.

Deliveries are written with the relay's cursor, so there is exactly one per event and endpoint. What is sent is the
event's payload, frozen when the event was written. An endpoint hears of events from the moment it exists.
"""

from __future__ import annotations

from collections.abc import Sequence

from tallystick import db, outbox
from tallystick.base import Instant
from tallystick.webhooks import store
from tallystick.webhooks.model import Delivery, DeliveryStatus, Endpoint, delivery_id


class FanOut:
    """A consumer for `outbox.relay.run`."""

    name = "webhooks"

    def __init__(self, database: db.Database) -> None:
        self._database = database

    async def audience(self) -> frozenset[str]:
        """The merchants with an enabled endpoint: usually few, often none."""
        return await store.listening(self._database)

    async def take(self, unit: db.Unit, heads: Sequence[outbox.Head], now: Instant) -> None:
        """Write the deliveries."""
        by_place: dict[tuple[str, bool], list[Endpoint]] = {}
        for endpoint in await store.enabled_of(self._database, {head.merchant_id for head in heads}):
            by_place.setdefault((endpoint.merchant_id, endpoint.livemode), []).append(endpoint)
        for head in heads:
            for endpoint in by_place.get((head.merchant_id, head.livemode), []):
                if endpoint.created <= head.created and endpoint.wants(head.type):
                    unit.insert(store.ADD_DELIVERY, store.delivery_row(first(head, endpoint, now)))


def first(head: outbox.Head, endpoint: Endpoint, now: Instant) -> Delivery:
    """A delivery that is due at once."""
    return Delivery(
        id=delivery_id(head.id, endpoint.id),
        endpoint_id=endpoint.id,
        event_id=head.id,
        event_type=head.type,
        merchant_id=head.merchant_id,
        livemode=head.livemode,
        status=DeliveryStatus.PENDING,
        due=now,
        owner="",
        step=0,
        tries=0,
        http_status=None,
        last_error=None,
        created=now,
        finished=None,
        version=0,
    )
