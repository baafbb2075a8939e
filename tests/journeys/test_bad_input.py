"""Bad input at every endpoint of the application: Stripe's error by name, never a 500, never a change.

The table of endpoints is the application's own, so an endpoint that is added is tried without a line here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tallystick import web
from tallystick.web.shape import Shape, compile_shape
from tests.client import Client, Response
from tests.clocks import ManualClock
from tests.journeys.street import BODY_LIMIT, Street, build, furnish

FORM = "application/x-www-form-urlencoded"
TYPES = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}
Wrong = tuple[str, str]
"""What is sent as the value, and what the code of its refusal begins with."""


@pytest.fixture
async def street(sqlite_url: str) -> AsyncIterator[Street]:
    opened = await build(sqlite_url, ManualClock())
    yield opened
    await opened.platform.close()


class Findings:
    """All that is wrong, so that one run shows everything."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def expect(self, what: str, answer: Response, statuses: tuple[int, ...], code: str = "", param: str = "") -> None:
        """Note what differs from an error of this status, code (its beginning) and param (its beginning)."""
        if answer.status not in statuses or answer.status >= 500:
            self.lines.append(f"{what}: {answer.status} {answer.body[:200]!r}")
            return
        error = answer.error
        well = error["type"] in TYPES and error["code"].startswith(code) and len(error["message"]) > 10
        if not well or (param and not str(error.get("param")).startswith(param)):
            self.lines.append(f"{what}: {error}")

    def none(self) -> None:
        """Fails with every finding on a line of its own."""
        assert not self.lines, "\n" + "\n".join(self.lines)


def own(endpoint: web.Endpoint) -> bool:
    """What the shell answers itself has no key and no parameters."""
    return endpoint.path in ("/healthz", "/readyz", "/metrics", "/v1/openapi.json")


def address(endpoint: web.Endpoint, identity: str = "no_such_thing") -> str:
    """The endpoint's path with something in its names."""
    parts = [identity if part.startswith("{") else part for part in endpoint.path.split("/")]
    return "/".join(parts)


async def send(client: Client, endpoint: web.Endpoint, sent: str, path: str = "") -> Response:
    """The parameters, already encoded, where this endpoint takes them."""
    path = path or address(endpoint)
    if endpoint.method == "POST":
        return await client.request("POST", path, sent.encode(), content_type=FORM)
    return await client.request(endpoint.method, f"{path}?{sent}")


# --- wrong values, from the shape of the parameter ---


def wrong_values(shape: Shape) -> Iterator[Wrong]:
    """Values that this parameter cannot have, with the beginning of the code they get."""
    if shape.anything:
        return
    plain = shape.text is not None
    if shape.integer is not None and not plain:
        yield from ((each, "parameter_invalid_integer") for each in ("ten", "1.5", "1e3", "9" * 30, "٣"))
        yield from ((str(each), "parameter_invalid_integer") for each in (shape.integer[0] - 1, shape.integer[1] + 1))
    if shape.boolean:
        yield "maybe", "parameter_invalid_boolean"
    if shape.choices and not plain:
        yield "no_such_choice", "parameter_invalid_choice"
    if shape.text is not None:
        yield "x" * (shape.text[1] + 1), "parameter_invalid_string"
        yield "a\x00b"[: max(1, shape.text[1])], "parameter_invalid"
    if (shape.fields is not None or shape.item is not None) and not plain and shape.integer is None:
        yield "scalar", "parameter_invalid_"
    if not shape.nullable and not (plain and shape.text and shape.text[0] == 0):
        yield "", "parameter_invalid_"


def wrong_parameters(shape: Shape, prefix: str = "") -> Iterator[tuple[str, Wrong]]:
    """Every parameter, nested ones too, with each of its wrong values."""
    for name, inner in (shape.fields or {}).items():
        spelled = f"{prefix}[{name}]" if prefix else name
        yield from ((spelled, wrong) for wrong in wrong_values(inner))
        if inner.fields is not None:
            yield f"{spelled}[no_such_part]", ("1", "parameter_unknown")
            yield from wrong_parameters(inner, spelled)
        elif inner.key is None and inner.item is not None:
            yield from ((f"{spelled}[0]", wrong) for wrong in wrong_values(inner.item))
            yield f"{spelled}[x]", ("1", "parameter_invalid_array")
        elif inner.item is not None:
            yield f"{spelled}[{'k' * 41}]", ("v", "parameter_invalid_string")
            yield f"{spelled}[k]", ("v" * 501, "parameter_invalid_string")
            yield f"{spelled}[k][deeper]", ("v", "parameter_invalid")
        elif shape.text is None or not prefix:
            yield f"{spelled}[nested]", ("1", "parameter_invalid")


