"""What timers and the outbox's relay call."""

from __future__ import annotations

from tallystick import db, jobs, outbox
from tallystick.base import Instant
from tallystick.payments.resolve import Resolved, resolve
from tallystick.payments.search import Indexer
from tallystick.payments.till import Till

RESOLVE_SECONDS = 2


def timers(till: Till) -> tuple[jobs.Timer, ...]:
    """Ask for unknown outcomes every two seconds; each attempt waits longer from time to time by itself."""

    async def run(now: Instant) -> Resolved:
        return await resolve(till, now=now)

    return (jobs.every("payments.resolve", RESOLVE_SECONDS, run),)


def consumers(database: db.Database) -> tuple[outbox.Consumer, ...]:
    """Those of this room who want to hear the news."""
    return (Indexer(database),)
