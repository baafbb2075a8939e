"""How the sandbox's news goes out: it is the outside world calling in, and shares nothing with our own clients."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import aiohttp

from tallystick.sandbox.notices import Outgoing

TIMEOUT_SECONDS = 10


class Poster:
    """One HTTP session; use it with `async with`."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def post(self, outgoing: Outgoing) -> bool:
        """Whether the platform took the news (any 2xx)."""
        assert self._session is not None, "use it with `async with`"
        try:
            async with self._session.post(outgoing.url, data=outgoing.body, headers=outgoing.headers) as answer:
                await answer.read()
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False
