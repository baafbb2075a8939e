"""Tables `webhook_endpoints`, `webhook_deliveries`, `webhook_tries`, and every statement on them.

`due` of a pending delivery is when any process may take it: the time of its next try, or the end of the lease of the
process that is trying.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Index, Table, bindparam, func, select

from tallystick import db
from tallystick.base import Instant
from tallystick.webhooks.model import Delivery, DeliveryStatus, Endpoint, EndpointStatus, Try, delivery_prefix

ENDPOINTS = Table(
    "webhook_endpoints",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("merchant_id"),
    db.flag("livemode"),
    db.text("url", 2000),
    db.text("description", 5000, nullable=True),
    db.long_text("enabled_events"),
    db.long_text("metadata"),
    db.text("api_version", 50, nullable=True),
    db.text_id("status"),
    db.long_text("secret"),
    db.long_text("old_secret", nullable=True),
    db.instant("old_secret_until", nullable=True),
    db.instant("created"),
    db.integer("version"),
    Index("ix_webhook_endpoints_merchant", "merchant_id", "livemode", "id"),
)

DELIVERIES = Table(
    "webhook_deliveries",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("endpoint_id"),
    db.text_id("event_id"),
    db.text("event_type", 100),
    db.text_id("merchant_id"),
    db.flag("livemode"),
    db.text_id("status"),
    db.instant("due", nullable=True),
    db.text("owner", 100),
    db.integer("step"),
    db.integer("tries"),
    db.integer("http_status", nullable=True),
    db.text("last_error", 100, nullable=True),
    db.instant("created"),
    db.instant("finished", nullable=True),
    db.integer("version"),
    Index("ix_webhook_deliveries_due", "due"),
    Index("ix_webhook_deliveries_merchant", "merchant_id", "livemode", "id"),
    Index("ix_webhook_deliveries_endpoint", "endpoint_id", "id"),
    Index("ix_webhook_deliveries_finished", "finished"),
)

TRIES = Table(
    "webhook_tries",
    db.METADATA,
    db.text_id("delivery_id", primary_key=True),
    db.integer("number", primary_key=True),
    db.instant("started"),
    db.big_integer("duration_us"),
    db.integer("http_status", nullable=True),
    db.text("error", 100, nullable=True),
    db.text("response", 500),
)

ADD_ENDPOINT = db.Insert(ENDPOINTS)
SAVE_ENDPOINT = db.Update(
    ENDPOINTS,
    key=("id",),
    guard="version",
    set=(
        "url",
        "description",
        "enabled_events",
        "metadata",
        "status",
        "secret",
        "old_secret",
        "old_secret_until",
    ),
)
REMOVE_ENDPOINT = db.Delete(ENDPOINTS, key=("id",))
ADD_DELIVERY = db.Insert(DELIVERIES, duplicates="ignore")
SAVE_DELIVERY = db.Update(
    DELIVERIES,
    key=("id",),
    guard="version",
    set=("status", "due", "owner", "step", "tries", "http_status", "last_error", "finished"),
)
REMOVE_DELIVERY = db.Delete(DELIVERIES, key=("id",))
ADD_TRY = db.Insert(TRIES)
REMOVE_TRY = db.Delete(TRIES, key=("delivery_id", "number"))

_ENDPOINT = db.Query(select(ENDPOINTS).where(ENDPOINTS.c.id == bindparam("id")))
_LISTENING = db.Query(
    select(ENDPOINTS.c.merchant_id).distinct().where(ENDPOINTS.c.status == EndpointStatus.ENABLED.value)
)
_COUNT = db.Query(
    select(func.count().label("endpoints"))
    .select_from(ENDPOINTS)
    .where(ENDPOINTS.c.merchant_id == bindparam("merchant_id"), ENDPOINTS.c.livemode == bindparam("livemode"))
)
_DELIVERY = db.Query(select(DELIVERIES).where(DELIVERIES.c.id == bindparam("id")))
_FINISHED = db.Query(
    select(DELIVERIES.c.id)
    .where(DELIVERIES.c.finished < bindparam("before"))
    .order_by(DELIVERIES.c.finished)
    .limit(bindparam("limit"))
)


# --- endpoints -------------------------------------------------------------------------------------------------------


def endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    """The endpoint as its table holds it."""
    return {
        **{name: getattr(endpoint, name) for name in ADD_ENDPOINT.columns},
        "enabled_events": msgspec.json.encode(endpoint.enabled_events).decode(),
        "metadata": msgspec.json.encode(endpoint.metadata).decode(),
        "status": endpoint.status.value,
    }


async def endpoint(database: db.Database, endpoint_id: str) -> Endpoint | None:
    """One endpoint."""
    row = await database.first(_ENDPOINT, {"id": endpoint_id})
    return None if row is None else Endpoint.from_row(row)


async def endpoints(database: db.Database, endpoint_ids: Collection[str]) -> dict[str, Endpoint]:
    """Endpoints by id."""
    wanted = select(ENDPOINTS).where(ENDPOINTS.c.id.in_(sorted(endpoint_ids)))
    rows = await database.fetch(wanted) if endpoint_ids else []
    return {row["id"]: Endpoint.from_row(row) for row in rows}


async def listening(database: db.Database) -> frozenset[str]:
    """The merchants with an enabled endpoint."""
    return frozenset([row["merchant_id"] for row in await database.fetch(_LISTENING)])


async def enabled_of(database: db.Database, merchants: Collection[str]) -> list[Endpoint]:
    """The enabled endpoints of these merchants."""
    wanted = select(ENDPOINTS).where(
        ENDPOINTS.c.merchant_id.in_(sorted(merchants)), ENDPOINTS.c.status == EndpointStatus.ENABLED.value
    )
    return [Endpoint.from_row(row) for row in await database.fetch(wanted.order_by(ENDPOINTS.c.id))]


async def count_endpoints(database: db.Database, merchant_id: str, livemode: bool) -> int:
    """How many endpoints a merchant has in a mode."""
    row = await database.first(_COUNT, {"merchant_id": merchant_id, "livemode": livemode})
    return 0 if row is None else int(row["endpoints"])


async def page_of_endpoints(
    database: db.Database, merchant_id: str, livemode: bool, *, cursor: str | None, backwards: bool, limit: int
) -> list[Endpoint]:
    """A merchant's endpoints, nearest to the cursor first."""
    wanted = select(ENDPOINTS).where(ENDPOINTS.c.merchant_id == merchant_id, ENDPOINTS.c.livemode == livemode)
    if cursor is not None:
        wanted = wanted.where(ENDPOINTS.c.id > cursor if backwards else ENDPOINTS.c.id < cursor)
    order = ENDPOINTS.c.id if backwards else ENDPOINTS.c.id.desc()
    return [Endpoint.from_row(row) for row in await database.fetch(wanted.order_by(order).limit(limit))]


