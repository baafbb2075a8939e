"""A visitor without a browser: keeps cookies, fills forms, reads pages as trees."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from lxml import html
from starlette.applications import Starlette
from starlette.routing import Mount

from tallystick import dashboard
from tests.clocks import ManualClock
from tests.rooms.dashboard.believable import Believable
from tests.rooms.dashboard.cast import NOW

ROOT = "/dashboard"


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    def header(self, name: str) -> str:
        """The first header of this name, or empty."""
        return next((value for found, value in self.headers if found == name), "")

    @property
    def tree(self) -> Any:
        """The page parsed."""
        return html.fromstring(self.text)

    def says(self, words: str) -> bool:
        """Whether the page's text holds these words."""
        return words in " ".join(self.tree.text_content().split())


class Visit:
    """One browser's cookies at one application."""

    def __init__(self, doors: Believable | None = None, *, app: Any = None) -> None:
        self.data = doors or Believable()
        made = app or dashboard.app(self.data.doors(), clock=ManualClock(NOW), entropy=lambda: "not-so-random")
        self.app = Starlette(routes=[Mount(ROOT, made)])
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    async def get(self, path: str, **headers: str) -> Page:
        """A page; `path` is below the dashboard."""
        return await self._call("GET", path, b"", headers)

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> Page:
        """A form as it is, without a token unless it is in `fields`."""
        return await self._call("POST", path, urlencode(fields).encode(), headers)

    async def send(self, page_path: str, path: str, fields: dict[str, str], **headers: str) -> Page:
        """A form with the token of the page it stands on."""
        page = await self.get(page_path)
        token = page.tree.xpath("//input[@name='form_token']/@value")[0]
        return await self.post(path, {**fields, "form_token": token}, **headers)

    async def sign_in(self, email: str = "ada@tallystick.test", password: str = "correct horse") -> Page:
        """Through the front door."""
        return await self.send("/sign-in", "/sign-in", {"email": email, "password": password, "next": ""})

    async def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        parts = urlsplit(path)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 5000),
            "path": ROOT + unquote(parts.path),
            "raw_path": (ROOT + parts.path).encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])
        answered: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def take(message: MutableMapping[str, Any]) -> None:
            answered.append(message)

        await self.app(scope, receive, take)
        start, *rest = answered
        found = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
        self._keep([value for name, value in found if name == "set-cookie"])
        return Page(start["status"], found, b"".join(part.get("body", b"") for part in rest).decode("utf-8", "replace"))

    def _keep(self, given: list[str]) -> None:
        self.set_cookies += given
        for cookie in given:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value.strip('"')


def links(tree: Any) -> Iterator[str]:
    """Addresses of our own that the page links to, below the dashboard."""
    for href in tree.xpath("//a/@href"):
        if href.startswith(ROOT):
            yield href.removeprefix(ROOT).partition("#")[0] or "/"
