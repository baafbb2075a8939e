"""The routes of reconciliation and close: shapes, pages, and who may ask."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tallystick import close, idempotency, merchants, reconciliation, web
from tests.client import Client
from tests.rooms.payments.shop import MERCHANT
from tests.rooms.reconciliation.business import Business

PEPPER = b"pepper"


@contextlib.asynccontextmanager
async def served(business: Business, merchant: str = merchants.PLATFORM) -> AsyncIterator[Client]:
    """Our routes in this process, behind a key of `merchant`."""
    database, now = business.database, business.clock.now()
    await merchants.create_merchant(
        database, name="Us", email="us@example.com", country="DE", default_currency="EUR", now=now, merchant_id=merchant
    )
    issued = await merchants.issue_key(
        database, PEPPER, merchant_id=merchant, kind=merchants.KeyKind.SECRET, livemode=False, now=now
    )
    desk = await idempotency.Desk.open(database, name="test", now=now)
    routes = (*reconciliation.endpoints(business.processors), *close.endpoints(business.processors))
    shell = web.asgi(routes, merchants.Guard(database, PEPPER), database, business.clock, desk)
    yield Client(shell, issued.secret)


async def answer(client: Client, method: str, path: str, expected: int = 200, **params: Any) -> dict[str, Any]:
    """One call with form parameters."""
    response = await (client.get(path, params) if method == "GET" else client.post(path, params))
    assert response.status == expected, response.body
    found: dict[str, Any] = response.json
    return found


async def test_a_day_over_http(business: Business) -> None:
    await business.sell(1_000, 2_000, 3_000)
    await business.settle(missing_payment=1, wrong_fee=1)
    await business.bank()
    day = business.today.isoformat()
    async with served(business) as client:
        made = await answer(client, "POST", "/v1/reconciliation/runs", day=day)
        assert [run["verdict"] for run in made["data"]] == ["breaks", "reconciled", "reconciled"]
        listed = await answer(client, "GET", "/v1/reconciliation/runs", limit=2)
        assert (len(listed["data"]), listed["has_more"]) == (2, True)
        one = await answer(client, "GET", f"/v1/reconciliation/runs/{made['data'][0]['id']}")
        assert one["items"] == {"left": 3, "right": 2, "matched": 2, "pending": 0, "in_break": 3, "superseded": 0}
        breaks = await answer(client, "GET", "/v1/breaks", status="open")
        assert {found["break_class"] for found in breaks["data"]} == {"missing_right", "fee"}
        early = await answer(client, "GET", f"/v1/closes/{day}/preview")
        assert [check["name"] for check in early["checks"] if not check["passed"]] == ["day_over", "breaks_settled"]
        business.next_day()
        seen = await answer(client, "GET", f"/v1/closes/{day}/preview")
        assert [check["name"] for check in seen["checks"] if not check["passed"]] == ["breaks_settled"]
        problem = await answer(client, "POST", "/v1/closes", 400, day=day)
        assert problem["error"]["code"] == "day_not_ready"
        for found in breaks["data"]:
            path = f"/v1/breaks/{found['id']}"
            await answer(client, "POST", f"{path}/assign", owner="grace")
            await answer(client, "POST", f"{path}/comment", text="looking")
            done = await answer(client, "POST", f"{path}/sign_off", reason="accepted")
            assert done["status"] == "signed_off"
            assert [note["action"] for note in done["notes"]] == ["opened", "assigned", "commented", "signed_off"]
        fee = next(found for found in breaks["data"] if found["break_class"] == "fee")
        (item, *_) = (await answer(client, "GET", f"/v1/breaks/{fee['id']}"))["items"]
        match = await answer(client, "GET", f"/v1/reconciliation/matches/{item['match']}")
        assert match["certificate"]["rule"] == match["rule"] == "strong_key"
        closed = await answer(client, "POST", "/v1/closes", day=day)
        assert closed["proof"]["day"] == day
        assert "residual" in closed["text"]
        assert (await answer(client, "GET", f"/v1/closes/{day}/verify"))["holds"] is True
        assert [one["id"] for one in (await answer(client, "GET", "/v1/closes"))["data"]] == [closed["id"]]


@pytest.mark.parametrize(
    ("method", "path", "params", "status", "code"),
    [
        ("GET", "/v1/reconciliation/runs/rcn_nobody", {}, 404, "reconciliation_run_missing"),
        ("GET", "/v1/reconciliation/matches/mg_nobody", {}, 404, "reconciliation_match_missing"),
        ("GET", "/v1/breaks/brk_nobody", {}, 404, "break_missing"),
        ("POST", "/v1/breaks/brk_nobody/resolve", {"reason": "x"}, 404, "break_missing"),
        ("GET", "/v1/closes/2026-11-21", {}, 404, "close_missing"),
        ("GET", "/v1/closes/yesterday", {}, 400, "day_invalid"),
        ("POST", "/v1/breaks/brk_nobody/resolve", {}, 400, "parameter_missing"),
        ("POST", "/v1/closes", {"day": "21.11.2026"}, 400, "day_invalid"),
    ],
)
async def test_bad_input(
    business: Business, method: str, path: str, params: dict[str, str], status: int, code: str
) -> None:
    async with served(business) as client:
        found = await answer(client, method, path, status, **params)
        assert found["error"]["code"].startswith(code)


async def test_a_merchants_key_may_not(business: Business) -> None:
    async with served(business, MERCHANT) as client:
        for path in ("/v1/reconciliation/runs", "/v1/breaks", "/v1/closes"):
            assert (await answer(client, "GET", path, 403))["error"]["code"] == "platform_key_required"
