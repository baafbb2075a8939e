"""A load client that costs little: one keep-alive connection per worker, requests written as bytes.

It shares the cores with what it measures, so a comfortable client would measure itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


class Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(rest) >= length and self._waiting is not None:
            waiting, self._waiting, self._buffer = self._waiting, None, rest[length:]
            waiting.set_result((int(head[9:12]), rest[:length]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.set_exception(error or ConnectionResetError("the server closed the connection"))

    def send(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Status and body of the answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@dataclass(slots=True)
class Load:
    """What a run measured: seconds per payment, and answers that were not what was wanted."""

    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds below which this share of the payments lies."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


Step = Callable[[int, bytes], bytes | None]
"""Given the number of the payment and the answer to the step before (empty at first): the next request, or None."""


async def drive(port: int, steps: Step, *, payments: int, workers: int, watch: Callable[[int], None]) -> Load:
    """Make `payments` payments from `workers` connections; `watch` hears how many are done."""
    load, numbers = Load(), iter(range(payments))
    loop = asyncio.get_running_loop()

    async def work() -> None:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        for number in numbers:
            started, answer = time.perf_counter(), b""
            while (request := steps(number, answer)) is not None:
                status, answer = await connection.send(request)
                if status != 200:
                    load.failures.append(f"{status} {answer[:300]!r}")
                    break
            load.latencies.append(time.perf_counter() - started)
            if number % 1000 == 0:
                watch(number)
        connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(workers)))
    load.elapsed = time.perf_counter() - started
    return load


def post(path: str, body: bytes, *, key: str, idempotency_key: str) -> bytes:
    """The bytes of one POST."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Idempotency-Key: {idempotency_key}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body
