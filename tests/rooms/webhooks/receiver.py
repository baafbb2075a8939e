"""A receiver on loopback that answers as told and remembers what it got; and one made of memory alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web as http

from tallystick import webhooks


@dataclass
class Got:
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Memory:
    """A `Send` that gives the answers in turn, the last one for ever."""

    answers: list[webhooks.Answer]
    got: list[Got] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes, *, livemode: bool) -> webhooks.Answer:
        self.got.append(Got(url, dict(headers), body))
        if self.gate is not None:
            await self.gate.wait()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Server:
    url: str
    got: list[Got]


@asynccontextmanager
async def serve(
    status: int = 200, *, body: bytes = b"ok", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Server]:
    """A real HTTP server on a free port of loopback."""
    got: list[Got] = []

    async def handler(request: http.BaseRequest) -> http.StreamResponse:
        got.append(Got(str(request.url), dict(request.headers), await request.read()))
        return http.Response(status=status, body=body, headers=headers)

    runner = http.ServerRunner(http.Server(handler))
    await runner.setup()
    site = http.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield Server(f"{site.name}/hook", got)
    finally:
        await runner.cleanup()
