"""A clock that moves only when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tallystick.base import MICROSECONDS_PER_SECOND, Instant

START = Instant(1_795_251_600 * MICROSECONDS_PER_SECOND)
"""2026-11-21T09:00:00Z."""


class ManualClock:
    """Stands still until `advance`; sleepers wake when their time has come."""

    def __init__(self, start: Instant = START) -> None:
        self._now = start
        self._sleepers: list[tuple[Instant, asyncio.Event]] = []

    def now(self) -> Instant:
        """The moment the test has set."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait for `advance` to pass that moment."""
        event = asyncio.Event()
        self._sleepers.append((Instant(self._now + round(seconds * MICROSECONDS_PER_SECOND)), event))
        await event.wait()

    def advance(self, seconds: float) -> Instant:
        """Move on, wake whoever is due, and answer the new time."""
        self._now = Instant(self._now + round(seconds * MICROSECONDS_PER_SECOND))
        for due, event in self._sleepers:
            if due <= self._now:
                event.set()
        self._sleepers = [(due, event) for due, event in self._sleepers if due > self._now]
        return self._now

    @property
    def sleepers(self) -> int:
        """How many wait."""
        return len(self._sleepers)


async def until(happened: Callable[[], object], *, within_seconds: int = 20) -> None:
    """Let other tasks run until `happened()` is true; fails when that takes longer than a hung test should."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_seconds
    while not happened():
        assert loop.time() < end, f"{happened} did not come true within {within_seconds} s"
        await asyncio.sleep(0)