@pytest.mark.parametrize("furnished", [False, True], ids=["empty", "furnished"])
async def test_every_parameter_of_every_endpoint(street: Street, furnished: bool) -> None:
    if furnished:
        await furnish(street)
    found, tried, before = Findings(), 0, await street.told()
    for endpoint in street.shell.endpoints:
        if own(endpoint) or endpoint.raw:
            continue
        shape, name = compile_shape(endpoint.params), f"{endpoint.method} {endpoint.path}"
        for param, (value, code) in wrong_parameters(shape):
            answer = await send(street.ada, endpoint, f"{quote(param)}={quote(value)}")
            top = param.partition("[")[0]
            found.expect(f"{name} {param}={value[:30]!r}", answer, (400,), code, top)
            tried += 1
        for required in shape.required[:1]:
            found.expect(f"{name} nothing", await send(street.ada, endpoint, ""), (400,), "parameter_missing", required)
        unknown = await send(street.ada, endpoint, "no_such_parameter=1")
        found.expect(f"{name} unknown", unknown, (400,), "parameter_unknown", "no_such_parameter")
        for param in list(shape.fields or {})[:1]:
            twice = await send(street.ada, endpoint, f"{param}=1&{param}=1")
            found.expect(f"{name} twice", twice, (400,), "parameter_duplicate", param)
    found.none()
    assert await street.told() == before
    assert tried > 300, "the table of endpoints has lost its parameters"


async def test_every_broken_body_at_every_endpoint(street: Street) -> None:
    found, before = Findings(), await street.told()
    for endpoint in street.shell.endpoints:
        if own(endpoint) or endpoint.raw:
            continue
        name = f"{endpoint.method} {endpoint.path}"
        for sent in ("a=%ff", "a=%zz", "=1", "a[=1", "a" + "[b]" * 9 + "=1", "&".join(f"p{n}=1" for n in range(1001))):
            found.expect(f"{name} {sent[:20]}", await send(street.ada, endpoint, sent), (400,), "request_malformed")
        if endpoint.method == "POST":
            for body, kind, status in broken_bodies():
                answer = await street.ada.request("POST", address(endpoint), body, content_type=kind)
                found.expect(f"{name} {kind} {body[:20]!r}", answer, (status,))
    found.none()
    assert await street.told() == before


def broken_bodies() -> Iterator[tuple[bytes, str | None, int]]:
    """Bodies, what they say they are, and the status they get."""
    yield b"\xff\xfe=1", FORM, 400
    yield b"a=" + b"x" * BODY_LIMIT, FORM, 413
    yield b"a=1", None, 415
    yield b"<a/>", "text/xml", 415
    for text in (
        b"{",
        b"[]",
        b"7",
        b"null",
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        b'{"a":' * 9 + b"1" + b"}" * 9,
        b"[" * 9999,
    ):
        yield text, "application/json", 400
    yield b'{"no_such_parameter":1}', "application/json", 400


async def test_raw_endpoints_refuse_garbage(street: Street) -> None:
    found, before = Findings(), await street.told()
    for endpoint in street.shell.endpoints:
        if endpoint.raw:
            for body in (b"", b"\x00\xff", b"{", b"<a", b"x" * (2 * BODY_LIMIT + 1)):
                answer = await street.ada.request("POST", address(endpoint, "sandbox"), body)
                found.expect(f"{endpoint.path} {body[:9]!r}", answer, (400, 401, 404, 413))
    found.none()
    assert await street.told() == before


# --- callers and addresses ---


