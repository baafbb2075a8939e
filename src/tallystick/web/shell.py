"""The HTTP shell: from an ASGI request to a verb and back.

The order is fixed, cheapest and least trusting first: route, headers, caller, size, content type, parameters,
idempotency, and only then the handler. A refusal becomes Stripe's error object; a fault becomes a 500 that says
nothing of the inside and is logged with the request id.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple, Protocol

import msgspec
from prometheus_client import CollectorRegistry

from tallystick import idempotency
from tallystick.base import Clock, Instant, Refused, log
from tallystick.db import CommitUnknown, ConnectionLost, Database, LostRace
from tallystick.idempotency import Answered, Operation
from tallystick.web import body, problems, replies
from tallystick.web.endpoint import NO_OPERATION, Answer, Call, Endpoint, encode
from tallystick.web.expand import Expansion, Expansions
from tallystick.web.model import NOBODY, VERSION, Auth, KeyKind, Principal, WebRefusal
from tallystick.web.observe import CONTENT_TYPE, Observer
from tallystick.web.openapi import describe
from tallystick.web.replies import JSON, Reply, Send
from tallystick.web.router import Router

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Lifespan = Callable[[], AbstractAsyncContextManager[Any]]

_VERSION = re.compile(rb"\d{4}-\d\d-\d\d(\.[a-z]+)?")
_NONE = "(none)"
"""Route and method of requests that reached no endpoint: what a stranger types must not become a label."""

_log = log.get("http")


class Guard(Protocol):
    """Who is asking."""

    async def admit(self, authorization: str | None, *, now: Instant) -> Principal:
        """The caller behind an Authorization header. Raises Refused of kind UNAUTHENTICATED."""


class _Route(NamedTuple):
    endpoint: Endpoint
    reader: body.Reader


class Shell:
    """An ASGI application over a table of endpoints."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        guard: Guard,
        database: Database,
        clock: Clock,
        desk: idempotency.Desk,
        expansions: Iterable[Expansion],
        body_limit: int,
        registry: CollectorRegistry,
        ready: Callable[[], Awaitable[bool]] | None,
        fallback: App | None,
        lifespan: Lifespan | None,
        title_version: str,
    ) -> None:
        own = (
            Endpoint("GET", "/healthz", self._healthz, auth=Auth.OPEN, summary="Whether the process runs"),
            Endpoint("GET", "/readyz", self._readyz, auth=Auth.OPEN, summary="Whether requests can be served"),
            Endpoint("GET", "/metrics", self._metrics, auth=Auth.OPEN, summary="Metrics", media="text/plain"),
            Endpoint("GET", "/v1/openapi.json", self._openapi, auth=Auth.OPEN, summary="This document"),
        )
        self.endpoints = tuple(endpoints) + own
        self._router = Router((e.method, e.path, _Route(e, body.Reader(e.params))) for e in self.endpoints)
        self._guard, self._database, self._clock, self._desk = guard, database, clock, desk
        self._expansions = Expansions(expansions)
        self._body_limit = body_limit
        self._observer = Observer(registry)
        self._ready, self._fallback, self._lifespan = ready, fallback, lifespan
        self._version = title_version
        self._document: bytes | None = None

    # --- one request ---

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI (asgi.readthedocs.io)."""
        if scope["type"] == "lifespan":
            return await self._live(receive, send)
        found = self._router.find(scope["path"]) if scope["type"] == "http" else None
        if found is None and self._fallback is not None and not _meant_for_api(scope["path"]):
            return await self._fallback(scope, receive, send)
        if scope["type"] == "http":
            await self._answer(scope, receive, send, found)
        return None

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, found: tuple[dict[str, _Route], dict[str, str]] | None
    ) -> None:
        method, now = scope["method"], self._clock.now()
        request_id = self._database.ids.new("req")
        call = Call(self._database, NOBODY, None, path={}, now=now, request_id=request_id, raw_headers={})
        route = None
        try:
            route = self._route(scope["path"], method, found)
            call.path = found[1] if found else {}
            reply = await self._serve(route, call, scope, receive)
        except Refused as refused:
            reply = replies.refusal(refused)
        except body.Gone:
            return
        except (CommitUnknown, ConnectionLost) as lost:
            _log.error("database_unavailable", request_id=request_id, error=repr(lost))
            reply = replies.refusal(replies.unavailable())
        except Exception:  # the last line of defence: whatever went wrong, the caller gets Stripe's shape
            reply = replies.fault(request_id)
        await replies.send(send, reply, request_id, bodiless=method == "HEAD")
        self._observer.seen(
            call,
            method if route else _NONE,
            route.endpoint.path if route else _NONE,
            reply.status,
            self._clock.now() - now,
            replayed=reply.original_request is not None,
        )

    def _route(self, path: str, method: str, found: tuple[dict[str, _Route], dict[str, str]] | None) -> _Route:
        if found is None:
            raise Refused(
                WebRefusal.URL_UNKNOWN,
                f"Nothing answers at {method[:20]} {path[:200]}. Look the address up in the API reference.",
            )
        route = found[0].get("GET" if method == "HEAD" else method)
        if route is None:
            allowed = ", ".join(sorted(found[0]))
            raise Refused(
                WebRefusal.METHOD_NOT_ALLOWED,
                f"{path[:200]} does not answer to {method[:20]}. Use {allowed}.",
                allow=allowed,
            )
        return route

    async def _serve(self, route: _Route, call: Call, scope: Scope, receive: Receive) -> Reply:
        endpoint, headers = route.endpoint, dict(scope["headers"])
        call.raw_headers = headers
        _check_headers(headers)
        if endpoint.auth is not Auth.OPEN:
            authorization = headers.get(b"authorization")
            call.principal = await self._guard.admit(
                authorization.decode("latin-1") if authorization is not None else None, now=call.now
            )
            _check_key(endpoint, call.principal)
        sent = b""
        if endpoint.method != "GET":
            limit = endpoint.limit_bytes or self._body_limit
            sent = await body.read(receive, headers.get(b"content-length"), limit)
        if endpoint.raw:
            call.body = sent
        else:
            tree, form = body.tree_of(sent, headers.get(b"content-type", b""), scope["query_string"])
            call.params, call.expand = route.reader.read(tree, form=form)
            if call.expand:
                self._expansions.check(endpoint, call.expand)
        return await self._run(endpoint, call, headers.get(b"idempotency-key"), scope["path"])

    async def _run(self, endpoint: Endpoint, call: Call, key: bytes | None, path: str) -> Reply:
        content_type = JSON

        async def run(operation: Operation) -> Answered:
            nonlocal content_type
            call.operation = operation
            answer = await self._handle(endpoint, call)
            if isinstance(answer, Answered):
                return answer
            content_type = answer.content_type
            return Answered(answer.status, answer.body)

        if endpoint.method == "GET":
            answered = await run(NO_OPERATION)
        elif endpoint.method == "DELETE" or endpoint.auth is Auth.OPEN:
            answered = await run(Operation(_ticket(call, None, path).operation_id))
        else:
            ticket = _ticket(call, key, path)
            answered = await idempotency.once(self._desk, ticket, run, now=call.now)
        return Reply(
            answered.status, answered.body, content_type, replies.headers_of(answered.status), answered.original_request
        )

    async def _handle(self, endpoint: Endpoint, call: Call) -> Answer | Answered:
        """The handler's answer rendered, or what became of it."""
        try:
            answer = await endpoint.handler(call)
            if not isinstance(answer.body, bytes):
                content = answer.body
                if call.expand:
                    content = await self._expansions.apply(call, msgspec.json.decode(encode(content)))
                answer = Answer(encode(content), answer.status, answer.content_type)
            return answer
        except Refused as refused:
            status, shown = problems.problem(refused)
            return Answered(status, encode(shown), keep=problems.TABLE[refused.kind].kept)
        except LostRace as lost:
            return replies.unkept(replies.busy(lost))
        except (CommitUnknown, ConnectionLost) as lost:
            _log.error("database_unavailable", request_id=call.request_id, error=repr(lost))
            return replies.unkept(replies.unavailable())
        except Exception:  # a fault of ours, told to nobody but the log; as with Stripe, the answer is stored
            return Answered(500, replies.fault(call.request_id).body)

    # --- what the shell answers itself ---

    async def _healthz(self, call: Call) -> Answer:
        return Answer({"status": "ok"})

    async def _readyz(self, call: Call) -> Answer:
        ready = await self._ready() if self._ready else await self._desk.find("readyz") is None
        if not ready:
            raise replies.unavailable()
        return Answer({"status": "ok"})

    async def _metrics(self, call: Call) -> Answer:
        return Answer(self._observer.text(), content_type=CONTENT_TYPE)

    async def _openapi(self, call: Call) -> Answer:
        if self._document is None:
            self._document = encode(self.document())
        return Answer(self._document)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document of everything this application answers."""
        return describe(self.endpoints, self._expansions, version=self._version)

    async def _live(self, receive: Receive, send: Send) -> None:
        """ASGI's lifespan: start before the first request, stop after the last."""
        await receive()
        if self._lifespan is None:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        else:
            async with self._lifespan():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        await send({"type": "lifespan.shutdown.complete"})


