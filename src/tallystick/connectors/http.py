"""The way out to processors: one pooled HTTP session, and three things that can come of a call.

* `Response`: an answer arrived whole, whatever its status.
* `NotSent`: no byte of the request can have reached the processor (name, connection, TLS, pool).
* `NoAnswer`: it may have been sent. A connection that broke while sending or waiting is always this, because a
  processor that read the request may have acted on it.

Nothing is raised to the caller but cancellation. Nothing is tried again here: a retry is a decision about money.
The timeout is set once per session, cookies are not kept and nothing is traced: each would cost microseconds a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp

from tallystick.connectors.model import NoAnswer, NotSent, Response

ANSWER_LIMIT_BYTES = 1_048_576
KEEP_ALIVE_SECONDS = 4.0
"""Idle connections are dropped sooner than servers drop them (5 s is the shortest common default), so that a reused
connection is rarely one the other side has just closed; each such race would be an unknown outcome."""

# The request cannot have left: checked before the wider classes below.
_BEFORE_SENDING = (
    aiohttp.ClientConnectorError,  # refused, no route, name not found, TLS refused
    aiohttp.ConnectionTimeoutError,  # no connection, or none free in the pool, in time
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)


class Transport:
    """An HTTP client session, opened at the first call. Close it with `close()` or `async with`."""

    def __init__(self, *, timeout_seconds: float = 10.0, connect_seconds: float = 3.0, connections: int = 200) -> None:
        """`timeout_seconds` bounds a whole call, `connect_seconds` the part before anything is sent."""
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=min(connect_seconds, timeout_seconds))
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer:
        """Send one request and wait for its whole answer."""
        if self._closed:
            return NotSent("this transport is closed")
        session = self._session or self._open()
        try:
            async with session.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
                return await _whole(answer)
        except _BEFORE_SENDING as error:
            return NotSent(_reason(error))
        except TimeoutError:
            return NoAnswer(f"no answer within {self._timeout.total:g} seconds")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return NoAnswer(_reason(error))

    async def close(self) -> None:
        """Close every connection; later calls are NotSent."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEEP_ALIVE_SECONDS),
        )
        return self._session


async def _whole(answer: aiohttp.ClientResponse) -> Response | NoAnswer:
    """The answer with its body, unless that is longer than any processor has reason to send."""
    if (answer.content_length or 0) > ANSWER_LIMIT_BYTES:
        return NoAnswer("the answer is too long to be one")
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > ANSWER_LIMIT_BYTES:
            return NoAnswer("the answer is too long to be one")
    return Response(answer.status, bytes(body))


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]
