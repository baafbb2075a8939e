"""Make, change and delete endpoints; renew their secrets.

A secret is shown once, in the answer to the request that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from msgspec import UNSET, UnsetType

from tallystick import db
from tallystick.base import Instant, Refused, after
from tallystick.idempotency import Operation
from tallystick.webhooks import store
from tallystick.webhooks.address import check_url
from tallystick.webhooks.model import (
    MOST_ENDPOINTS,
    MOST_TYPES,
    Endpoint,
    EndpointStatus,
    WebhookRefusal,
    is_event_pattern,
)
from tallystick.webhooks.seal import Seal

SECRET_PREFIX = "whsec_"
SECRET_CHARACTERS = 32
"""160 bits."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What this installation allows, and the key that seals secrets."""

    seal: Seal
    allow_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a merchant wants an endpoint to be; what is UNSET stays as it is, what is None is cleared."""

    url: str | UnsetType = UNSET
    enabled_events: Sequence[str] | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    metadata: Mapping[str, str] | UnsetType | None = UNSET
    disabled: bool | UnsetType = UNSET


async def create(
    database: db.Database,
    operation: Operation,
    rules: Rules,
    *,
    merchant_id: str,
    livemode: bool,
    url: str,
    enabled_events: Sequence[str],
    description: str | None,
    metadata: Mapping[str, str],
    api_version: str | None,
    now: Instant,
) -> tuple[Endpoint, str]:
    """A new endpoint and its secret. Raises Refused(URL_INVALID, EVENTS_INVALID, TOO_MANY).

    Running it again with the same operation gives the same endpoint and the same secret. Two requests at the same
    moment may together make one endpoint more than the limit.
    """
    endpoint_id = operation.resource_id("we")
    secret = SECRET_PREFIX + database.ids.secret(SECRET_CHARACTERS)
    endpoint = Endpoint(
        id=endpoint_id,
        merchant_id=merchant_id,
        livemode=livemode,
        url=check_url(url, livemode=livemode, allow_private=rules.allow_private),
        description=description or None,
        enabled_events=_checked_events(enabled_events),
        metadata=_merged({}, metadata),
        api_version=api_version,
        status=EndpointStatus.ENABLED,
        secret=rules.seal.close(secret, name=endpoint_id),
        old_secret=None,
        old_secret_until=None,
        created=now,
        version=0,
    )
    made = await store.endpoint(database, endpoint_id) if operation.resumed else None
    if made is not None:
        return made, rules.seal.open(made.secret, name=endpoint_id)
    if await store.count_endpoints(database, merchant_id, livemode) >= MOST_ENDPOINTS:
        raise Refused(
            WebhookRefusal.TOO_MANY, f"There are {MOST_ENDPOINTS} webhook endpoints already. Delete one to make room."
        )
    async with database.unit() as unit:
        operation.begin(unit)
        unit.insert(store.ADD_ENDPOINT, store.endpoint_row(endpoint))
    return endpoint, secret


async def find(database: db.Database, endpoint_id: str, *, merchant_id: str, livemode: bool) -> Endpoint:
    """The merchant's endpoint. Raises Refused(MISSING)."""
    found = await store.endpoint(database, endpoint_id)
    if found is None or (found.merchant_id, found.livemode) != (merchant_id, livemode):
        raise Refused(WebhookRefusal.MISSING, f"No such webhook endpoint: '{endpoint_id[:100]}'", param="id")
    return found


async def update(
    database: db.Database,
    operation: Operation,
    rules: Rules,
    endpoint_id: str,
    wish: Wish,
    *,
    merchant_id: str,
    livemode: bool,
) -> Endpoint:
    """The endpoint as wished. Raises Refused(MISSING, URL_INVALID, EVENTS_INVALID).

    `metadata` is merged key by key, and an empty value removes its key; None removes all. Disabling
    cancels what is still to be delivered, as its turn comes; enabling does not bring it back.
    """
    return await _change(
        database,
        operation,
        endpoint_id,
        lambda found: _wished(found, wish, rules),
        merchant_id=merchant_id,
        livemode=livemode,
    )


