"""The ways people take through the dashboard, in a real browser on a real database."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, Server
from tests.browser.town import FINANCE

Visit = Callable[..., Page]


def test_signing_in_shows_the_day(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.get_by_role("row")).not_to_have_count(0)


def test_searching_narrows_the_list_while_typing(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    page.keyboard.press("/")
    page.keyboard.type("grinder\n")
    expect(page).to_have_url(re.compile(r"q=grinder"))
    expect(page.locator("tr[data-row] .cover").first).to_contain_text("Grinder")
    page.locator("#q").fill("1004")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=1004"))
    page.locator("#q").fill("nothingfits")
    expect(page.get_by_text("No payment fits")).to_be_visible()


def test_a_payment_tells_its_story(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    page.goto(f"{calm.url}/payments/{calm.town.payments[3]}")
    for words in ("Routed to", "Approved", "Booked:", "In the books", "Matched by strong key"):
        expect(page.get_by_text(words).first).to_be_visible()
    page.get_by_role("button", name="Raw JSON").click()
    expect(page.locator("#raw")).to_contain_text(calm.town.payments[3])
    page.keyboard.press("Escape")
    expect(page.locator("#raw")).to_be_hidden()


def test_a_delivery_is_sent_again_without_leaving_the_page(busy: Server, visit: Visit) -> None:
    page = visit(busy)
    page.goto(f"{busy.url}/webhooks?state=delivered")
    first = page.get_by_role("button", name=re.compile("again")).first
    first.click()
    expect(page.get_by_text("Queued").first).to_be_visible()
    expect(page).to_have_url(re.compile("state=delivered"))


def test_breaks_are_explained_and_the_day_is_closed(busy: Server, visit: Visit) -> None:
    page = visit(busy, email=FINANCE)
    page.goto(f"{busy.url}/close/2026-11-20")
    expect(page.get_by_role("button", name="Close this day")).to_be_disabled()
    page.get_by_role("link", name="Breaks").first.click()
    expect(page.locator("tr[data-row]")).to_have_count(3)
    for action in ("Resolve", "Sign off", "Sign off"):
        page.goto(f"{busy.url}/breaks")
        page.locator("tr[data-row] .cover").first.click()
        page.get_by_label("What explains it").fill("Agreed with the processor by telephone.")
        page.get_by_role("button", name=action, exact=True).click()
        expect(page.locator("[data-toast]")).to_be_visible()
    page.goto(f"{busy.url}/breaks")
    expect(page.get_by_text("No open breaks")).to_be_visible()
    page.goto(f"{busy.url}/close/2026-11-20")
    page.get_by_role("button", name="Close this day").click()
    page.get_by_role("button", name="Close the day").click()
    expect(page.get_by_role("heading", name=re.compile("Closed"))).to_be_visible()
    page.get_by_role("link", name="Proof").last.click()
    expect(page.get_by_text("Agreed with the processor by telephone.").first).to_be_visible()


def test_a_key_is_made_shown_once_and_revoked(busy: Server, visit: Visit) -> None:
    page = visit(busy)
    page.goto(f"{busy.url}/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_label("Name").fill("Till in the shop")
    page.get_by_role("button", name="Make key").click()
    key = page.locator("#issued-key").inner_text()
    assert key.startswith("sk_test_")
    page.goto(f"{busy.url}/keys")
    expect(page.get_by_text(key)).to_have_count(0)
    page.get_by_role("button", name="Revoke Till in the shop").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.get_by_text("Revoked").first).to_be_visible()


def test_the_keyboard_alone_reaches_everything(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/payments")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr[data-row] .cover").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/payments/pi_*")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/close")


def test_the_theme_is_remembered_without_a_flash(calm: Server, visit: Visit) -> None:
    page = visit(calm, theme="light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(f"{calm.url}/payments")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_live_mode_shows_live_data(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    page.goto(f"{calm.url}/payments")
    page.get_by_role("switch", name="Test mode").click()
    expect(page.get_by_text("No payments yet")).to_be_visible()
    expect(page.get_by_role("switch", name="Test mode")).to_have_attribute("aria-checked", "false")


def test_the_menu_opens_on_a_narrow_screen(calm: Server, visit: Visit) -> None:
    page = visit(calm, width=390)
    menu = page.get_by_role("link", name="Menu")
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    page.locator("#nav").get_by_role("link", name="Day close").click()
    page.wait_for_url("**/close")


def test_everything_works_without_script(calm: Server, visit: Visit) -> None:
    page = visit(calm, java_script_enabled=False)
    page.goto(f"{calm.url}/payments?q=grinder")
    expect(page.locator("tr[data-row] .cover").first).to_contain_text("Grinder")
    page.goto(f"{calm.url}/")
    page.get_by_text("Show as table").click()
    expect(page.locator("#volume-table")).to_be_visible()


def test_an_ended_session_leads_back_to_where_one_was(calm: Server, visit: Visit, complaints: Complaints) -> None:
    page = visit(calm)
    page.context.clear_cookies(name="tally_session")
    page.goto(f"{calm.url}/breaks")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=/dashboard/breaks" in page.url
