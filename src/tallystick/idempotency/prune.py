"""Forgetting keys: after 24 hours a key may be used again for a new request."""

from __future__ import annotations

from tallystick.base import Instant, after
from tallystick.db import Database, LostRace
from tallystick.idempotency import store

KEEP_HOURS = 24


async def prune(database: Database, now: Instant) -> int:
    """Delete the claims made more than 24 hours before `now`, and say how many."""
    before = after(now, seconds=-KEEP_HOURS * 3600)
    pruned = 0
    while scopes := await store.older_than(database, before):
        try:
            async with database.unit() as unit:
                for scope in scopes:
                    unit.delete(store.FORGET, {"scope": scope})
        except LostRace:
            continue  # another server prunes too: what it deleted is gone from the next read
        pruned += len(scopes)
    return pruned
