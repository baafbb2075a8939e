"""Put news into the commit of the change it tells of (the transactional outbox)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick import db
from tallystick.base import Instant, epoch_seconds
from tallystick.outbox import store
from tallystick.outbox.model import Event

_encode = msgspec.json.Encoder().encode


def add(unit: db.Unit, event: Event) -> None:
    """Tell of the change that `unit` makes; the event exists if and only if the unit is committed."""
    unit.insert(
        store.ADD,
        {
            "id": event.id,
            "type": event.type,
            "merchant_id": event.merchant_id,
            "livemode": event.livemode,
            "payload": event.payload.decode(),
            "created": event.created,
        },
    )


def compose(
    unit: db.Unit,
    kind: str,
    thing: Mapping[str, Any],
    *,
    merchant_id: str,
    livemode: bool,
    now: Instant,
    previous: Mapping[str, Any] | None = None,
    request_id: str | None = None,
    idempotency_key: str | None = None,
    api_version: str | None = None,
) -> Event:
    """An event of type `kind` about `thing`, the wire object as it stands after the change; `add` it to the unit.

    `previous` holds the former values of the attributes that an update changed.
    """
    data: dict[str, Any] = {"object": thing}
    if previous:
        data["previous_attributes"] = previous
    event_id = unit.new_id("evt")
    body = {
        "id": event_id,
        "object": "event",
        "api_version": api_version,
        "created": epoch_seconds(now),
        "data": data,
        "livemode": livemode,
        "pending_webhooks": 0,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }
    return Event(id=event_id, type=kind, merchant_id=merchant_id, livemode=livemode, created=now, payload=_encode(body))