# --- deliveries ------------------------------------------------------------------------------------------------------


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """The delivery as its table holds it."""
    return {**{name: getattr(delivery, name) for name in ADD_DELIVERY.columns}, "status": delivery.status.value}


async def delivery(database: db.Database, delivery_id: str) -> Delivery | None:
    """One delivery."""
    row = await database.first(_DELIVERY, {"id": delivery_id})
    return None if row is None else Delivery.from_row(row)


_NOW: Any = bindparam("now")
_LIMIT: Any = bindparam("limit")


def _due(without: Collection[str], now: Any = _NOW, limit: Any = _LIMIT) -> Any:
    wanted = select(DELIVERIES).where(DELIVERIES.c.due <= now)
    if without:
        wanted = wanted.where(DELIVERIES.c.endpoint_id.not_in(sorted(without)))
    return wanted.order_by(DELIVERIES.c.due, DELIVERIES.c.id).limit(limit)


def _next_due(without: Collection[str]) -> Any:
    wanted = select(func.min(DELIVERIES.c.due).label("due"))
    return wanted.where(DELIVERIES.c.endpoint_id.not_in(sorted(without))) if without else wanted


# Asked every second and after every commit: the common case, with no endpoint left out, is compiled once.
_DUE, _NEXT_DUE = db.Query(_due(())), db.Query(_next_due(()))


async def due(database: db.Database, now: Instant, limit: int, without: Collection[str]) -> list[Delivery]:
    """Deliveries that may be taken, longest due first, leaving out those to some endpoints."""
    if without:
        # Written for this question alone: what is compiled on the spot carries its values.
        rows = await database.fetch(_due(without, now, limit))
    else:
        rows = await database.fetch(_DUE, {"now": now, "limit": limit})
    return [Delivery.from_row(row) for row in rows]


async def next_due(database: db.Database, without: Collection[str]) -> Instant | None:
    """When the next delivery may be taken, leaving out those to some endpoints."""
    row = await database.first(_next_due(without) if without else _NEXT_DUE)
    return Instant(row["due"]) if row and row["due"] is not None else None


async def page_of_deliveries(
    database: db.Database,
    merchant_id: str,
    livemode: bool,
    *,
    event_id: str | None,
    endpoint_id: str | None,
    status: DeliveryStatus | None,
    cursor: str | None,
    backwards: bool,
    limit: int,
) -> list[Delivery]:
    """A merchant's deliveries, nearest to the cursor first."""
    table = DELIVERIES.c
    wanted = select(DELIVERIES).where(table.merchant_id == merchant_id, table.livemode == livemode)
    if event_id is not None:
        # An event's deliveries are a range of ids: the primary key finds them.
        first = delivery_prefix(event_id)
        wanted = wanted.where(table.id >= first, table.id < first + "\x7f", table.event_id == event_id)
    if endpoint_id is not None:
        wanted = wanted.where(table.endpoint_id == endpoint_id)
    if status is not None:
        wanted = wanted.where(table.status == status.value)
    if cursor is not None:
        wanted = wanted.where(table.id > cursor if backwards else table.id < cursor)
    rows = await database.fetch(wanted.order_by(table.id if backwards else table.id.desc()).limit(limit))
    return [Delivery.from_row(row) for row in rows]


async def tries(database: db.Database, delivery_ids: Collection[str]) -> dict[str, list[Try]]:
    """The tries of these deliveries, oldest first, by delivery."""
    found: dict[str, list[Try]] = {delivery_id: [] for delivery_id in delivery_ids}
    if delivery_ids:
        wanted = select(TRIES).where(TRIES.c.delivery_id.in_(sorted(delivery_ids)))
        for row in await database.fetch(wanted.order_by(TRIES.c.delivery_id, TRIES.c.number)):
            found[row["delivery_id"]].append(Try.from_row(row))
    return found


async def finished_before(database: db.Database, before: Instant, limit: int) -> list[str]:
    """Ids of deliveries that were over before an instant."""
    return [row["id"] for row in await database.fetch(_FINISHED, {"before": before, "limit": limit})]
