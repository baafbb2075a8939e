"""A way to a processor that runs inside this process: for simulations, which own the clock and every await.

It obeys the same contract as `Transport`, so that a connector cannot tell the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from tallystick.connectors.model import NoAnswer, NotSent, Response

Handle = Callable[[str, str, Mapping[str, str], bytes], tuple[int, bytes]]
"""Method, path, headers (names in lower case) and body in; status and body out. Status 0 is an answer never given."""


class Inside:
    """Calls `handle` where `Transport` would open a connection."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer:
        """Carry the request over at once."""
        lower = {name.lower(): value for name, value in headers.items()}
        status, answer = self._handle(method, urlsplit(url).path, lower, body)
        return Response(status, answer) if status else NoAnswer("the processor did not answer")
