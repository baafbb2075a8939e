"""Routes under /v1/webhook_endpoints (Stripe's) and /v1/webhook_deliveries (ours)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tallystick import web
from tallystick.base import Settings
from tallystick.webhooks import configure, deliveries, store, wire
from tallystick.webhooks.configure import Rules, Wish
from tallystick.webhooks.model import MOST_TYPES, Delivery, DeliveryStatus
from tallystick.webhooks.seal import Seal

LONGEST_OVERLAP_SECONDS = 7 * 86_400
ENDPOINTS_URL = "/v1/webhook_endpoints"
DELIVERIES_URL = "/v1/webhook_deliveries"

Text = Annotated[str, msgspec.Meta(max_length=5000)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=5000)]
Types = Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=100)]], msgspec.Meta(max_length=MOST_TYPES)]
Overlap = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_OVERLAP_SECONDS)]


class CreateParams(web.Params):
    """A new endpoint."""

    url: Url
    enabled_events: Types
    api_version: Annotated[str, msgspec.Meta(max_length=50)] | None = None
    description: Text | None = None
    metadata: web.Metadata | None = None


class UpdateParams(web.Params):
    """What is to change; an empty description or metadata is unset."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    enabled_events: Types | msgspec.UnsetType = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType | None = msgspec.UNSET
    metadata: web.Metadata | msgspec.UnsetType | None = msgspec.UNSET


class RotateParams(web.Params):
    """How many seconds the former secret goes on signing; a day unless said otherwise, at most a week."""

    expires_in: Overlap = 86_400


class DeliveriesParams(web.ListParams):
    """Which deliveries to list."""

    event: web.Id | None = None
    endpoint: web.Id | None = None
    status: DeliveryStatus | None = None


