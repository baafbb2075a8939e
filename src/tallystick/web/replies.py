"""What goes back to the caller: Stripe's error object where there is a no, and the headers that SDKs rely on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from tallystick.base import Refused, log
from tallystick.db import LostRace
from tallystick.idempotency import Answered
from tallystick.web import problems
from tallystick.web.endpoint import encode
from tallystick.web.model import VERSION, WebRefusal

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
JSON = b"application/json"
_RETRY = {409: b"true", 429: b"true", 500: b"false", 503: b"true"}
"""What `Stripe-Should-Retry` says: a stored 500 would only be replayed, a conflict or an outage passes."""

_ALWAYS = ((b"stripe-version", VERSION.encode()), (b"cache-control", b"no-cache, no-store"))

_log = log.get("http")


class Reply(NamedTuple):
    """An answer on its way out."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    original_request: str | None = None


def headers_of(status: int) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that go with a status."""
    retry = _RETRY.get(status)
    return ((b"stripe-should-retry", retry),) if retry else ()


def refusal(refused: Refused) -> Reply:
    """The answer to a request that the shell itself refuses."""
    status, shown = problems.problem(refused)
    headers = headers_of(status)
    if status == 401:
        headers = (*headers, (b"www-authenticate", b'Basic realm="Tallystick"'))
    if "allow" in refused.details:
        headers = (*headers, (b"allow", refused.details["allow"].encode()))
    return Reply(status, encode(shown), headers=headers)


def fault(request_id: str) -> Reply:
    """The answer to a fault of ours. Call it while the exception is being handled, so that the log has it."""
    _log.exception("fault", request_id=request_id)
    return Reply(500, encode(problems.fault(request_id)))


def unkept(refused: Refused) -> Answered:
    """An answer that is not stored: sending the request again may succeed."""
    status, shown = problems.problem(refused)
    return Answered(status, encode(shown), keep=False)


def busy(lost: LostRace) -> Refused:
    """Somebody else changed what the verb wanted to change."""
    return Refused(
        WebRefusal.LOCK_TIMEOUT,
        "Another request is changing the same object. Send this one again in a moment.",
        table=lost.table,
    )


def unavailable() -> Refused:
    """The database is away."""
    return Refused(
        WebRefusal.UNAVAILABLE,
        "The platform cannot reach its database. Send the request again, with the same Idempotency-Key, in a moment.",
    )


async def send(to: Send, reply: Reply, request_id: str, *, bodiless: bool) -> None:
    """Put the answer on the wire; a HEAD request gets its headers only."""
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"request-id", request_id.encode()),
        *_ALWAYS,
        *reply.headers,
    ]
    if reply.original_request is not None:
        headers += [(b"idempotent-replayed", b"true"), (b"original-request", reply.original_request.encode())]
    await to({"type": "http.response.start", "status": reply.status, "headers": headers})
    await to({"type": "http.response.body", "body": b"" if bodiless else reply.body})
