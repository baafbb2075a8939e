"""Time as a value: whole microseconds since the Unix epoch in UTC, always passed in.

Nothing below the wiring files reads a clock by itself; a verb is told `now`. That is what lets a simulation
run a year in a second and replay it exactly.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

MICROSECONDS_PER_SECOND = 1_000_000
MICROSECONDS_PER_DAY = 86_400 * MICROSECONDS_PER_SECOND
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class Clock(Protocol):
    """What tells the time and waits for it."""

    def now(self) -> Instant:
        """The present moment."""

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock's time."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class ShiftedClock:
    """The machine's clock moved so that it read `start` when this object was made; for demos and rehearsals."""

    def __init__(self, start: Instant) -> None:
        self._shift_us = start - time.time_ns() // 1000

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000 + self._shift_us)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def epoch_seconds(instant: Instant) -> int:
    """Whole seconds since the epoch, rounded down."""
    return instant // MICROSECONDS_PER_SECOND


def from_seconds(seconds: int) -> Instant:
    """The instant `seconds` whole seconds after the epoch."""
    return Instant(seconds * MICROSECONDS_PER_SECOND)


def after(instant: Instant, *, seconds: int = 0, days: int = 0) -> Instant:
    """The instant that much later (or earlier, when negative)."""
    return Instant(instant + seconds * MICROSECONDS_PER_SECOND + days * MICROSECONDS_PER_DAY)


def iso(instant: Instant) -> str:
    """RFC 3339 text in UTC with microseconds, such as `2026-11-21T09:00:00.000000Z`."""
    seconds, micros = divmod(instant, MICROSECONDS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"


def instant_of(moment: datetime) -> Instant:
    """The instant of an aware datetime.

    Raises ValueError for a naive one: a time without a zone names no instant.
    """
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone names no instant; give it tzinfo")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return Instant((delta.days * 86_400 + delta.seconds) * MICROSECONDS_PER_SECOND + delta.microseconds)


def day(instant: Instant) -> date:
    """The UTC calendar day."""
    return date.fromordinal(instant // MICROSECONDS_PER_DAY + _EPOCH_ORDINAL)


def start_of(calendar_day: date) -> Instant:
    """Midnight UTC at which the day begins."""
    return Instant((calendar_day.toordinal() - _EPOCH_ORDINAL) * MICROSECONDS_PER_DAY)
