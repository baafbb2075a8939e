"""Kills the server at moments that the seed decides, and starts it again on the same file."""

from __future__ import annotations

import asyncio
import random

from tallystick.demo.house import SERVER
from tallystick.demo.processes import Fleet
from tallystick.demo.world import World

KILLS = 6
_FIRST_PERCENT, _LAST_PERCENT = 4, 90
_LONGEST_PAUSE_MS = 300


class Killer:
    """Waits for the day to reach a moment, and a bit; then SIGKILL, whatever the server is doing."""

    def __init__(self, world: World, fleet: Fleet, payments: int) -> None:
        chance = random.Random(f"{world.seed} kills")
        percents = sorted(chance.sample(range(_FIRST_PERCENT, _LAST_PERCENT), KILLS))
        self._moments = [payments * percent // 100 for percent in percents]
        self._pauses = [chance.randrange(_LONGEST_PAUSE_MS) for _ in percents]
        self._clock = world.clock
        self._fleet = fleet
        self._done = 0
        self._progress = asyncio.Event()
        self.kills = 0

    def note(self) -> None:
        """One more order is done."""
        self._done += 1
        self._progress.set()

    async def run(self) -> None:
        """Do it. Raises StartFailed when the server does not come back."""
        for moment, pause in zip(self._moments, self._pauses, strict=True):
            while self._done < moment:
                self._progress.clear()
                await self._progress.wait()
            await self._clock.sleep(pause / 1000)
            self._fleet.kill(SERVER)
            self.kills += 1
            self._fleet.again(SERVER)
            await self._fleet.up(SERVER)
