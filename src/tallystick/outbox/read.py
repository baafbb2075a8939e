"""Events as merchants read them: one by id, many newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tallystick import db
from tallystick.base import Instant, Refused
from tallystick.outbox import store
from tallystick.outbox.model import Event, OutboxRefusal


async def event(database: db.Database, event_id: str) -> Event | None:
    """The event with this id, or None. Whose it is, is for the caller to check."""
    return await store.one(database, event_id)


async def load(database: db.Database, event_ids: Collection[str]) -> dict[str, Event]:
    """The events with these ids, by id; ids nobody knows are left out."""
    return {found.id: found for found in await store.several(database, event_ids)}


async def events(
    database: db.Database,
    *,
    merchant_id: str,
    livemode: bool,
    types: Sequence[str] = (),
    created_from: Instant | None = None,
    created_before: Instant | None = None,
    starting_after: str | None = None,
    ending_before: str | None = None,
    limit: int = 10,
) -> list[Event]:
    """A merchant's events in one mode, newest first, at most `limit`; with `ending_before` oldest first.

    That is nearest to the cursor first, as `web.page` wants them.

    `types` are event types or groups such as `payment_intent.*`; none means all. `starting_after` and `ending_before`
    are ids of the merchant's events; Refused(MISSING) for any other.
    """
    older = await _place(database, starting_after, merchant_id, livemode, "starting_after")
    newer = await _place(database, ending_before, merchant_id, livemode, "ending_before")
    return await store.page(
        database,
        merchant_id=merchant_id,
        livemode=livemode,
        types=types,
        created=(created_from, created_before),
        older_than=older,
        newer_than=newer,
        limit=limit,
    )


async def _place(
    database: db.Database, event_id: str | None, merchant_id: str, livemode: bool, param: str
) -> int | None:
    if event_id is None:
        return None
    found = await store.one(database, event_id)
    if found is None or (found.merchant_id, found.livemode) != (merchant_id, livemode):
        raise Refused(OutboxRefusal.MISSING, f"No such event: '{event_id}'", param=param)
    return found.seq