class _Desk:
    """The handlers, with what this installation allows."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    async def create(self, call: web.Call) -> web.Answer:
        wanted: CreateParams = call.params
        made, secret = await configure.create(
            call.db,
            call.operation,
            self._rules,
            merchant_id=call.principal.merchant_id,
            livemode=call.principal.livemode,
            url=wanted.url,
            enabled_events=wanted.enabled_events,
            description=wanted.description,
            metadata=wanted.metadata or {},
            api_version=wanted.api_version,
            now=call.now,
        )
        return web.Answer(wire.endpoint(made, secret=secret))

    async def update(self, call: web.Call) -> web.Answer:
        wanted: UpdateParams = call.params
        changed = await configure.update(
            call.db,
            call.operation,
            self._rules,
            call.path["id"],
            Wish(
                url=wanted.url,
                enabled_events=wanted.enabled_events,
                disabled=wanted.disabled,
                description=wanted.description,
                metadata=wanted.metadata,
            ),
            merchant_id=call.principal.merchant_id,
            livemode=call.principal.livemode,
        )
        return web.Answer(wire.endpoint(changed))

    async def rotate(self, call: web.Call) -> web.Answer:
        changed, secret = await configure.rotate(
            call.db,
            call.operation,
            self._rules,
            call.path["id"],
            expires_in_seconds=call.params.expires_in,
            merchant_id=call.principal.merchant_id,
            livemode=call.principal.livemode,
            now=call.now,
        )
        return web.Answer(wire.endpoint(changed, secret=secret))


async def _retrieve(call: web.Call) -> web.Answer:
    found = await configure.find(
        call.db, call.path["id"], merchant_id=call.principal.merchant_id, livemode=call.principal.livemode
    )
    return web.Answer(wire.endpoint(found))


async def _list(call: web.Call) -> web.Answer:
    wanted: web.ListParams = call.params
    principal = call.principal
    if wanted.cursor is not None:
        await configure.find(call.db, wanted.cursor, merchant_id=principal.merchant_id, livemode=principal.livemode)
    found = await store.page_of_endpoints(
        call.db,
        principal.merchant_id,
        principal.livemode,
        cursor=wanted.cursor,
        backwards=wanted.backwards,
        limit=wanted.limit + 1,
    )
    shown = [wire.endpoint(each) for each in found]
    return web.Answer(web.page(ENDPOINTS_URL, shown, wanted.limit, backwards=wanted.backwards))


async def _delete(call: web.Call) -> web.Answer:
    endpoint_id = call.path["id"]
    await configure.delete(
        call.db,
        call.operation,
        endpoint_id,
        merchant_id=call.principal.merchant_id,
        livemode=call.principal.livemode,
    )
    return web.Answer(wire.deleted(endpoint_id))


async def _ping(call: web.Call) -> web.Answer:
    endpoint = await configure.find(
        call.db, call.path["id"], merchant_id=call.principal.merchant_id, livemode=call.principal.livemode
    )
    made = await deliveries.ping(call.db, call.operation, endpoint, wire.endpoint(endpoint), now=call.now)
    return web.Answer(wire.delivery(made))


# --- deliveries ------------------------------------------------------------------------------------------------------


async def _list_deliveries(call: web.Call) -> web.Answer:
    wanted: DeliveriesParams = call.params
    principal = call.principal
    if wanted.cursor is not None:
        await deliveries.find(call.db, wanted.cursor, merchant_id=principal.merchant_id, livemode=principal.livemode)
    found = await store.page_of_deliveries(
        call.db,
        principal.merchant_id,
        principal.livemode,
        event_id=wanted.event,
        endpoint_id=wanted.endpoint,
        status=wanted.status,
        cursor=wanted.cursor,
        backwards=wanted.backwards,
        limit=wanted.limit + 1,
    )
    tries = await store.tries(call.db, [each.id for each in found])
    shown = [wire.delivery(each, tries[each.id]) for each in found]
    return web.Answer(web.page(DELIVERIES_URL, shown, wanted.limit, backwards=wanted.backwards))


async def _retrieve_delivery(call: web.Call) -> web.Answer:
    found = await deliveries.find(
        call.db, call.path["id"], merchant_id=call.principal.merchant_id, livemode=call.principal.livemode
    )
    return web.Answer(await _shown(call, found))


async def _resend(call: web.Call) -> web.Answer:
    found = await deliveries.resend(
        call.db,
        call.operation,
        call.path["id"],
        merchant_id=call.principal.merchant_id,
        livemode=call.principal.livemode,
        now=call.now,
    )
    return web.Answer(await _shown(call, found))


async def _shown(call: web.Call, found: Delivery) -> dict[str, object]:
    return wire.delivery(found, (await store.tries(call.db, [found.id]))[found.id])


def endpoints(settings: Settings) -> tuple[web.Endpoint, ...]:
    """The operations of this room."""
    desk = _Desk(Rules(seal=Seal(settings.secret_key.get_secret_value()), allow_private=settings.webhook_allow_private))
    one, kind, sent = f"{ENDPOINTS_URL}/{{id}}", wire.ENDPOINT, wire.DELIVERY
    row = web.Endpoint
    return (
        row("POST", ENDPOINTS_URL, desk.create, params=CreateParams, returns=kind, summary="Create an endpoint"),
        row("GET", ENDPOINTS_URL, _list, params=web.ListParams, returns=kind, summary="List endpoints"),
        row("GET", one, _retrieve, returns=kind, summary="Retrieve an endpoint"),
        row("POST", one, desk.update, params=UpdateParams, returns=kind, summary="Change or disable an endpoint"),
        row("DELETE", one, _delete, returns=f"deleted_{kind}", summary="Delete an endpoint"),
        row("POST", f"{one}/rotate_secret", desk.rotate, params=RotateParams, returns=kind, summary="Renew a secret"),
        row("POST", f"{one}/ping", _ping, returns=sent, summary="Send a test event to an endpoint"),
        row("GET", DELIVERIES_URL, _list_deliveries, params=DeliveriesParams, returns=sent, summary="List deliveries"),
        row("GET", f"{DELIVERIES_URL}/{{id}}", _retrieve_delivery, returns=sent, summary="Retrieve a delivery"),
        row("POST", f"{DELIVERIES_URL}/{{id}}/resend", _resend, returns=sent, summary="Send a delivery again"),
    )
