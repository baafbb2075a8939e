"""The front door: who comes in, with which cookies, and where they land."""

from __future__ import annotations

import pytest

from tests.rooms.dashboard.visit import Visit

ELSEWHERE = (
    "https://elsewhere.test/",
    "//elsewhere.test",
    "/dashboard\\elsewhere",
    "/other",
    "/dashboard/sign-out",
    "javascript:1",
)


async def test_a_page_without_a_session_leads_to_sign_in_and_back() -> None:
    page = await Visit().get("/breaks")
    assert page.status == 303
    assert page.header("location") == "/dashboard/sign-in?next=/dashboard/breaks"


async def test_signing_in_leads_on_with_a_cookie_no_script_can_read() -> None:
    visit = Visit()
    fields = {"email": "ada@tallystick.test", "password": "correct horse", "next": "/dashboard/breaks"}
    page = await visit.send("/sign-in", "/sign-in", fields)
    assert (page.status, page.header("location")) == (303, "/dashboard/breaks")
    [session] = [cookie for cookie in visit.set_cookies if cookie.startswith("tally_session=")]
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "Path=/dashboard" in session


@pytest.mark.parametrize(
    ("email", "password"), [("ada@tallystick.test", "wrong"), ("nobody@tallystick.test", "correct horse"), ("", "")]
)
async def test_a_wrong_pair_is_told_without_saying_which_half(email: str, password: str) -> None:
    visit = Visit()
    page = await visit.sign_in(email, password)
    assert page.status == 401
    assert page.says("do not belong together")
    assert "tally_session" not in visit.cookies
    assert page.tree.xpath("//input[@name='email']/@value") == [email]


async def test_a_form_without_its_token_signs_nobody_in() -> None:
    visit = Visit()
    page = await visit.post("/sign-in", {"email": "ada@tallystick.test", "password": "correct horse"})
    assert page.status == 403
    assert "tally_session" not in visit.cookies


async def test_a_form_from_another_site_signs_nobody_in() -> None:
    visit = Visit()
    fields = {"email": "ada@tallystick.test", "password": "correct horse"}
    page = await visit.send("/sign-in", "/sign-in", fields, sec_fetch_site="cross-site")
    assert page.status == 403


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.test/",
        "//elsewhere.test",
        "/dashboard\\elsewhere",
        "/other",
        "/dashboard/sign-out",
        "javascript:1",
    ],
)
async def test_nobody_is_sent_to_another_site(target: str) -> None:
    fields = {"email": "ada@tallystick.test", "password": "correct horse", "next": target}
    page = await Visit().send("/sign-in", "/sign-in", fields)
    assert page.header("location") == "/dashboard/"


async def test_an_ended_session_says_so(ada: Visit) -> None:
    ada.data.sessions.clear()
    page = await ada.get("/payments")
    assert page.header("location").endswith("&expired=1")
    assert (await ada.get("/sign-in?expired=1")).says("Your session has ended")


async def test_a_part_of_a_page_moves_the_whole_page_to_sign_in(ada: Visit) -> None:
    ada.data.sessions.clear()
    page = await ada.get("/payments?q=lamp", hx_request="true", hx_request_type="partial")
    assert page.status == 204
    assert page.header("hx-redirect").startswith("/dashboard/sign-in")


async def test_signing_out_ends_the_session(ada: Visit) -> None:
    page = await ada.send("/", "/sign-out", {})
    assert page.header("location") == "/dashboard/sign-in"
    assert ada.data.sessions == {}
    assert (await ada.get("/")).status == 303


async def test_signing_out_needs_the_token_too(ada: Visit) -> None:
    assert (await ada.post("/sign-out", {})).status == 403
    assert len(ada.data.sessions) == 1


@pytest.mark.parametrize("body", [{"form_token": ""}, {"form_token": "form-rax"}, {"form_token": "é"}])
async def test_no_form_is_taken_with_a_wrong_token(ada: Visit, body: dict[str, str]) -> None:
    page = await ada.post("/breaks/brk_01kakfee/resolve", {**body, "text": "Explained"})
    assert page.status == 403
    assert page.says("This form is out of date")
    assert next(row for row in ada.data.broken if row.id == "brk_01kakfee").state == "open"


async def test_an_endless_form_is_not_read(ada: Visit) -> None:
    page = await ada.post("/breaks/brk_01kakfee/resolve", {"form_token": "form-ada", "text": "x" * 70_000})
    assert page.status == 403
