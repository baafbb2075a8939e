"""CPU of the HTTP shell per request: auth, body, validation, idempotency, metrics and log line, around an idle handler.

No sockets: the application is called in this process, so what is shown is Python's work alone. Log lines go to a pipe
that is thrown away: run with `2>/dev/null`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, MutableMapping
from typing import Annotated, Any, Literal

import msgspec

from tallystick import db, idempotency, merchants, web
from tallystick.base import IdSource, SystemClock, log
from tallystick.web import body, form

REQUESTS = 5_000
BODY = (
    b"amount=1000&currency=usd&confirm=true&capture_method=automatic&description=Order+6735&metadata[order]=6735"
    b"&metadata[customer]=c_12&payment_method=pm_card_visa&payment_method_types[0]=card"
    b"&customer=cus_01jd3v8k2mabcdefghjkmnpqrs"
)
ANSWER = {"id": "pi_01", "object": "payment_intent", "amount": 1000} | {f"field_{n}": None for n in range(20)}


class Create(web.Params):
    amount: Annotated[int, msgspec.Meta(ge=1, le=99_999_999)]
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
    confirm: bool = False
    capture_method: Literal["automatic", "manual"] = "automatic"
    description: str | None = None
    metadata: web.Metadata | None = None
    payment_method: web.Id | None = None
    payment_method_types: list[str] | None = None
    customer: web.Id | None = None


async def idle(call: web.Call) -> web.Answer:
    return web.Answer(ANSWER)


async def application(folder: str) -> tuple[web.Shell, db.Database, str]:
    clock, url = SystemClock(), f"sqlite:///{folder}/shell.sqlite"
    await db.create(url)
    database = await db.open(url, ids=IdSource(clock), clock=clock)
    pepper, now = merchants.pepper_of("bench"), clock.now()
    merchant = await merchants.create_merchant(
        database, name="Shop", email="shop@example.com", country="DE", default_currency="EUR", now=now
    )
    issued = await merchants.issue_key(
        database, pepper, merchant_id=merchant.id, kind=web.KeyKind.SECRET, livemode=False, now=now
    )
    desk = await idempotency.Desk.open(database, name="bench", now=now)
    endpoints = (
        web.Endpoint("POST", "/v1/payment_intents", idle, params=Create, returns="payment_intent"),
        web.Endpoint("GET", "/v1/payment_intents/{id}", idle, returns="payment_intent"),
    )
    return web.asgi(endpoints, merchants.Guard(database, pepper), database, clock, desk), database, issued.secret


class Caller:
    def __init__(self, app: web.Shell, secret: str) -> None:
        self.app = app
        self.statuses: set[int] = set()
        self.headers = [
            (b"host", b"127.0.0.1:8470"),
            (b"user-agent", b"Stripe/v1 PythonBindings/16.1.0"),
            (b"authorization", b"Bearer " + secret.encode()),
            (b"stripe-version", web.VERSION.encode()),
            (b"content-type", body.FORM),
            (b"content-length", b"%d" % len(BODY)),
            (b"accept", b"*/*"),
            (b"connection", b"keep-alive"),
        ]

    async def receive(self) -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if "status" in message:
            self.statuses.add(message["status"])

    async def measure(self, method: str, path: str, key: bytes | None = None) -> float:
        """CPU microseconds per request."""
        began = time.process_time_ns()
        for _ in range(REQUESTS):
            headers = self.headers if key is None else [*self.headers, (b"idempotency-key", key)]
            scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers}
            await self.app(scope, self.receive, self.send)
        return (time.process_time_ns() - began) / REQUESTS / 1000


def per_call(work: Callable[[], object]) -> float:
    began = time.process_time_ns()
    for _ in range(REQUESTS):
        work()
    return (time.process_time_ns() - began) / REQUESTS / 1000


async def main() -> None:
    log.setup("info", "json")
    with tempfile.TemporaryDirectory() as folder:
        app, database, secret = await application(folder)
        caller, reader = Caller(app, secret), body.Reader(Create)
        post = "/v1/payment_intents"
        await caller.measure("POST", post)
        rows = [
            ("GET", await caller.measure("GET", f"{post}/pi_01")),
            ("POST, 10 fields", await caller.measure("POST", post)),
            ("POST, 10 fields, replayed by its key", await caller.measure("POST", post, b"same")),
            ("  of that: form to tree", per_call(lambda: form.parse(BODY))),
            ("  of that: form to params", per_call(lambda: reader.read(form.parse(BODY), form=True))),
        ]
        assert caller.statuses == {200}, caller.statuses
        print("\n".join(f"{name:40} {micros:6.1f} µs" for name, micros in rows))
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
