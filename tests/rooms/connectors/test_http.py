"""The way out: what each kind of broken connection is called."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tallystick.connectors import NoAnswer, NotSent, Response, Transport
from tallystick.connectors.http import ANSWER_LIMIT_BYTES

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def server(play: Play) -> AsyncIterator[str]:
    """A server that does `play` with every connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await play(reader, writer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    finally:
        listening.close()


async def ask(play: Play, *, body: bytes = b"{}") -> Response | NotSent | NoAnswer:
    """One call to such a server."""
    async with server(play) as url, Transport(timeout_seconds=0.3) as transport:
        return await transport.call("POST", url, headers={"X": "y"}, body=body)


def says(text: bytes) -> Play:
    """Reads the request, says `text` and hangs up."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(text)
        await writer.drain()

    return play


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads for ever and says nothing."""
    while await reader.read(100):
        pass


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the connection and drops it."""


@pytest.mark.parametrize("status", [200, 204, 302, 402, 404, 500, 503])
async def test_any_whole_answer_is_a_response(status: int) -> None:
    answer = await ask(says(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status))
    assert answer == Response(status, b"")


async def test_the_body_comes_as_it_is() -> None:
    answer = await ask(says(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a": 1}\n'))
    assert answer == Response(200, b'{"a": 1}\n')


@pytest.mark.parametrize(
    "play",
    [
        silent,
        hangs_up,
        says(b""),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        says(b"HTTP/1.1 200 OK\r\nContent-Le"),
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"),
        says(b"not HTTP at all\r\n\r\n"),
        says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_LIMIT_BYTES + 1)),
        says(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * (ANSWER_LIMIT_BYTES + 1)),
    ],
    ids=[
        "silent",
        "hangs up",
        "reads and hangs up",
        "half",
        "half a head",
        "half a chunk",
        "nonsense",
        "long",
        "endless",
    ],
)
async def test_whatever_breaks_once_a_connection_stood_is_no_answer(play: Play) -> None:
    assert isinstance(await ask(play), NoAnswer)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://127.0.0.1:1/", "http:///", "ftp://127.0.0.1/", "nowhere"]
)
async def test_what_cannot_be_reached_was_not_sent(url: str) -> None:
    async with Transport(timeout_seconds=1) as transport:
        assert isinstance(await transport.call("POST", url, headers={}), NotSent)


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers a TLS greeting in plain text."""
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


@pytest.mark.parametrize("play", [silent, plain])
async def test_a_server_that_speaks_no_tls_was_not_told_anything(play: Play) -> None:
    async with server(play) as url, Transport(timeout_seconds=2, connect_seconds=0.1) as transport:
        answer = await transport.call("POST", url.replace("http:", "https:"), headers={})
    assert isinstance(answer, NotSent)


async def test_a_full_pool_is_not_sent() -> None:
    async with server(silent) as url, Transport(timeout_seconds=0.5, connect_seconds=0.1, connections=1) as transport:
        first, second = await asyncio.gather(*(transport.call("POST", url, headers={}) for _ in range(2)))
    assert isinstance(first, NoAnswer)
    assert isinstance(second, NotSent)


async def test_a_closed_transport_sends_nothing() -> None:
    transport = Transport()
    await transport.close()
    assert isinstance(await transport.call("GET", "http://127.0.0.1:1/", headers={}), NotSent)


async def test_a_header_that_is_none_raises_nothing() -> None:
    async with server(silent) as url, Transport(timeout_seconds=0.2) as transport:
        assert isinstance(await transport.call("GET", url, headers={"A": "b\r\nC: d"}), NoAnswer)


async def test_a_cancelled_call_is_cancelled() -> None:
    async with server(silent) as url, Transport() as transport:
        task = asyncio.create_task(transport.call("GET", url, headers={}))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