async def test_every_endpoint_knows_its_caller(street: Street) -> None:
    found, before = Findings(), await street.told()
    nobody = Client(street.shell, "sk_test_" + "0" * 32)
    for endpoint in street.shell.endpoints:
        if endpoint.auth is web.OPEN:
            continue
        name = f"{endpoint.method} {endpoint.path}"
        for client, status, code in (
            (street.stranger, 401, "api_key_missing"),
            (nobody, 401, "api_key_invalid"),
            (Client(street.shell, "what\xff"), 401, "api_key_invalid"),
        ):
            found.expect(f"{name} {client.key}", await send(client, endpoint, "x=1"), (status,), code)
        if endpoint.auth is web.SECRET:
            answer = await send(street.ada_browser, endpoint, "")
            found.expect(f"{name} publishable", answer, (403,), "secret_key_required")
        account = await street.ada.request(endpoint.method, address(endpoint), headers={"Stripe-Account": "acct_x"})
        found.expect(f"{name} account", account, (403,), "account_invalid")
        method = await street.ada.request("PATCH", address(endpoint))
        found.expect(f"{name} method", method, (405,), "method_not_allowed")
    found.none()
    assert await street.told() == before


SAMPLES: dict[str, str] = {"amount": "100", "currency": "eur", "url": "https://example.com", "enabled_events[0]": "*"}


def enough(endpoint: web.Endpoint) -> str:
    """As little as the endpoint's required parameters allow."""
    shape, sent = compile_shape(endpoint.params), []
    for name in shape.required:
        inner = (shape.fields or {})[name]
        value = inner.choices[0] if inner.choices else "1" if inner.integer else "no_such_thing"
        sent.append(f"{name}={SAMPLES.get(name, value)}")
    return "&".join(sent)


PLATFORM_PATHS = ("/v1/reconciliation/", "/v1/breaks", "/v1/closes")


async def test_what_is_unknown_or_somebody_elses_does_not_exist(street: Street) -> None:
    made = await furnish(street)
    identities = {each["id"] for each in made.values()}
    found, before = Findings(), await street.told()
    for endpoint in street.shell.endpoints:
        if "{" not in endpoint.path or endpoint.auth is web.OPEN:
            continue
        name = f"{endpoint.method} {endpoint.path}"
        # What covers every merchant's books answers to the platform's own keys only: no merchant learns what is there.
        nowhere = (403, 404) if endpoint.path.startswith(PLATFORM_PATHS) else (404,)
        for identity in ("no_such_thing", "pi_%00", "pi_é", "x" * 300):
            answer = await send(street.ada, endpoint, enough(endpoint), address(endpoint, quote(identity, safe="%")))
            found.expect(f"{name} {identity[:15]}", answer, nowhere)
        for client in (street.bob, street.ada_live):
            for identity in identities:
                answer = await send(client, endpoint, enough(endpoint), address(endpoint, identity))
                found.expect(f"{name} of another, {identity}", answer, nowhere)
        for identity in identities if endpoint.method == "GET" and not endpoint.listing else ():
            answer = await send(street.ada, endpoint, "", address(endpoint, identity))
            if answer.status != 200 or answer.json.get("id") != identity:  # an id of another kind of thing
                found.expect(f"{name} of another kind, {identity}", answer, nowhere)
    found.none()
    assert await street.told() == before


# --- what is well-formed and still cannot be ---

PAY = {"amount": 1000, "currency": "eur"}


