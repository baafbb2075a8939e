"""A town behind a server on loopback, and a Chromium to visit it; both are needed, so these tests carry `services`."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.browser.town import OWNER, PASSWORD, Played, Town, played
from tests.conftest import apart

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.services)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests; every visit has a profile of its own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield opened
        opened.close()


class Server:
    """The town's dashboard on a port of its own, in a thread with its own event loop."""

    def __init__(self, town: Town, database: str) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/dashboard"
        self.town = town
        self._database = database
        self._ready = threading.Event()
        self._fault: BaseException | None = None
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Return when it answers."""
        self._thread.start()
        self._ready.wait(120)
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        """Return when it is gone."""
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(30)
        self.socket.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as fault:
            self._fault = fault
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        await self.town.open(self._database)
        self._server = uvicorn.Server(uvicorn.Config(self.town.site(), log_config=None, access_log=False))
        serving = asyncio.create_task(self._server.serve(sockets=[self.socket]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.01)
        self._ready.set()
        await serving
        await self.town.platform.close()


@pytest.fixture(scope="session")
def days(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Three days, played once."""
    found: Played = apart(played(sqlite_template, tmp_path_factory.mktemp("days")))
    return found


def _served(folder: Path, days: Played) -> Iterator[Server]:
    server = Server(*days.copy(folder))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def calm(days: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A town that is only looked at; shared by all tests."""
    yield from _served(tmp_path_factory.mktemp("calm"), days)


@pytest.fixture
def busy(days: Played, tmp_path: Path) -> Iterator[Server]:
    """A town of this test's own, to change things in."""
    yield from _served(tmp_path, days)


class Complaints(list[str]):
    """What the browser said against a page."""

    def listen(self, page: Page) -> None:
        """Note errors of scripts, of the console and of the policy."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(message.text)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """Checked when the test is over: a page that complains is broken, whatever it shows."""
    found = Complaints()
    yield found
    assert not found


@pytest.fixture
def visit(browser: Browser, complaints: Complaints) -> Iterator[Visit]:
    """Opens a page in a profile of its own, signed in as the owner."""
    contexts: list[BrowserContext] = []

    def open_page(server: Server, *, width: int = 1440, theme: Any = "light", email: str = OWNER, **more: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, base_url=server.url, **more
        )
        contexts.append(context)
        page = context.new_page()
        complaints.listen(page)
        page.goto(f"{server.url}/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/dashboard/")
        return page

    yield open_page
    for context in contexts:
        context.close()
