"""What the worker calls: who hears the news, how often unknown outcomes are asked for, and what is summed behind."""

from __future__ import annotations

from tallystick import db, jobs, outbox
from tallystick.payments.search import Indexer
from tallystick.payments.sum_up import SUM_SECONDS, sum_up

RESOLVE_SECONDS = 2
"""How often `resolve` looks for attempts without an outcome; each attempt waits longer from time to time by itself."""


def consumers(database: db.Database) -> tuple[outbox.Consumer, ...]:
    """Those of this room who want to hear the news."""
    return (Indexer(database),)


def timers(database: db.Database) -> tuple[jobs.Timer, ...]:
    """What this room does once per period over all processes."""
    return (jobs.every("payments.sum", SUM_SECONDS, lambda now: sum_up(database, now)),)