def asgi(
    endpoints: Iterable[Endpoint],
    guard: Guard,
    database: Database,
    clock: Clock,
    desk: idempotency.Desk,
    *,
    expansions: Iterable[Expansion] = (),
    body_limit: int = 1_048_576,
    registry: CollectorRegistry | None = None,
    ready: Callable[[], Awaitable[bool]] | None = None,
    fallback: App | None = None,
    lifespan: Lifespan | None = None,
    version: str = "0",
) -> Shell:
    """The API as an ASGI application.

    `ready` adds to what /readyz asks; `fallback` gets every path outside the API (the dashboard); `lifespan` is
    entered before the first request; `version` is the platform's own, shown in the OpenAPI document.
    """
    return Shell(
        endpoints,
        guard=guard,
        database=database,
        clock=clock,
        desk=desk,
        expansions=expansions,
        body_limit=body_limit,
        registry=registry or CollectorRegistry(),
        ready=ready,
        fallback=fallback,
        lifespan=lifespan,
        title_version=version,
    )


# --- checks ---


def _check_headers(headers: Mapping[bytes, bytes]) -> None:
    if b"stripe-account" in headers:
        raise Refused(
            WebRefusal.ACCOUNT_INVALID,
            "There are no connected accounts here. Leave the Stripe-Account header out and use the merchant's own key.",
        )
    version = headers.get(b"stripe-version")
    if version is not None and not _VERSION.fullmatch(version):
        raise Refused(
            WebRefusal.API_VERSION_INVALID,
            f"The Stripe-Version header is not a version such as {VERSION}. Correct it or leave it out.",
        )


def _check_key(endpoint: Endpoint, principal: Principal) -> None:
    if endpoint.auth is Auth.SECRET and principal.key_kind is KeyKind.PUBLISHABLE:
        raise Refused(
            WebRefusal.SECRET_KEY_REQUIRED,
            "A publishable key may not do this. Call it from your server with a secret key.",
        )


def _ticket(call: Call, key: bytes | None, path: str) -> idempotency.Ticket:
    if not key:
        return idempotency.Ticket(call.principal.merchant_id, call.principal.livemode, None, "", call.request_id)
    sent = call.body or encode(call.params)
    mark = idempotency.fingerprint(b"POST", path.encode(), sent, " ".join(call.expand).encode())
    text = key.decode("latin-1")
    return idempotency.Ticket(call.principal.merchant_id, call.principal.livemode, text, mark, call.request_id)


def _meant_for_api(path: str) -> bool:
    """Also one slash too many or too few: who speaks the API's dialect is answered in it."""
    return path.lstrip("/").partition("/")[0] == "v1"