async def rotate(
    database: db.Database,
    operation: Operation,
    rules: Rules,
    endpoint_id: str,
    *,
    expires_in_seconds: int,
    merchant_id: str,
    livemode: bool,
    now: Instant,
) -> tuple[Endpoint, str]:
    """Give the endpoint a new secret; the former one signs as well until it expires. Raises Refused(MISSING).

    Both sign in between, so that receivers can change over without losing an event. A request that is resumed after a
    crash rotates once more: nobody had seen the first new secret.
    """
    secret = SECRET_PREFIX + database.ids.secret(SECRET_CHARACTERS)
    until = after(now, seconds=expires_in_seconds) if expires_in_seconds else None

    def rotated(found: Endpoint) -> Endpoint:
        old = found.secret if until else None
        return replace(found, secret=rules.seal.close(secret, name=found.id), old_secret=old, old_secret_until=until)

    changed = await _change(database, operation, endpoint_id, rotated, merchant_id=merchant_id, livemode=livemode)
    return changed, secret


async def delete(
    database: db.Database, operation: Operation, endpoint_id: str, *, merchant_id: str, livemode: bool
) -> None:
    """Remove the endpoint; its deliveries stay readable, and those not over are canceled. Raises Refused(MISSING)."""

    async def step() -> None:
        await find(database, endpoint_id, merchant_id=merchant_id, livemode=livemode)
        async with database.unit() as unit:
            operation.begin(unit)
            unit.delete(store.REMOVE_ENDPOINT, {"id": endpoint_id})

    await database.retry(step)


async def _change(
    database: db.Database,
    operation: Operation,
    endpoint_id: str,
    changed: Callable[[Endpoint], Endpoint],
    *,
    merchant_id: str,
    livemode: bool,
) -> Endpoint:
    async def step() -> Endpoint:
        found = await find(database, endpoint_id, merchant_id=merchant_id, livemode=livemode)
        new = changed(found)
        async with database.unit() as unit:
            operation.begin(unit)
            unit.update(store.SAVE_ENDPOINT, store.endpoint_row(new))
        return replace(new, version=found.version + 1)

    return await database.retry(step)


def _wished(found: Endpoint, wish: Wish, rules: Rules) -> Endpoint:
    changes: dict[str, Any] = {}
    if wish.url is not UNSET:
        changes["url"] = check_url(wish.url, livemode=found.livemode, allow_private=rules.allow_private)
    if wish.enabled_events is not UNSET:
        changes["enabled_events"] = _checked_events(wish.enabled_events)
    if wish.description is not UNSET:
        changes["description"] = wish.description or None
    if wish.metadata is not UNSET:
        changes["metadata"] = {} if wish.metadata is None else _merged(found.metadata, wish.metadata)
    if wish.disabled is not UNSET:
        changes["status"] = EndpointStatus.DISABLED if wish.disabled else EndpointStatus.ENABLED
    return replace(found, **changes)


def _checked_events(wanted: Sequence[str]) -> tuple[str, ...]:
    if not 0 < len(wanted) <= MOST_TYPES:
        raise _bad_events(f"needs between 1 and {MOST_TYPES} event types; send ['*'] for all events")
    for place, pattern in enumerate(wanted):
        if not is_event_pattern(pattern):
            raise _bad_events(
                "must be an event type such as charge.succeeded, a group such as charge.*, or *", f"[{place}]"
            )
    return tuple(dict.fromkeys(wanted))


def _bad_events(what: str, place: str = "") -> Refused:
    return Refused(
        WebhookRefusal.EVENTS_INVALID,
        f"The parameter enabled_events{place} {what}.",
        param=f"enabled_events{place}",
    )


def _merged(present: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Stripe's way of changing metadata; the cap of 50 keys holds for what comes out."""
    merged = {key: value for key, value in {**present, **given}.items() if value != ""}
    if len(merged) > 50:
        raise Refused(
            WebhookRefusal.METADATA_INVALID,
            f"With these the metadata would have {len(merged)} keys. Keep to 50; an empty value removes a key.",
            param="metadata",
        )
    return merged