def cases(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], int, str, str]]:
    """Path, params, and the status, code and param they get."""
    intents = "/v1/payment_intents"
    paid, held, still, gone = (f"{intents}/{made[name]['id']}" for name in ("paid", "held", "open", "canceled"))
    wrong = "payment_intent_unexpected_state"
    yield intents, PAY | {"amount": 0}, 400, "parameter_invalid_integer", "amount"
    yield intents, PAY | {"amount": -5}, 400, "parameter_invalid_integer", "amount"
    yield intents, PAY | {"amount": "10.99"}, 400, "parameter_invalid_integer", "amount"
    yield intents, PAY | {"amount": 10**12}, 400, "", "amount"
    yield intents, PAY | {"currency": "xxx"}, 400, "", "currency"
    yield intents, PAY | {"currency": "€€€"}, 400, "", "currency"
    yield intents, PAY | {"customer": "cus_none"}, 400, "resource_missing", "customer"
    yield intents, PAY | {"payment_method": "pm_none"}, 400, "resource_missing", "payment_method"
    yield intents, PAY | {"confirm": True}, 400, "", ""
    yield intents, PAY | {"metadata": {"k" * 41: "v"}}, 400, "parameter_invalid_string", "metadata"
    yield intents, PAY | {"capture_method": "later"}, 400, "parameter_invalid_choice", "capture_method"
    yield intents, PAY | {"expand": ["nothing"]}, 400, "parameter_invalid_expand", "expand[0]"
    yield f"{paid}/capture", {}, 400, wrong, ""
    yield f"{paid}/cancel", {}, 400, wrong, ""
    yield f"{paid}/confirm", {}, 400, wrong, ""
    yield f"{gone}/confirm", {"payment_method": "pm_card_visa"}, 400, wrong, ""
    yield f"{gone}/capture", {}, 400, wrong, ""
    yield f"{still}/capture", {}, 400, wrong, ""
    yield f"{held}/capture", {"amount_to_capture": 5001}, 400, "amount_too_large", "amount_to_capture"
    yield f"{held}/capture", {"amount_to_capture": 0}, 400, "parameter_invalid_integer", "amount_to_capture"
    yield paid, {"amount": 7}, 400, wrong, ""
    yield f"{still}/cancel", {"cancellation_reason": "boredom"}, 400, "parameter_invalid_choice", "cancellation_reason"
    yield "/v1/refunds", {}, 400, "parameter_missing", ""
    yield (
        "/v1/refunds",
        {"payment_intent": made["paid"]["id"], "amount": -1},
        400,
        "parameter_invalid_integer",
        "amount",
    )
    yield "/v1/refunds", {"payment_intent": made["paid"]["id"], "amount": 4901}, 400, "", "amount"
    yield "/v1/refunds", {"payment_intent": made["open"]["id"]}, 400, "", ""
    yield "/v1/refunds", {"charge": "ch_none"}, 404, "resource_missing", "charge"
    yield "/v1/webhook_endpoints", {"url": "not an address", "enabled_events": ["*"]}, 400, "", "url"
    yield (
        "/v1/webhook_endpoints",
        {"url": "https://a.example", "enabled_events": ["no such"]},
        400,
        "",
        "enabled_events",
    )


async def test_what_is_well_formed_and_still_cannot_be(street: Street) -> None:
    made = await furnish(street)
    found, before = Findings(), await street.told()
    for path, params, status, code, param in cases(made):
        statuses = (400, 404) if code == "resource_missing" else (status,)
        found.expect(f"POST {path} {params}", await street.ada.post(path, params), statuses, code, param)
    for path in ("/v1/payment_intents", "/v1/refunds", "/v1/events"):
        for query in ("limit=0", "limit=101", "starting_after=a&ending_before=b", "created[gte]=x", "expand[]=data.no"):
            found.expect(f"GET {path} {query}", await street.ada.request("GET", f"{path}?{query}"), (400,))
    found.none()
    assert await street.told() == before


async def test_another_merchants_things_cannot_be_named_in_parameters(street: Street) -> None:
    made = await furnish(street)
    found, before = Findings(), await street.told()
    foreign = [
        ("/v1/payment_intents", PAY | {"customer": made["customer"]["id"]}),
        ("/v1/payment_intents", PAY | {"payment_method": made["payment_method"]["id"]}),
        ("/v1/refunds", {"payment_intent": made["paid"]["id"]}),
        ("/v1/refunds", {"charge": made["charge"]["id"]}),
    ]
    for client in (street.bob, street.ada_live):
        for path, params in foreign:
            found.expect(f"{path} {params}", await client.post(path, params), (400, 404), "resource_missing")
    found.none()
    assert await street.told() == before


async def test_the_served_document_knows_every_endpoint(street: Street) -> None:
    document = msgspec.json.decode((await street.stranger.get("/v1/openapi.json")).body)
    assert {endpoint.path for endpoint in street.shell.endpoints} == set(document["paths"])
