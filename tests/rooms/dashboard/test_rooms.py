"""The pages on the rooms' real doors: three played days, on each database once and then on copies of one file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tallystick import dashboard, merchants
from tests.browser.town import FINANCE, OWNER, PASSWORD, Played, Town, played
from tests.conftest import apart
from tests.rooms.dashboard.test_pages import well_made
from tests.rooms.dashboard.visit import Page, Visit, links

ODD = (
    "/payments/%00",
    "/payments/%F0%9F%A6%86",
    "/payments?q=%00&status=%00&processor=%00&currency=%00&before=%00",
    "/payments?before=%F0%9F%A6%86&status=%27%3B--",
    "/payments?q=" + "x" * 500,
    "/breaks/%00",
    "/breaks?kind=%00&owner=%00&sort=%00",
    "/reconciliation/%00",
    "/close/2026-02-30",
    "/close?month=99999-99",
    "/close?month=9999-12",
    "/close?month=0001-01",
    "/close/0001-01-01",
    "/close/9999-12-31",
    "/webhooks?state=%00&before=%00",
    "/ledger?currency=%00&sort=-nothing",
    "/?period=%00&currency=%00",
)
CLOSED, OPEN, RUNNING = "2026-11-19", "2026-11-20", "2026-11-21"


@pytest.fixture(scope="session")
def days(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    found: Played = apart(played(sqlite_template, tmp_path_factory.mktemp("days")))
    return found


@pytest.fixture
async def town(days: Played, tmp_path: Path) -> AsyncIterator[Town]:
    made, url = days.copy(tmp_path)
    await made.open(url)
    yield made
    await made.platform.close()


async def visit_of(town: Town, email: str) -> Visit:
    visit = Visit(app=dashboard.app(town.doors(), clock=town.clock))
    assert (await visit.sign_in(email, PASSWORD)).status == 303
    return visit


@pytest.fixture
async def owner(town: Town) -> Visit:
    return await visit_of(town, OWNER)


@pytest.fixture
async def finance(town: Town) -> Visit:
    return await visit_of(town, FINANCE)


async def test_every_page_a_visitor_can_reach_is_well_made(database_url: str, tmp_path: Path) -> None:
    town = Town(tmp_path)
    await town.open(database_url)
    await town.play()
    try:
        visit = await visit_of(town, OWNER)
        await _walk(visit)
        for path in ODD:
            assert (await visit.get(path)).status in (200, 404), path
        odd = await visit.send("/breaks", "/breaks/brk_none/comment", {"text": "\x00\ud7ff\U0010ffff"})
        assert odd.status == 404
    finally:
        await town.platform.close()


async def _walk(owner: Visit) -> None:
    seen: set[str] = set()
    waiting = ["/", "/?period=30d", "/payments?q=nothingfits", "/close?month=2026-10"]
    while waiting and len(seen) < 70:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            page = await owner.get(path)
            assert page.status == 200, f"{path}: {page.text[:400]}"
            well_made(page)
            waiting += [link for link in links(page.tree) if link not in seen]
    assert len(seen) > 40


async def test_the_numbers_of_the_overview_are_those_of_the_books(town: Town, owner: Visit) -> None:
    page = await owner.get("/")
    assert page.says("Closed up to 19 Nov 2026")
    assert page.says("3 open")
    assert page.says("1 in the way")
    for processor in ("meridian", "harbour"):
        assert page.says(processor)
    assert page.tree.xpath("//table[@id='volume-table']//tr[@data-value!='0.00']")


async def test_a_payment_shows_what_each_room_knows(town: Town, owner: Visit) -> None:
    page = await owner.get(f"/payments/{town.payments[3]}")
    for told in ("Routed to harbour", "Refund of", "Booked: captured", "in the file of", "Matched by strong key"):
        assert page.says(told), told
    states = {text.strip() for text in page.tree.xpath("//section[@aria-labelledby='lines-title']//td//text()")}
    assert "Matched" in states
    assert page.says("retrying")
    assert not page.says("secret")


async def test_search_finds_by_what_people_know(town: Town, owner: Visit) -> None:
    for words in (town.payments[5], "1005", "order 1005", "ORDER 1005"):
        page = await owner.get(f"/payments?q={words.replace(' ', '+')}")
        assert [row.get("id") for row in page.tree.xpath("//tr[@data-row]")] == [f"row-{town.payments[5]}"], words


async def test_pages_go_there_and_back(town: Town, owner: Visit) -> None:
    shown: list[str] = []
    path = "/payments"
    while path:
        page = await owner.get(path)
        shown += page.tree.xpath("//tr[@data-row]/@id")
        path = next(iter(page.tree.xpath("//a[@rel='next']/@href")), "").removeprefix("/dashboard")
    assert shown == [f"row-{payment}" for payment in sorted(town.payments, reverse=True)]
    first = (await owner.get("/payments")).tree
    second = await owner.get(first.xpath("//a[@rel='next']/@href")[0].removeprefix("/dashboard"))
    back = await owner.get(second.tree.xpath("//a[@rel='prev']/@href")[0].removeprefix("/dashboard"))
    assert back.tree.xpath("//tr[@data-row]/@id") == first.xpath("//tr[@data-row]/@id")


async def test_the_second_day_closes_when_its_breaks_are_explained(town: Town, finance: Visit) -> None:
    assert (await finance.get(f"/close/{OPEN}")).says("1 check stands in the way")
    refused = await finance.send(f"/close/{OPEN}", f"/close/{OPEN}", {})
    assert (refused.status, refused.says("cannot close yet")) == (400, True)
    for path in breaks_on(await finance.get("/breaks")):
        page = await finance.send(path, f"{path}/sign-off", {"text": "The processor will correct it tomorrow."})
        assert page.status == 303, page.text[:400]
    assert (await finance.send(f"/close/{OPEN}", f"/close/{OPEN}", {})).status == 303
    proof = await finance.get(f"/close/{OPEN}/proof")
    assert proof.text.count("The processor will correct it tomorrow.") == 3
    assert (await finance.get("/close")).tree.xpath(f"//a[@href='/dashboard/close/{OPEN}']//*[contains(., 'Closed')]")


def breaks_on(page: Page) -> list[str]:
    """Addresses of the breaks in a list."""
    return [link for link in links(page.tree) if link.startswith("/breaks/brk")]


async def test_a_day_closed_with_a_later_one_says_so_and_counts_no_checks(owner: Visit) -> None:
    page = await owner.get("/close/2026-11-18")
    assert page.says("Closed with 19 Nov 2026")
    assert not page.says("0 of 0")
    assert page.tree.xpath(f"//main//a[@href='/dashboard/close/{CLOSED}']")
    well_made(page)


async def test_a_duplicate_shows_what_fits_it_as_taken_not_as_missing(owner: Visit) -> None:
    found = {}
    for path in breaks_on(await owner.get("/breaks")):
        page = await owner.get(path)
        found[" ".join(page.tree.xpath("//h1/text()")).split()[0]] = page
    duplicate, missing = found["Duplicate"], found["Missing"]
    assert duplicate.says("Matched with the one that came first")
    assert duplicate.tree.xpath("//div[contains(@class, 'ours')]//a[contains(@href, '/payments/')]")
    assert not duplicate.says("This half is missing")
    assert missing.says("This half is missing")


async def test_the_owner_of_a_break_needs_a_colleague_to_sign_it_off(finance: Visit) -> None:
    path = breaks_on(await finance.get("/breaks"))[0]
    await finance.send(path, f"{path}/assign", {"owner": FINANCE})
    assert (await finance.get(path)).says("a colleague has to sign it off")
    page = await finance.send(path, f"{path}/sign-off", {"text": "Mine"})
    assert page.status == 403
    assert page.says("somebody else")


async def test_the_day_under_way_cannot_be_closed(finance: Visit) -> None:
    page = await finance.send(f"/close/{RUNNING}", f"/close/{RUNNING}", {})
    assert (page.status, page.says("is not over yet")) == (400, True)


async def test_what_is_not_there_is_not_found(owner: Visit) -> None:
    for path in ("/payments/pi_none", "/breaks/brk_none", "/reconciliation/rcn_none", "/close/2031-01-01"):
        assert (await owner.get(path)).status == 404, path


async def test_a_key_made_here_opens_the_api(town: Town, owner: Visit) -> None:
    page = await owner.get("/keys")
    merchant = page.tree.xpath("//select[@id='key-merchant']/option/@value")[0]
    made = await owner.send("/keys", "/keys", {"merchant": merchant, "kind": "secret", "name": "Till"})
    [key] = made.tree.xpath("//code[@id='issued-key']/text()")
    principal = await town.platform.guard.admit(f"Bearer {key}", now=town.clock.now())
    assert (principal.merchant_id, principal.livemode) == (merchant, False)


async def test_roles_hold_behind_the_buttons(town: Town, finance: Visit) -> None:
    page = await finance.get("/keys")
    merchant = page.tree.xpath("//select[@id='merchant']/option/@value")[1]
    token = page.tree.xpath("//input[@name='form_token']/@value")[0]
    made = await finance.post("/keys", {"merchant": merchant, "kind": "secret", "form_token": token})
    assert made.status == 404
    delivery = (await finance.get("/webhooks")).tree.xpath("//tr[starts-with(@id, 'delivery-')]/@id")[0]
    sent = await finance.post(f"/webhooks/{delivery.removeprefix('delivery-')}/resend", {"form_token": token})
    assert sent.status == 403


async def test_a_merchants_own_person_sees_that_merchant_only(town: Town) -> None:
    database, now = town.platform.database, town.clock.now()
    first, second = await merchants.list_merchants(database)
    user = await merchants.create_user(database, email="ray@example.test", name="Ray", password=PASSWORD, now=now)
    await merchants.grant(database, user_id=user.id, role=merchants.Role.OPERATOR, merchant_id=first.id)
    ray = await visit_of(town, "ray@example.test")
    assert (await ray.get("/")).status == 200
    assert (await ray.get("/breaks")).status == 403
    assert not (await ray.get("/ledger")).says(second.name)
    delivery = (await ray.get("/webhooks?state=delivered")).tree.xpath("//tr[starts-with(@id, 'delivery-')]/@id")[0]
    address = delivery.removeprefix("delivery-")
    assert (await ray.send("/webhooks", f"/webhooks/{address}/resend", {})).status == 303


async def test_guessing_is_slowed(town: Town) -> None:
    visit = Visit(app=dashboard.app(town.doors(), clock=town.clock))
    answers = [(await visit.sign_in(OWNER, "wrong password")).status for _ in range(7)]
    assert answers[:5] == [401] * 5
    assert answers[-1] == 429
