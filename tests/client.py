"""A caller of an ASGI application in the same process: no socket, no thread, the test's own event loop."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode

import msgspec


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """Stripe's error object."""
        found: dict[str, Any] = self.json["error"]
        return found


def fields(params: Any, name: str = "") -> list[tuple[str, str]]:
    """Nested params as form fields: {"a": {"b": [1]}} is a[b][0]=1."""
    if isinstance(params, Mapping):
        return [pair for key, each in params.items() for pair in fields(each, f"{name}[{key}]" if name else key)]
    if isinstance(params, list | tuple):
        return [pair for place, each in enumerate(params) for pair in fields(each, f"{name}[{place}]")]
    text = str(params).lower() if isinstance(params, bool) else "" if params is None else str(params)
    return [(name, text)]


class Client:
    """Calls `app` with an API key. Keyword arguments become headers with dashes for underscores."""

    def __init__(self, app: Any, key: str | None = None) -> None:
        self.app = app
        self.key = key

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        chunks: int = 1,
    ) -> Response:
        """One request; the body arrives in `chunks` parts."""
        sent = {"authorization": f"Bearer {self.key}"} if self.key else {}
        if content_type:
            sent["content-type"] = content_type
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        address, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(address),
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
        }
        size = max(1, -(-len(body) // chunks))
        parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        messages = [
            {"type": "http.request", "body": part, "more_body": place < len(parts)}
            for place, part in enumerate(parts, 1)
        ]
        answered: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            answered.append(message)

        await self.app(scope, receive, send)
        start, *rest = answered
        shown = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Response(start["status"], shown, b"".join(part.get("body", b"") for part in rest))

    async def get(self, path: str, params: Any = None, **headers: str) -> Response:
        """GET with params in the address."""
        address = f"{path}?{urlencode(fields(params))}" if params else path
        return await self.request("GET", address, headers=_named(headers))

    async def post(self, path: str, params: Any = None, **headers: str) -> Response:
        """POST a form."""
        body = urlencode(fields(params or {})).encode()
        form = "application/x-www-form-urlencoded"
        return await self.request("POST", path, body, content_type=form, headers=_named(headers))

    async def post_json(self, path: str, params: Any, **headers: str) -> Response:
        """POST JSON."""
        body = msgspec.json.encode(params)
        return await self.request("POST", path, body, content_type="application/json", headers=_named(headers))

    async def delete(self, path: str, **headers: str) -> Response:
        """DELETE."""
        return await self.request("DELETE", path, headers=_named(headers))


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
