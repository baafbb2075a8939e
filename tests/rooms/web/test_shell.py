"""One request from the first header to the last: callers, refusals, faults, replays, lists, expansions."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick import db, web
from tallystick.base import Kind, RefusalCode, Refused
from tallystick.web import problems
from tests.client import Client
from tests.rooms.web.conftest import World

GOOD = {"amount": 1000, "currency": "usd"}


class Said(RefusalCode):
    GONE = "resource_missing", Kind.MISSING
    BUSY = "lock_timeout", Kind.CONFLICT
    NEVER = "not_allowed", Kind.FORBIDDEN
    BAD = "amount_too_small", Kind.INVALID
    STATE = "payment_intent_unexpected_state", Kind.STATE
    POOR = "balance_insufficient", Kind.INSUFFICIENT
    LATER = "try_later", Kind.LATER
    WHO = "who", Kind.UNAUTHENTICATED
    BIG = "big", Kind.TOO_LARGE


# --- every kind of no ---


def test_the_table_of_kinds_is_total() -> None:
    assert set(problems.TABLE) == set(Kind)
    assert {code.kind for code in Said} == set(Kind)


@pytest.mark.parametrize("code", list(Said))
async def test_every_kind_has_its_status_and_type(client: Client, world: World, code: Said) -> None:
    world.raises = Refused(code, "Do this instead.", param="amount", decline_code="x", inner="not shown")
    rule = problems.TABLE[code.kind]
    answer = await client.post("/v1/things", GOOD, idempotency_key="k")
    assert answer.status == rule.status
    assert answer.error == {
        "type": rule.type,
        "code": str(code),
        "message": "Do this instead.",
        "param": "amount",
        "decline_code": "x",
    }
    world.raises = None
    again = await client.post("/v1/things", GOOD, idempotency_key="k")
    assert (again.body == answer.body) is rule.kept
    assert ("idempotent-replayed" in again.headers) is rule.kept


async def test_a_fault_says_nothing_and_is_replayed(client: Client, world: World) -> None:
    world.raises = KeyError("the password is hunter2")
    answer = await client.post("/v1/things", GOOD, idempotency_key="k")
    assert (answer.status, answer.error["type"], answer.error["code"]) == (500, "api_error", "api_error")
    assert b"hunter2" not in answer.body
    assert answer.headers["request-id"] in answer.error["message"]
    assert answer.headers["stripe-should-retry"] == "false"
    world.raises = None
    again = await client.post("/v1/things", GOOD, idempotency_key="k")
    assert (again.status, again.body) == (500, answer.body)


@pytest.mark.parametrize(
    ("error", "status"),
    [(db.LostRace("payments", ("pi_1",)), 409), (db.CommitUnknown("gone"), 503), (db.ConnectionLost("gone"), 503)],
)
async def test_trouble_in_the_database_may_be_tried_again(
    client: Client, world: World, error: Exception, status: int
) -> None:
    world.raises = error
    answer = await client.post("/v1/things", GOOD, idempotency_key="k")
    assert (answer.status, answer.headers["stripe-should-retry"]) == (status, "true")
    world.raises = None
    assert (await client.post("/v1/things", GOOD, idempotency_key="k")).status == 200


async def test_a_fault_outside_the_handler_has_the_shape_too(shell: web.Shell, client: Client) -> None:
    class Broken:
        async def admit(self, *_: Any, **__: Any) -> web.Principal:
            raise RuntimeError("inner detail")

    shell._guard = Broken()
    answer = await client.get("/v1/things")
    assert (answer.status, answer.error["type"]) == (500, "api_error")
    assert b"inner" not in answer.body


# --- callers and addresses ---


async def test_headers_that_every_answer_has(client: Client) -> None:
    answer = await client.get("/v1/things")
    assert answer.headers["request-id"].startswith("req_")
    assert answer.headers["stripe-version"] == web.VERSION == "2026-06-24.dahlia"
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.body)


async def test_a_request_without_a_key_is_not_known(shell: web.Shell) -> None:
    answer = await Client(shell).post("/v1/things", {"nonsense": "x"})
    assert (answer.status, answer.error["code"]) == (401, "api_key_missing")
    assert answer.headers["www-authenticate"].startswith("Basic")


async def test_a_publishable_key_may_only_what_is_marked_so(shell: web.Shell) -> None:
    browser = Client(shell, "pk_test_1")
    assert (await browser.get("/v1/things/t_1")).status == 200
    answer = await browser.post("/v1/things", GOOD)
    assert (answer.status, answer.error["code"]) == (403, "secret_key_required")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "url_unknown"),
        ("GET", "/", 404, "url_unknown"),
        ("GET", "/v1/things/", 404, "url_unknown"),
        ("GET", "/v1/things/t_1/more", 404, "url_unknown"),
        ("GET", "/v1/things/%00", 404, "url_unknown"),
        ("GET", "/v1/things/%C3%A9", 404, "url_unknown"),
        ("GET", "/v1/things/" + "x" * 256, 404, "url_unknown"),
        ("GET", "/v1/things/t_99", 404, "resource_missing"),
        ("PUT", "/v1/things", 405, "method_not_allowed"),
        ("POST", "/v1/things/t_1", 405, "method_not_allowed"),
        ("OPTIONS", "/v1/things", 405, "method_not_allowed"),
    ],
)
async def test_addresses_and_methods_that_do_not_exist(
    client: Client, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert ("allow" in answer.headers) is (status == 405)


async def test_head_is_get_without_a_body(client: Client) -> None:
    full = await client.get("/v1/things/t_1")
    head = await client.request("HEAD", "/v1/things/t_1")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(full.body)))


async def test_connected_accounts_and_strange_versions_are_refused(client: Client) -> None:
    account = await client.get("/v1/things", stripe_account="acct_9")
    assert (account.status, account.error["code"]) == (403, "account_invalid")
    version = await client.get("/v1/things", stripe_version="latest")
    assert (version.status, version.error["code"]) == (400, "api_version_invalid")
    for known in ("2026-10-28.endive", "2023-08-16"):
        assert (await client.get("/v1/things", stripe_version=known)).headers["stripe-version"] == web.VERSION


# --- bodies ---


@pytest.mark.parametrize("chunks", [1, 7])
async def test_a_body_that_is_too_large_is_not_read(client: Client, world: World, chunks: int) -> None:
    big = b"amount=1&currency=usd&description=" + b"x" * 20_000
    kind = "application/x-www-form-urlencoded"
    answer = await client.request("POST", "/v1/things", big, content_type=kind, chunks=chunks)
    assert (answer.status, answer.error["code"]) == (413, "request_too_large")
    declared = await client.request("POST", "/v1/things", b"", headers={"content-length": "99999"})
    assert declared.status == 413
    assert world.calls == []


async def test_a_body_may_come_in_pieces(client: Client, world: World) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = await client.request("POST", "/v1/things", b"amount=12&currency=usd", content_type=kind, chunks=5)
    assert (answer.status, world.calls[0].params.amount) == (200, 12)


async def test_a_caller_that_hangs_up_gets_no_answer(shell: web.Shell, world: World) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/things",
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer sk_test_1")],
    }
    await shell(scope, receive, send)
    assert sent == world.calls == []


async def test_an_unsupported_content_type(client: Client) -> None:
    answer = await client.request("POST", "/v1/things", b"<a/>", content_type="text/xml")
    assert (answer.status, answer.error["code"]) == (415, "content_type_unsupported")


async def test_raw_endpoints_get_the_bytes(client: Client, shell: web.Shell, world: World) -> None:
    answer = await client.request("POST", "/v1/files", b"\xff\x00", headers={"X-By": "me"})
    assert answer.json == {"object": "file", "size": 2, "by": "me"}
    assert (await client.request("POST", "/v1/files", b"x" * 5001)).status == 413
    assert (await Client(shell).request("POST", "/v1/news", b"x")).status == 200
    assert world.calls[-1].principal == web.NOBODY


# --- idempotency on the wire ---


@pytest.mark.parametrize("path", ["/v1/things", "/v1/things/t_1/seal"])
async def test_a_repeated_post_is_replayed_with_the_id_of_the_first(client: Client, world: World, path: str) -> None:
    params = GOOD if path == "/v1/things" else {}
    first = await client.post(path, params, idempotency_key="k")
    again = await client.post_json(path, params, idempotency_key="k")
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"] != again.headers["request-id"]
    assert len(world.calls) == 1


async def test_the_order_and_form_of_parameters_do_not_matter_but_their_values_do(client: Client) -> None:
    await client.post("/v1/things", {"amount": 1, "currency": "usd"}, idempotency_key="k")
    assert (await client.post("/v1/things", {"currency": "usd", "amount": 1}, idempotency_key="k")).status == 200
    other = await client.post("/v1/things", {"amount": 2, "currency": "usd"}, idempotency_key="k")
    assert (other.status, other.error["type"]) == (400, "idempotency_error")
    elsewhere = await client.post("/v1/things/t_1/seal", idempotency_key="k")
    assert (elsewhere.status, elsewhere.error["code"]) == (400, "idempotency_key_reused")


async def test_malformed_requests_leave_the_key_free(client: Client) -> None:
    assert (await client.post("/v1/things", {"amount": "x"}, idempotency_key="k")).status == 400
    assert (await client.post("/v1/things", GOOD, idempotency_key="k")).status == 200


async def test_a_key_in_use_is_a_conflict_that_may_be_tried_again(client: Client, world: World) -> None:
    inner = []

    async def create(call: web.Call) -> web.Answer:
        inner.append(await client.post("/v1/things", GOOD, idempotency_key="k"))
        return web.Answer({})

    world.create = create  # type: ignore[method-assign]  # the fake does what this test needs
    shell = web.asgi(world.endpoints(), client.app._guard, client.app._database, client.app._clock, client.app._desk)
    client.app = shell
    await client.post("/v1/things", GOOD, idempotency_key="k")
    assert (inner[0].status, inner[0].error["code"]) == (409, "idempotency_key_in_use")
    assert inner[0].headers["stripe-should-retry"] == "true"


async def test_keys_too_long_and_empty(client: Client) -> None:
    long = await client.post("/v1/things", GOOD, idempotency_key="k" * 256)
    assert (long.status, long.error["type"]) == (400, "idempotency_error")
    for _ in range(2):
        empty = await client.post("/v1/things", GOOD, idempotency_key="")
        assert "idempotent-replayed" not in empty.headers


async def test_get_and_delete_ignore_the_key(client: Client, world: World) -> None:
    for _ in range(2):
        assert (await client.get("/v1/things/t_1", idempotency_key="k")).status == 200
        assert (await client.delete("/v1/things/t_1", idempotency_key="k")).status == 200
    assert len(world.calls) == 4


async def test_a_declined_card_is_an_answer_and_is_kept(client: Client, world: World) -> None:
    shown = web.card_error("Declined.", code="card_declined", decline_code="generic_decline", charge="ch_1")
    world.answers = web.Answer(shown, 402)
    answer = await client.post("/v1/things", GOOD, idempotency_key="k")
    assert (answer.status, answer.error["type"], answer.error["charge"]) == (402, "card_error", "ch_1")
    world.answers = None
    assert (await client.post("/v1/things", GOOD, idempotency_key="k")).status == 402


# --- lists and expansions ---


async def test_a_page_says_whether_there_is_more(client: Client) -> None:
    short = await client.get("/v1/things", {"limit": 2})
    assert (short.json["has_more"], [each["id"] for each in short.json["data"]]) == (True, ["t_0", "t_1"])
    assert short.json["url"] == "/v1/things"
    whole = await client.get("/v1/things")
    assert (whole.json["has_more"], len(whole.json["data"])) == (False, 5)
    for limit in (0, 101, "x"):
        assert (await client.get("/v1/things", {"limit": limit})).error["param"] == "limit"


def test_a_page_before_the_cursor_is_turned() -> None:
    assert web.page("/v1/x", [3, 4, 5], 2, backwards=True)["data"] == [4, 3]


async def test_expanding_loads_once_per_level(client: Client, world: World) -> None:
    answer = await client.get("/v1/things", {"expand": ["data.owner.thing"]})
    assert [each["owner"]["id"] for each in answer.json["data"]] == ["o_0", "o_1", "o_0", "o_1", "o_0"]
    assert answer.json["data"][0]["owner"]["thing"]["owner"] == "o_0"
    assert world.loads == [["o_0", "o_1"]]


async def test_what_cannot_be_loaded_stays_an_id(client: Client, world: World) -> None:
    world.things["t_1"]["owner"] = "o_gone"
    assert (await client.get("/v1/things/t_1", {"expand": ["owner"]})).json["owner"] == "o_gone"


async def test_a_sealed_answer_is_expanded_and_replayed(client: Client) -> None:
    first = await client.post("/v1/things/t_1/seal", {"expand": ["owner"]}, idempotency_key="k")
    assert first.json["owner"]["object"] == "owner"
    assert (await client.post("/v1/things/t_1/seal", {"expand": ["owner"]}, idempotency_key="k")).body == first.body


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("get", "/v1/things", "owner"),
        ("get", "/v1/things", "data"),
        ("get", "/v1/things", "data.name"),
        ("get", "/v1/things/t_1", "data.owner"),
        ("get", "/v1/things/t_1", "owner.owner"),
        ("get", "/v1/things/t_1", "owner.thing.owner.thing.owner"),
        ("get", "/v1/things/t_1", ""),
        ("post", "/v1/things", "name"),
    ],
)
async def test_what_cannot_be_expanded_is_refused_before_anything_is_done(
    client: Client, world: World, method: str, path: str, wanted: str
) -> None:
    params = {"expand": ["owner" if path != "/v1/things" or method == "post" else "data.owner", wanted]}
    answer = await getattr(client, method)(path, params | (GOOD if method == "post" else {}))
    expected = "parameter_invalid_expand"
    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, expected, "expand[1]")
    assert world.calls == []


# --- what the shell answers itself ---


async def test_health_readiness_metrics(shell: web.Shell, client: Client) -> None:
    await client.get("/v1/things")
    await client.get("/v1/what/a/stranger/typed")
    stranger = Client(shell)
    assert (await stranger.get("/healthz")).json == {"status": "ok"}
    assert (await stranger.get("/readyz")).status == 200
    metrics = (await stranger.get("/metrics")).body.decode()
    assert 'tallystick_http_requests_total{method="GET",route="/v1/things",status="200"} 1.0' in metrics
    assert 'route="(none)",status="404"' in metrics
    assert "stranger" not in metrics


async def test_not_ready_is_503(shell: web.Shell) -> None:
    async def ready() -> bool:
        return False

    shell._ready = ready
    assert (await Client(shell).get("/readyz")).status == 503


async def test_paths_outside_the_api_go_to_the_fallback(shell: web.Shell) -> None:
    async def pages(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    shell._fallback = pages
    assert (await Client(shell).get("/payments")).body == b"/payments"
    for path in ("/v1/nothing", "/v1", "//v1/things"):
        assert (await Client(shell).get(path)).json["error"]["code"] == "url_unknown", path


async def test_the_lifespan_is_entered_and_left(shell: web.Shell) -> None:
    steps: list[str] = []

    class Life:
        async def __aenter__(self) -> None:
            steps.append("up")

        async def __aexit__(self, *_: object) -> None:
            steps.append("down")

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: Any) -> None:
        steps.append(message["type"])

    shell._lifespan = Life
    await shell({"type": "lifespan"}, receive, send)
    assert steps == ["up", "lifespan.startup.complete", "down", "lifespan.shutdown.complete"]


def test_two_endpoints_cannot_share_an_address(shell: web.Shell) -> None:
    with pytest.raises(ValueError, match="declared twice"):
        web.asgi([*shell.endpoints], shell._guard, shell._database, shell._clock, shell._desk)


async def test_any_bytes_get_an_answer_in_the_shape(client: Client) -> None:
    for sent in (b"\x00", b"%", b"a[", b'{"a"', b"\xff\xfe", b"[" * 5000):
        for kind in (None, "application/json", "application/x-www-form-urlencoded", "\xff"):
            answer = await client.request("POST", "/v1/things", sent, content_type=kind)
            assert answer.status in (400, 415)
            assert set(answer.error) >= {"type", "code", "message"}
