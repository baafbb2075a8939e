"""The sandbox as a process: sockets, time passing, the file it keeps, the news it posts."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
from aiohttp import web

from tallystick import sandbox
from tallystick.sandbox import SandboxSettings
from tallystick.sandbox.server import BODY_LIMIT_BYTES
from tests.rooms.sandbox.world import HEADERS

PAY: dict[str, Any] = {"amount": 1000, "currency": "EUR", "card": {"token": "tok_visa"}}


@contextlib.asynccontextmanager
async def running(settings: SandboxSettings) -> AsyncIterator[tuple[sandbox.App, str]]:
    """A sandbox on a free port."""
    app = sandbox.build_app(settings)
    config = uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield app, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        await server.shutdown()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=HEADERS) as made:
        yield made


async def post(session: aiohttp.ClientSession, url: str, body: Any, key: str) -> tuple[int, Any]:
    """Status and answer of one order."""
    async with session.post(url, json=body, headers={"Idempotency-Key": key}) as answer:
        return answer.status, await answer.json()


async def test_a_stopped_sandbox_goes_on_where_it_was(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    settings = SandboxSettings(file=str(tmp_path / "deep" / "sandbox.sqlite"))
    async with running(settings) as (_, url):
        first = await post(session, f"{url}/payments", PAY, "k1")
        await post(session, f"{url}/payments", PAY | {"card": {"token": "tok_createDispute"}}, "k2")
        async with session.get(f"{url}/control/state") as answer:
            before = await answer.json()
    async with running(settings) as (app, url):
        assert await post(session, f"{url}/payments", PAY, "k1") == first
        async with session.get(f"{url}/control/state") as answer:
            assert await answer.json() == before
        assert len(app.sandbox.state.unsettled) == 3


async def test_changes_are_written_down_while_it_runs(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    file = tmp_path / "s.sqlite"
    async with running(SandboxSettings(file=str(file))) as (_, url):
        await post(session, f"{url}/payments", PAY, "k1")
        for _ in range(200):
            with contextlib.closing(sqlite3.connect(file)) as reader:
                if reader.execute("SELECT count(*) FROM things WHERE kind = 'Operation'").fetchone() == (1,):
                    return
            await asyncio.sleep(0.01)
        pytest.fail("nothing was ever written down")


async def test_the_same_key_twice_at_once_is_a_conflict(session: aiohttp.ClientSession) -> None:
    async with running(SandboxSettings(latency_ms=100)) as (app, url):
        statuses = [
            status
            for status, _ in await asyncio.gather(*(post(session, f"{url}/payments", PAY, "same") for _ in range(5)))
        ]
        assert sorted(statuses) == [200, 409, 409, 409, 409]
        assert len(app.sandbox.state.payments) == 1


async def test_a_hundred_refunds_at_once_never_exceed_the_capture(session: aiohttp.ClientSession) -> None:
    async with running(SandboxSettings(latency_ms=1)) as (app, url):
        _, told = await post(session, f"{url}/payments", PAY, "k")
        path = f"{url}/payments/{told['payment']}/refunds"
        answers = await asyncio.gather(*(post(session, path, {"amount": 60}, f"r{n}") for n in range(100)))
        assert sum(status == 200 for status, _ in answers) == 1000 // 60
        assert app.sandbox.state.payments[told["payment"]].refunded == 960


async def test_an_answer_that_never_comes_does_the_work(session: aiohttp.ClientSession) -> None:
    async with running(SandboxSettings()) as (app, url):
        order = PAY | {"card": {"token": "tok_tallystickTimeout"}}
        with pytest.raises(TimeoutError):
            async with session.post(
                f"{url}/payments",
                json=order,
                headers={"Idempotency-Key": "k"},
                timeout=aiohttp.ClientTimeout(total=0.1),
            ):
                pass
        assert app.sandbox.state.operations["k"].status == "approved"


async def test_a_body_that_is_too_long_is_not_read(session: aiohttp.ClientSession) -> None:
    async with (
        running(SandboxSettings()) as (_, url),
        session.post(f"{url}/payments", data=b"x" * (BODY_LIMIT_BYTES + 1)) as answer,
    ):
        assert answer.status == 413


async def test_news_is_posted_until_it_is_taken(session: aiohttp.ClientSession, unused_tcp_port: int) -> None:
    taken: list[tuple[str, bytes]] = []
    enough = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        taken.append((request.headers["Tally-Signature"], await request.read()))
        if len(taken) == 2:
            enough.set()
        return web.Response(status=500 if len(taken) == 1 else 200)

    platform = web.Application()
    platform.router.add_post("/news", take)
    runner = web.AppRunner(platform)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    try:
        settings = SandboxSettings(notify_url=f"http://127.0.0.1:{unused_tcp_port}/news")
        async with running(settings) as (app, url):
            await post(session, f"{url}/payments", PAY | {"card": {"token": "tok_createDispute"}}, "k")
            await asyncio.wait_for(enough.wait(), 10)
            assert taken[0][1] == taken[1][1]
            assert taken[0][0].startswith("t=")
            for _ in range(100):
                if not app.sandbox.state.notices:
                    return
                await asyncio.sleep(0.01)
            pytest.fail("news that was taken stayed in the queue")
    finally:
        await runner.cleanup()
