"""What the worker calls: who hears the news, and how often unknown outcomes are asked for."""

from __future__ import annotations

from tallystick import db, outbox
from tallystick.payments.search import Indexer

RESOLVE_SECONDS = 2
"""How often `resolve` looks for attempts without an outcome; each attempt waits longer from time to time by itself."""


def consumers(database: db.Database) -> tuple[outbox.Consumer, ...]:
    """Those of this room who want to hear the news."""
    return (Indexer(database),)
