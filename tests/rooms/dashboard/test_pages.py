"""Every page, full and empty: it is there, readable by a machine that reads aloud, and runs nothing of anybody else."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest

from tests.rooms.dashboard.believable import Believable
from tests.rooms.dashboard.visit import Page, Visit, links

PAGES = (
    "/",
    "/?period=7d&currency=GBP",
    "/payments",
    "/payments?q=nothing-fits",
    "/ledger",
    "/ledger?currency=JPY&sort=-balance",
    "/reconciliation",
    "/breaks",
    "/breaks?tab=mine",
    "/breaks?tab=done&kind=amount",
    "/close",
    "/close?month=2026-10",
    "/close?month=9999-12",
    "/close?month=0001-01",
    "/webhooks",
    "/webhooks?state=failed",
    "/keys",
    "/system",
)
FULL_ONLY = (
    "/reconciliation/run_01",
    "/breaks/brk_01kakmissing",
    "/breaks/brk_01kakdone",
    "/close/2026-11-20",
    "/close/2026-11-19",
    "/close/2026-11-19/proof",
    "/close/2026-11-21",
)
STATUSES = ("succeeded", "requires_payment_method", "processing", "canceled", "requires_capture")
NOWHERE = (
    "/nowhere",
    "/payments/pi_none",
    "/breaks/brk_none",
    "/reconciliation/x",
    "/close/yesterday",
    "/close/2030-01-01",
)
NOT_TEXT = {"hidden", "submit", "radio", "checkbox"}


@pytest.fixture(params=["full", "empty"])
async def visit(request: pytest.FixtureRequest) -> Visit:
    found = Visit(Believable(empty=request.param == "empty"))
    await found.sign_in()
    return found


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_there_and_well_made(path: str, visit: Visit) -> None:
    page = await visit.get(path)
    assert page.status == 200, page.text[:500]
    well_made(page)


@pytest.mark.parametrize("path", FULL_ONLY)
async def test_every_single_thing_has_its_page(path: str, ada: Visit) -> None:
    page = await ada.get(path)
    assert page.status == 200, page.text[:500]
    well_made(page)


@pytest.mark.parametrize("status", STATUSES)
async def test_a_payment_in_any_state_has_its_page(status: str, ada: Visit) -> None:
    row = next(row for row in ada.data.rows if row.status == status)
    page = await ada.get(f"/payments/{row.id}")
    assert page.status == 200, page.text[:500]
    assert page.says(row.id)
    well_made(page)


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/payments/pi_none", "/breaks/brk_none", "/reconciliation/x", "/close/yesterday", "/close/2030-01-01"],
)
async def test_what_is_not_there_says_so_and_shows_a_way_on(path: str, ada: Visit) -> None:
    page = await ada.get(path)
    assert page.status == 404
    assert page.says("not found")
    well_made(page)


async def test_a_fault_is_a_page_too(ada: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.data.rows.append(None)  # type: ignore[arg-type]  # a broken row is the point
    page = await ada.get("/payments")
    assert page.status == 500
    assert page.says("Nothing was changed")
    assert page.header("content-security-policy")
    assert "Traceback" not in page.text


async def test_every_link_leads_somewhere(ada: Visit) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting and len(seen) < 150:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        page = await ada.get(path)
        assert page.status == 200, f"{path} answers {page.status}"
        waiting += [link for link in links(page.tree) if link not in seen]
    assert len(seen) > 60


@pytest.mark.parametrize("path", PAGES[:3])
async def test_pages_are_never_kept_and_run_only_our_own(path: str, ada: Visit) -> None:
    page = await ada.get(path)
    assert page.header("cache-control") == "no-store"
    assert page.header("x-content-type-options") == "nosniff"
    policy = page.header("content-security-policy")
    assert "unsafe" not in policy
    assert "http" not in policy
    for directive in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert directive in policy


async def test_files_with_a_mark_are_kept(ada: Visit) -> None:
    page = await ada.get("/")
    sheet = page.tree.xpath("//link[contains(@href, 'tokens.css')]/@href")[0].removeprefix("/dashboard")
    kept = await ada.get(sheet)
    assert (kept.status, kept.header("cache-control")) == (200, "public, max-age=31536000, immutable")
    assert (await ada.get("/static/none.css")).header("cache-control") == "no-store"


def well_made(page: Page) -> None:
    """No inline code, one h1, headings in order, everything labelled, ids once."""
    tree = page.tree
    assert not tree.xpath("//script[not(@src)]"), "no inline script"
    assert not tree.xpath("//style | //*[@style]"), "no inline style"
    assert not tree.xpath("//@*[starts-with(name(), 'on')]"), "no inline handler"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text), "nothing from another host"
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)
    levels = [int(heading.tag[1]) for heading in tree.xpath("//main//*[self::h1 or self::h2 or self::h3]")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels)), levels
    for control in tree.xpath("//input | //select | //textarea"):
        assert control.get("type") in NOT_TEXT or _label(tree, control), html_of(control)
    for button in tree.xpath("//button | //a | //summary"):
        assert _name(button), html_of(button)
    for table in tree.xpath("//table"):
        assert table.xpath("./caption"), "every table has a caption"
        assert table.xpath(".//th[@scope]"), "every table has heads"
    for reference in tree.xpath("//@aria-labelledby | //@aria-describedby | //@aria-controls | //label/@for"):
        assert set(reference.split()) <= set(ids), reference
    for image in tree.xpath("//svg"):
        assert image.get("aria-hidden") == "true"
    assert tree.get("lang") == "en"
    assert tree.xpath("//title/text()")[0].endswith("Tallystick")


def _label(tree: Any, control: Any) -> bool:
    named = control.get("id") and tree.xpath(f"//label[@for='{control.get('id')}']")
    return bool(named or control.get("aria-label") or control.xpath("ancestor::label"))


def _name(element: Any) -> str:
    return str(element.get("aria-label") or "".join(element.itertext())).strip()


def html_of(element: Any) -> str:
    """The element as text, for messages."""
    return f"<{element.tag} {dict(element.attrib)}>"
