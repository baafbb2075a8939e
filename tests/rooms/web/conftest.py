"""An application of a few endpoints that behave as they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import msgspec
import pytest

from tallystick import db, idempotency, web
from tallystick.base import IdSource, Instant, Kind, RefusalCode, Refused
from tests.client import Client
from tests.clocks import ManualClock


class NoKey(RefusalCode):
    MISSING = "api_key_missing", Kind.UNAUTHENTICATED


class FakeGuard:
    """Believes keys of the form sk_<mode>_<merchant>."""

    async def admit(self, authorization: str | None, *, now: Instant) -> web.Principal:
        kind, _, rest = (authorization or "").removeprefix("Bearer ").partition("_")
        mode, _, merchant = rest.partition("_")
        if kind not in ("sk", "pk"):
            raise Refused(NoKey.MISSING, "No API key was sent. Send one.")
        key_kind = web.KeyKind.SECRET if kind == "sk" else web.KeyKind.PUBLISHABLE
        return web.Principal(f"acct_{merchant}", mode == "live", key_kind, "key_1")


class Address(web.Params):
    line1: Annotated[str, msgspec.Meta(max_length=20)]
    country: str | None = None


class Create(web.Params):
    amount: Annotated[int, msgspec.Meta(ge=1, le=99_999_999)]
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
    confirm: bool = False
    capture_method: Literal["automatic", "manual"] = "automatic"
    description: str | None = None
    metadata: web.Metadata | None = None
    address: Address | None = None
    types: list[str] | None = None
    items: list[Address] | None = None
    created: int | web.TimeFilter | None = None
    pattern: Annotated[str, msgspec.Meta(pattern="^x+$")] | None = None
    small: int = 0


class World:
    """What the handlers do, and what they were asked."""

    def __init__(self) -> None:
        self.calls: list[web.Call] = []
        self.raises: BaseException | None = None
        self.answers: Any = None
        self.things = {f"t_{n}": {"id": f"t_{n}", "object": "thing", "owner": f"o_{n % 2}"} for n in range(5)}
        self.loads: list[list[str]] = []

    async def create(self, call: web.Call) -> web.Answer:
        self.calls.append(call)
        if self.raises is not None:
            raise self.raises
        async with call.db.unit() as unit:
            call.operation.begin(unit)
        return self.answers or web.Answer({"id": call.operation.resource_id("t"), "object": "thing", "owner": "o_1"})

    async def sealed(self, call: web.Call) -> web.Answer:
        self.calls.append(call)
        async with call.db.unit() as unit:
            call.operation.begin(unit)
            return call.seal(unit, {"id": "t_1", "object": "thing", "owner": "o_1"})

    async def retrieve(self, call: web.Call) -> web.Answer:
        self.calls.append(call)
        if call.path["id"] not in self.things:
            raise Refused(web.WebRefusal.RESOURCE_MISSING, f"No such thing: {call.path['id']}.", param="id")
        return web.Answer(dict(self.things[call.path["id"]]))

    async def index(self, call: web.Call) -> web.Answer:
        self.calls.append(call)
        rows = [dict(each) for each in self.things.values()]
        return web.Answer(web.page("/v1/things", rows[: call.params.limit + 1], call.params.limit))

    async def remove(self, call: web.Call) -> web.Answer:
        self.calls.append(call)
        return web.Answer({"id": call.path["id"], "object": "thing", "deleted": True})

    async def upload(self, call: web.Call) -> web.Answer:
        self.calls.append(call)
        return web.Answer({"object": "file", "size": len(call.body), "by": call.headers.get("x-by")})

    async def owners(self, call: web.Call, ids: Any) -> dict[str, dict[str, Any]]:
        self.loads.append(list(ids))
        return {each: {"id": each, "object": "owner", "thing": "t_0"} for each in ids if each != "o_gone"}

    async def load_things(self, call: web.Call, ids: Any) -> dict[str, dict[str, Any]]:
        return {each: dict(self.things[each]) for each in ids}

    def endpoints(self) -> tuple[web.Endpoint, ...]:
        return (
            web.Endpoint("POST", "/v1/things", self.create, params=Create, returns="thing"),
            web.Endpoint("GET", "/v1/things", self.index, params=web.ListParams, returns="thing"),
            web.Endpoint("GET", "/v1/things/{id}", self.retrieve, returns="thing", auth=web.PUBLISHABLE),
            web.Endpoint("DELETE", "/v1/things/{id}", self.remove, returns="thing"),
            web.Endpoint("POST", "/v1/things/{id}/seal", self.sealed, returns="thing"),
            web.Endpoint("GET", "/v1/things/search", self.index, params=web.ListParams, returns="thing"),
            web.Endpoint("POST", "/v1/files", self.upload, returns="file", raw=True, limit_bytes=5000),
            web.Endpoint("POST", "/v1/news", self.upload, auth=web.OPEN, raw=True),
        )

    def expansions(self) -> tuple[web.Expansion, ...]:
        return (
            web.Expansion("thing", "owner", ("owner",), self.owners),
            web.Expansion("owner", "thing", ("thing",), self.load_things),
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def shell(world: World, sqlite_url: str, clock: ManualClock) -> AsyncIterator[web.Shell]:
    database = await db.open(sqlite_url, ids=IdSource(clock), clock=clock)
    desk = await idempotency.Desk.open(database, name="main", now=clock.now())
    yield web.asgi(
        world.endpoints(), FakeGuard(), database, clock, desk, expansions=world.expansions(), body_limit=20_000
    )
    await database.close()


@pytest.fixture
def client(shell: web.Shell) -> Client:
    return Client(shell, "sk_test_1")
