"""The routes as merchants use them: through Stripe's own SDK, and with every kind of bad input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
import stripe

from tallystick import db, idempotency, web
from tallystick.base import Instant, Settings
from tallystick.webhooks import api
from tests.client import Client
from tests.clocks import ManualClock
from tests.rooms.webhooks.receiver import Memory
from tests.rooms.webhooks.stage import SEAL, Stage
from tests.rooms.webhooks.test_courier import DOWN, OK

URL = "https://example.com/hook"


class Guard:
    """Believes keys of the form sk_<mode>_<merchant>."""

    async def admit(self, authorization: str | None, *, now: Instant) -> web.Principal:
        _, mode, merchant = (authorization or "").removeprefix("Bearer ").split("_")
        return web.Principal(f"acct_{merchant}", mode == "live", web.KeyKind.SECRET, "key_1")


class InProcess(stripe.HTTPClient):
    """Lets Stripe's SDK talk to an application in the same process."""

    name = "in process"

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        parts = urlsplit(url)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        got = await self._client.request(method.upper(), address, body, headers=headers)
        return got.body, got.status, got.headers

    async def close_async(self) -> None:
        return


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Routes say the same on every database; what they rest on is proven on each elsewhere."""
    return sqlite_url


@pytest.fixture
async def shell(database: db.Database, clock: ManualClock) -> web.Shell:
    desk = await idempotency.Desk.open(database, name="main", now=clock.now())
    return web.asgi(api.endpoints(Settings(secret_key="server key")), Guard(), database, clock, desk)  # type: ignore[arg-type]  # pydantic makes it a secret


@pytest.fixture
def client(shell: web.Shell) -> Client:
    return Client(shell, "sk_test_1")


@pytest.fixture
def sdk(client: Client) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_1", http_client=InProcess(client), max_network_retries=0)


@pytest.fixture
def stage(database: db.Database, clock: ManualClock) -> Stage:
    return Stage(database, clock)


async def made(client: Client, **params: Any) -> dict[str, Any]:
    got = await client.post("/v1/webhook_endpoints", {"url": URL, "enabled_events": ["*"], **params})
    assert got.status == 200, got.body
    answer: dict[str, Any] = got.json
    return answer


async def test_the_sdk_manages_endpoints(sdk: stripe.StripeClient) -> None:
    endpoints = sdk.v1.webhook_endpoints
    first = await endpoints.create_async(
        {"url": URL, "enabled_events": ["charge.succeeded", "*"], "description": "till", "metadata": {"shop": "7"}}
    )
    assert first.secret is not None
    assert first.secret.startswith("whsec_")
    assert (first.object, first.status, first.livemode) == ("webhook_endpoint", "enabled", False)
    assert first.metadata["shop"] == "7"
    found = await endpoints.retrieve_async(first.id)
    assert "secret" not in found
    assert (found.url, found.enabled_events, found.description) == (URL, ["charge.succeeded", "*"], "till")
    changed = await endpoints.update_async(
        first.id, {"disabled": True, "url": f"{URL}/2", "description": "", "metadata": {"shop": "", "a": "b"}}
    )
    assert (changed.status, changed.url, changed.description) == ("disabled", f"{URL}/2", None)
    assert dict(changed.metadata.to_dict()) == {"a": "b"}
    second = await endpoints.create_async({"url": URL, "enabled_events": ["*"]})
    page = await endpoints.list_async({"limit": 1})
    assert ([each.id for each in page.data], page.has_more) == ([second.id], True)
    assert [each.id async for each in page.auto_paging_iter()] == [second.id, first.id]
    gone = await endpoints.delete_async(first.id)
    assert gone.deleted is True
    with pytest.raises(stripe.InvalidRequestError, match="No such webhook endpoint") as refused:
        await endpoints.retrieve_async(first.id)
    assert refused.value.http_status == 404
    assert refused.value.code == "resource_missing"


async def test_an_endpoint_has_the_keys_that_stripe_publishes(client: Client, samples: Path) -> None:
    fixtures = sorted((samples / "api").glob("stripe-openapi-fixtures3-*.json"))[-1]
    published = msgspec.json.decode(fixtures.read_bytes())["resources"]["webhook_endpoint"]
    found = (await client.get(f"/v1/webhook_endpoints/{(await made(client))['id']}")).json
    assert set(found) == set(published)


async def test_pages_go_backwards_too(client: Client) -> None:
    ids = [(await made(client))["id"] for _ in range(4)][::-1]
    got = await client.get("/v1/webhook_endpoints", {"limit": 2, "ending_before": ids[3]})
    assert [each["id"] for each in got.json["data"]] == ids[1:3]
    assert got.json["has_more"] is True


async def test_the_same_key_makes_one_endpoint_and_answers_alike(client: Client) -> None:
    params = {"url": URL, "enabled_events": ["*"]}
    answers = [await client.post("/v1/webhook_endpoints", params, idempotency_key="k1") for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert len((await client.get("/v1/webhook_endpoints")).json["data"]) == 1


async def test_a_secret_is_renewed(client: Client, stage: Stage) -> None:
    first = await made(client)
    got = await client.post(f"/v1/webhook_endpoints/{first['id']}/rotate_secret", {"expires_in": 60})
    assert got.status == 200
    assert got.json["secret"] not in {None, first["secret"]}
    await stage.tell()
    send = Memory([OK])
    await stage.carry(send)
    assert send.got[0].headers["Stripe-Signature"].count("v1=") == 2


async def test_deliveries_are_listed_and_sent_again(client: Client, stage: Stage) -> None:
    endpoint = await made(client)
    event = await stage.tell()
    await stage.carry(Memory([DOWN]))
    for filters in ({}, {"event": event.id}, {"endpoint": endpoint["id"]}, {"status": "pending"}):
        got = await client.get("/v1/webhook_deliveries", filters)
        (delivery,) = got.json["data"]
        assert (delivery["event"], delivery["endpoint"], delivery["status"]) == (event.id, endpoint["id"], "pending")
    assert (await client.get("/v1/webhook_deliveries", {"status": "failed"})).json["data"] == []
    (tried,) = delivery["tries"]
    assert (tried["number"], tried["status"], tried["error"]) == (1, 503, None)
    assert tried["response"].startswith("later")
    again = await client.post(f"/v1/webhook_deliveries/{delivery['id']}/resend")
    assert (again.status, again.json["status"]) == (200, "pending")
    await stage.carry(Memory([OK]))
    shown = (await client.get(f"/v1/webhook_deliveries/{delivery['id']}")).json
    assert (shown["status"], shown["tries_begun"], shown["next_try"]) == ("succeeded", 2, None)


async def test_a_ping_is_a_delivery(client: Client, stage: Stage) -> None:
    endpoint = await made(client)
    got = await client.post(f"/v1/webhook_endpoints/{endpoint['id']}/ping")
    assert (got.status, got.json["event_type"]) == (200, "tallystick.ping")
    send = Memory([OK])
    await stage.carry(send)
    body = msgspec.json.decode(send.got[0].body)
    assert body["data"]["object"]["id"] == endpoint["id"]
    assert "secret" not in body["data"]["object"]


async def test_nothing_of_others_is_seen(client: Client, shell: web.Shell, stage: Stage) -> None:
    endpoint = await made(client)
    await stage.tell()
    await stage.carry(Memory([OK]))
    (delivery,) = (await client.get("/v1/webhook_deliveries")).json["data"]
    for key in ("sk_test_2", "sk_live_1"):
        other = Client(shell, key)
        for listed in ("/v1/webhook_endpoints", "/v1/webhook_deliveries"):
            assert (await other.get(listed)).json["data"] == []
        for method, path in (
            ("GET", f"/v1/webhook_endpoints/{endpoint['id']}"),
            ("POST", f"/v1/webhook_endpoints/{endpoint['id']}"),
            ("DELETE", f"/v1/webhook_endpoints/{endpoint['id']}"),
            ("POST", f"/v1/webhook_endpoints/{endpoint['id']}/ping"),
            ("POST", f"/v1/webhook_endpoints/{endpoint['id']}/rotate_secret"),
            ("GET", f"/v1/webhook_deliveries/{delivery['id']}"),
            ("POST", f"/v1/webhook_deliveries/{delivery['id']}/resend"),
            ("GET", f"/v1/webhook_endpoints?starting_after={endpoint['id']}"),
            ("GET", f"/v1/webhook_deliveries?ending_before={delivery['id']}"),
        ):
            got = await other.request(method, path)
            assert (got.status, got.error["code"]) == (404, "resource_missing"), path
    assert (await client.get(f"/v1/webhook_endpoints/{endpoint['id']}")).status == 200


BAD = [
    ({"url": URL}, "enabled_events", "parameter_missing"),
    ({"enabled_events": ["*"]}, "url", "parameter_missing"),
    ({"url": "", "enabled_events": ["*"]}, "url", "parameter_invalid_string_empty"),
    ({"url": "nonsense", "enabled_events": ["*"]}, "url", "url_invalid"),
    ({"url": "https://" + "x" * 5000, "enabled_events": ["*"]}, "url", "parameter_invalid_string_length"),
    ({"url": "http://169.254.169.254/", "enabled_events": ["*"]}, "url", "url_invalid"),
    ({"url": URL, "enabled_events": "*"}, "enabled_events", "parameter_invalid_array"),
    ({"url": URL, "enabled_events": ["no spaces please"]}, "enabled_events[0]", "enabled_events_invalid"),
    ({"url": URL, "enabled_events": ["*"], "connect": True}, "connect", "parameter_unknown"),
    ({"url": URL, "enabled_events": ["*"], "metadata": {"k" * 41: "v"}}, None, None),
    (
        {"url": URL, "enabled_events": ["*"], "description": "x" * 5001},
        "description",
        "parameter_invalid_string_length",
    ),
]


@pytest.mark.parametrize(("params", "param", "code"), BAD)
async def test_bad_input_is_refused_by_name_and_changes_nothing(
    client: Client, params: dict[str, Any], param: str | None, code: str | None
) -> None:
    got = await client.post("/v1/webhook_endpoints", params)
    assert got.status == 400
    assert got.error["type"] == "invalid_request_error"
    assert got.error["message"]
    if param is not None:
        assert (got.error.get("param"), got.error["code"]) == (param, code)
    assert (await client.get("/v1/webhook_endpoints")).json["data"] == []


async def test_live_mode_wants_https(shell: web.Shell) -> None:
    got = await Client(shell, "sk_live_1").post(
        "/v1/webhook_endpoints", {"url": "http://example.com/", "enabled_events": ["*"]}
    )
    assert (got.status, got.error["param"]) == (400, "url")


async def test_a_disabled_endpoint_is_not_pinged(client: Client) -> None:
    endpoint = await made(client)
    await client.post(f"/v1/webhook_endpoints/{endpoint['id']}", {"disabled": True})
    got = await client.post(f"/v1/webhook_endpoints/{endpoint['id']}/ping")
    assert (got.status, got.error["code"]) == (400, "webhook_endpoint_not_enabled")


async def test_no_secret_is_stored_readably(client: Client, database: db.Database) -> None:
    from tallystick.webhooks import store

    endpoint = await made(client)
    found = await store.endpoint(database, endpoint["id"])
    assert found is not None
    assert endpoint["secret"].removeprefix("whsec_") not in found.secret
    assert SEAL.open(found.secret, name=found.id) == endpoint["secret"]
