"""The sandbox as a process: a bare ASGI application, because it shares its processor cores with what it stands in for.

Run by `tallystick sandbox`. One payment costs some 30 microseconds beyond HTTP itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn

from tallystick.base import Clock, IdSource, SystemClock, log
from tallystick.sandbox.control import Sandbox
from tallystick.sandbox.model import NO_ANSWER, Reply, SandboxSettings
from tallystick.sandbox.post import Poster
from tallystick.sandbox.state import State
from tallystick.sandbox.store import Store

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MOMENT = timedelta(milliseconds=50)
"""How often changes are written down and news is posted."""
BODY_LIMIT_BYTES = 262_144
_WANTED = {b"authorization": "authorization", b"idempotency-key": "idempotency-key"}
_IN_FLIGHT = Reply(409, b'{"error":{"code":"in_flight","message":"This key is being worked at; ask again."}}')
_TOO_LONG = Reply(413, b'{"error":{"code":"too_large","message":"No request is that long."}}')


class App:
    """The ASGI application of one sandbox."""

    def __init__(self, settings: SandboxSettings, *, clock: Clock | None = None, ids: IdSource | None = None) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self._store = Store(Path(settings.file)) if settings.file else None
        state = State(noting=self._store is not None)
        if self._store is not None:
            state.load(self._store.load())
        ids = ids or IdSource(self._clock)
        self.sandbox = Sandbox(settings, ids, self._clock, random.Random(settings.seed), state=state)
        self._saving = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return await _send(send, _TOO_LONG)
        headers = {_WANTED[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _WANTED}
        path: str = scope["raw_path"].decode("latin-1")
        if self.sandbox.processor.conditions.latency_ms and scope["method"] == "POST":
            reply = await self._slowly(scope["method"], path, headers, body)
        else:
            reply = self.sandbox.handle(scope["method"], path, headers, body)
        if path.startswith("/control/"):
            await self.save()
        if reply.status == NO_ANSWER:
            return await _until_gone(receive)
        await _send(send, reply)

    async def _slowly(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Let time pass before the work, with the key marked as in flight meanwhile."""
        processor, key = self.sandbox.processor, headers.get("idempotency-key", "")
        if key and not processor.enter(key):
            return _IN_FLIGHT
        try:
            await self._clock.sleep(timedelta(milliseconds=processor.conditions.latency_ms).total_seconds())
        finally:
            processor.leave(key)
        return self.sandbox.handle(method, path, headers, body)

    async def save(self) -> None:
        """Write down what changed since the last time."""
        if self._store is None:
            return
        async with self._saving:
            rows = self.sandbox.state.take_changes()
            if rows:
                await asyncio.to_thread(self._store.save, rows)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._tasks = [asyncio.create_task(self._keep_saving()), asyncio.create_task(self._keep_posting())]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.save()
        if self._store is not None:
            self._store.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _keep_saving(self) -> None:
        while self._store is not None:
            await self._clock.sleep(MOMENT.total_seconds())
            await asyncio.shield(self.save())

    async def _keep_posting(self) -> None:
        processor = self.sandbox.processor
        async with Poster() as poster:
            while self.settings.notify_url:
                await self._clock.sleep(MOMENT.total_seconds())
                processor.tick(self._clock.now())
                for outgoing in processor.due_notices(self._clock.now()):
                    taken = await poster.post(outgoing)
                    processor.notice_settled(outgoing.notice, taken=taken, now=self._clock.now())


def build_app(settings: SandboxSettings, *, clock: Clock | None = None, ids: IdSource | None = None) -> App:
    """The ASGI application; its state is loaded from `settings.file` when there is one."""
    return App(settings, clock=clock, ids=ids)


def serve(settings: SandboxSettings, *, clock: Clock | None = None) -> None:
    """Run until interrupted."""
    log.get("sandbox").info("sandbox_listens", name=settings.name, host=settings.host, port=settings.port)
    uvicorn.run(
        build_app(settings, clock=clock),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is longer than any request has reason to be."""
    message = await receive()
    if not message.get("more_body"):
        first: bytes = message.get("body", b"")
        return first if len(first) <= BODY_LIMIT_BYTES else None
    body = bytearray(message["body"])
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_LIMIT_BYTES:
            return None
    return bytes(body)


async def _send(send: Send, reply: Reply) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _until_gone(receive: Receive) -> None:
    """Hold the connection without a word until the caller gives up."""
    while (await receive())["type"] != "http.disconnect":
        pass
