"""The merchants' side of webhooks: takes what the platform delivers and checks each signature with Stripe's own code.

A few lines of HTTP on purpose: what is shown is that any receiver of Stripe's webhooks works unchanged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import stripe

from tallystick.demo.world import HOST

_CONTINUE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
_REFUSE = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Receiver:
    """Listens for the webhooks of every shop at /webhooks/<shop>."""

    def __init__(self, *, tolerance_seconds: int) -> None:
        self.secrets: dict[str, str] = {}
        self.taken: dict[str, set[str]] = {}
        self.kinds: Counter[str] = Counter()
        self.repeated = 0
        self.bad: list[str] = []
        self._tolerance_seconds = tolerance_seconds
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Begin to listen on a free port."""
        self._server = await asyncio.start_server(self._serve, HOST, 0)

    def url(self, shop: str) -> str:
        """Where a shop's webhooks go."""
        assert self._server is not None, "open it first"
        return f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}/webhooks/{shop}"

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.close()
        while self._open:
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                path, headers = _read(head)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                writer.write(_CONTINUE if self._take(path, headers, body) else _REFUSE)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the other side has gone; whatever it had not finished saying comes again
        finally:
            self._open.discard(writer)
            writer.close()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> bool:
        shop = path.rpartition("/")[2]
        try:
            event: Any = stripe.Webhook.construct_event(
                body, headers.get("stripe-signature"), self.secrets.get(shop), self._tolerance_seconds
            )
        except (ValueError, stripe.SignatureVerificationError) as wrong:
            self.bad.append(f"{shop}: {type(wrong).__name__}")
            return False
        taken = self.taken.setdefault(shop, set())
        if event.id in taken:
            self.repeated += 1
        else:
            taken.add(event.id)
            self.kinds[event.type] += 1
        return True


def _read(head: str) -> tuple[str, dict[str, str]]:
    first, *lines = head.split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first.split(" ")[1], {name.strip().lower(): value.strip() for name, _, value in pairs}
