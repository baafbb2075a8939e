"""Can it be read: by people who see little, who use a keyboard, a telephone or a reader, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tallystick import payments
from tallystick.dashboard import words
from tests.browser.conftest import Server

Visit = Callable[..., Page]
PAGES = (
    "/",
    "/?period=30d",
    "/payments",
    "/payments?q=nothingfits",
    "/ledger",
    "/reconciliation",
    "/breaks",
    "/breaks?tab=done",
    "/close",
    "/close/2026-11-20",
    "/close/2026-11-19/proof",
    "/webhooks",
    "/keys",
    "/system",
)

CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
  const paper = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [1, 1, 1, 1]);
  };
  const light = (colour) => {
    const parts = colour.slice(0, 3).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    if (!text || box.width < 2 || style.visibility === 'hidden' || element.closest(':disabled, .off, dialog')) continue;
    const ink = over(rgba(style.color), paper(element));
    const [dark, bright] = [light(ink), light(paper(element))].sort((a, b) => a - b);
    const found = (bright + 0.05) / (dark + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (found < (large ? 3 : 4.5) - 0.01) bad.push(`${text.slice(0, 40)}: ${found.toFixed(2)}`);
  }
  return bad;
}"""

NAMES = """() => {
  const seen = (element) => element.checkVisibility({checkVisibilityCSS: true});
  const name = (element) => (element.getAttribute('aria-label') || (element.getAttribute('aria-labelledby') || '')
    .split(' ').map((id) => document.getElementById(id)?.textContent || '').join(' ')
    || [...(element.labels || [])].map((label) => label.textContent).join(' ')
    || element.textContent || '').trim();
  const controls = [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')];
  const nameless = controls.filter((element) => seen(element) && !name(element)).map((element) => element.outerHTML);
  const small = controls.filter((element) => {
    if (!seen(element) || element.matches('a:not(.button), summary') || element.closest('.unseen, .skip')) return false;
    const box = element.getBoundingClientRect();
    return box.width > 2 && (box.height < 24 || box.width < 24);
  }).map((element) => element.outerHTML.slice(0, 120)).filter((html) => !html.includes('radio'));
  return {nameless, small};
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out_from_its_paper(theme: str, calm: Server, visit: Visit) -> None:
    page = visit(calm, theme=theme)
    for path in (*PAGES, f"/payments/{calm.town.payments[0]}", f"/payments/{calm.town.payments[4]}"):
        page.goto(calm.url + path)
        assert page.evaluate(CONTRAST) == [], path


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_is_wider_than_the_screen(width: int, calm: Server, visit: Visit) -> None:
    page = visit(calm, width=width)
    for path in (*PAGES, f"/payments/{calm.town.payments[3]}"):
        page.goto(calm.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide at {width}"


@pytest.mark.parametrize("width", [390, 641, 769, 897, 1024, 1201, 1280, 1440])
def test_no_state_or_time_of_a_payment_is_cut_off(width: int, calm: Server, visit: Visit) -> None:
    """Whatever the words are; and what was paid for has room beside them."""
    page = visit(calm, width=width)
    cut = """(words) => {
      const cells = (name) => [...document.querySelectorAll(`.payments td.${name}`)];
      const say = (state, word) => { state.lastChild.textContent = word; };
      cells('c-state').forEach((cell, i) => say(cell.querySelector('.state'), words[i % words.length]));
      cells('c-when').forEach((cell) => { cell.firstChild.textContent = '23\u00a0h 59\u00a0min ago'; });
      const shown = [...document.querySelectorAll('.payments td')].filter((cell) => cell.checkVisibility());
      return shown.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)
        .concat(cells('c-id').filter((cell) => cell.clientWidth < 100).map((cell) => cell.clientWidth));
    }"""
    states = [
        words.STATES[name].word for name in (*payments.PaymentStatus, "declined", "partially_refunded", "disputed")
    ]
    for path in ("/", "/payments"):
        page.goto(calm.url + path)
        assert page.evaluate(cut, states) == [], path


@pytest.mark.parametrize("width", [390, 1440])
def test_everything_to_press_has_a_name_and_a_size(width: int, calm: Server, visit: Visit) -> None:
    page = visit(calm, width=width)
    for path in PAGES:
        page.goto(calm.url + path)
        assert page.evaluate(NAMES) == {"nameless": [], "small": []}, path


def test_tables_that_read_as_cards_are_still_tables(calm: Server, visit: Visit) -> None:
    page = visit(calm, width=390)
    page.goto(f"{calm.url}/payments")
    expect(page.get_by_role("table", name="Payments")).to_be_visible()
    assert page.get_by_role("cell").count() > 50


def test_focus_can_be_seen(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    for _ in range(12):
        page.keyboard.press("Tab")
        outline: Any = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")


def test_nothing_moves_while_the_page_comes_in(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    shifts = """() => new Promise((told) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const shift of list.getEntries()) sum += shift.value; })
        .observe({type: 'layout-shift', buffered: true});
      setTimeout(() => told(sum), 300);
    })"""
    for path in ("/", "/payments", "/close"):
        page.goto(calm.url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(shifts) < 0.02, path


def test_motion_stops_when_asked(calm: Server, visit: Visit) -> None:
    page = visit(calm, reduced_motion="reduce")
    page.keyboard.press("?")
    assert page.evaluate("getComputedStyle(document.getElementById('shortcuts')).animationName") == "none"


def test_the_proof_prints_without_its_frame(calm: Server, visit: Visit) -> None:
    page = visit(calm, theme="dark")
    page.goto(f"{calm.url}/close/2026-11-19/proof")
    page.emulate_media(media="print")
    expect(page.locator("#nav")).to_be_hidden()
    expect(page.locator(".top")).to_be_hidden()
    expect(page.get_by_role("heading", name="Proof of Thursday, 19 November 2026")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")


def test_nothing_is_asked_of_another_host(calm: Server, visit: Visit) -> None:
    page = visit(calm)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        page.goto(calm.url + path)
    assert asked
    assert not [url for url in asked if not url.startswith("http://127.0.0.1:")]
