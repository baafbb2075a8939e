"""What people do with deliveries: look at them, send one again, try an endpoint with a ping, forget the old."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tallystick import db, outbox
from tallystick.base import Instant, Refused, after
from tallystick.idempotency import Operation
from tallystick.webhooks import store
from tallystick.webhooks.fan_out import first
from tallystick.webhooks.model import (
    KEPT_DAYS,
    PING,
    Delivery,
    DeliveryStatus,
    Endpoint,
    EndpointStatus,
    WebhookRefusal,
)


async def find(database: db.Database, delivery_id: str, *, merchant_id: str, livemode: bool) -> Delivery:
    """The merchant's delivery. Raises Refused(MISSING)."""
    found = await store.delivery(database, delivery_id)
    if found is None or (found.merchant_id, found.livemode) != (merchant_id, livemode):
        raise Refused(WebhookRefusal.MISSING, f"No such webhook delivery: '{delivery_id[:100]}'", param="id")
    return found


async def resend(
    database: db.Database,
    operation: Operation,
    delivery_id: str,
    *,
    merchant_id: str,
    livemode: bool,
    now: Instant,
) -> Delivery:
    """Let the delivery begin anew, at once and with all its tries. Raises Refused(MISSING, NOT_ENABLED).

    One that is being sent at this moment is left alone.
    """

    async def step() -> Delivery:
        found = await find(database, delivery_id, merchant_id=merchant_id, livemode=livemode)
        _enabled(await store.endpoint(database, found.endpoint_id), found.endpoint_id)
        if found.under_way:
            return found
        anew = replace(found, status=DeliveryStatus.PENDING, due=now, step=0, finished=None)
        async with database.unit() as unit:
            operation.begin(unit)
            unit.update(store.SAVE_DELIVERY, store.delivery_row(anew))
        return replace(anew, version=found.version + 1)

    return await database.retry(step)


async def ping(
    database: db.Database,
    operation: Operation,
    endpoint: Endpoint,
    shown: dict[str, Any],
    *,
    now: Instant,
) -> Delivery:
    """Send the endpoint a test event that holds `shown`, the endpoint as the API shows it.

    Raises Refused(NOT_ENABLED). A request that is resumed after a crash may send a second ping.
    """
    _enabled(endpoint, endpoint.id)
    unit = database.unit()
    event = outbox.compose(unit, PING, shown, merchant_id=endpoint.merchant_id, livemode=endpoint.livemode, now=now)
    delivery = first(event, endpoint, now)
    async with unit:
        operation.begin(unit)
        outbox.add(unit, event)
        unit.insert(store.ADD_DELIVERY, store.delivery_row(delivery))
    return delivery


def _enabled(endpoint: Endpoint | None, endpoint_id: str) -> None:
    if endpoint is None or endpoint.status is not EndpointStatus.ENABLED:
        raise Refused(
            WebhookRefusal.NOT_ENABLED,
            f"The webhook endpoint {endpoint_id} is {'deleted' if endpoint is None else 'disabled'}. "
            "Only an enabled endpoint is sent anything; enable it or create it anew first.",
        )


async def prune(database: db.Database, now: Instant, *, limit: int = 500) -> int:
    """Forget up to `limit` deliveries that have been over for KEPT_DAYS, with their tries; answers how many."""
    old = await store.finished_before(database, after(now, days=-KEPT_DAYS), limit)
    tries = await store.tries(database, old)
    try:
        async with database.unit() as unit:
            for delivery_id in old:
                unit.delete(store.REMOVE_DELIVERY, {"id": delivery_id})
                for tried in tries[delivery_id]:
                    unit.delete(store.REMOVE_TRY, {"delivery_id": delivery_id, "number": tried.number})
    except db.LostRace:
        return 0  # Another process is at it.
    return len(old)
