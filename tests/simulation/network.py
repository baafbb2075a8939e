"""The wire between the platform and its processors: it loses, delays, repeats and reorders, by the seed.

A request may be lost on its way (the platform cannot tell), its answer may be lost, it may arrive after the platform
has stopped waiting, or the processor may be away altogether. Nothing arrives later than LATEST after it was sent: that
is what a platform may rely on when a processor says that it never saw an order.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tallystick.connectors import NoAnswer, NotSent, Response
from tallystick.sandbox import NO_ANSWER, Processor

PATIENCE = 10.0
"""Seconds the platform waits for an answer."""

LATEST = 25.0
"""Seconds after which nothing that was sent is still under way."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Chances per thousand calls."""

    refused: int = 20
    lost: int = 20
    unanswered: int = 30
    late: int = 20
    repeated: int = 30

    @classmethod
    def of(cls, rng: random.Random) -> Weather:
        """Fair on some days, foul on others."""
        foul = rng.choice((0, 1, 1, 4))
        return cls(20 * foul, 20 * foul, 30 * foul, 20 * foul, 30 * foul)


class Wire:
    """What a connector calls through, to one processor that lives beside the platform and survives it."""

    def __init__(self, processor: Processor, rng: random.Random, weather: Weather) -> None:
        self._processor = processor
        self._rng = rng
        self._weather = weather
        self.calls = 0

    def calm(self) -> None:
        """From now on everything arrives."""
        self._weather = Weather(0, 0, 0, 0, 0)

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer:
        """One request, with luck."""
        self.calls += 1
        rng, weather = self._rng, self._weather
        if rng.randrange(1000) < weather.refused:
            await asyncio.sleep(rng.random() * 0.01)
            return NotSent("connection refused")
        if rng.randrange(1000) < weather.lost:
            await asyncio.sleep(PATIENCE)
            return NoAnswer("no answer in time")
        if rng.randrange(1000) < weather.late:
            return await self._late(method, url, headers, body)
        await asyncio.sleep(rng.random() * 0.2)
        answer = self._handle(method, url, headers, body)
        if rng.randrange(1000) < weather.repeated:
            self._handle(method, url, headers, body)
        if answer is None or rng.randrange(1000) < weather.unanswered:
            await asyncio.sleep(PATIENCE)
            return NoAnswer("no answer in time")
        await asyncio.sleep(rng.random() * 0.2)
        return answer

    async def _late(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Response | NotSent | NoAnswer:
        """It arrives when nobody waits any more."""
        delay = PATIENCE + self._rng.random() * (LATEST - PATIENCE - 1)
        asyncio.get_running_loop().call_later(delay, self._handle, method, url, dict(headers), body)
        await asyncio.sleep(PATIENCE)
        return NoAnswer("no answer in time")

    def _handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        lower = {name.lower(): value for name, value in headers.items()}
        reply = self._processor.handle(method, urlsplit(url).path, lower, body)
        return None if reply.status == NO_ANSWER else Response(reply.status, reply.body)
