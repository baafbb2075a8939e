"""What people do in the dashboard: find, explain, sign off, close, issue, revoke, switch."""

from __future__ import annotations

import pytest

from tests.rooms.dashboard.visit import Visit

PART = {"hx_request": "true", "hx_request_type": "partial"}


async def test_a_search_answers_with_rows_only(ada: Visit) -> None:
    page = await ada.get("/payments?q=grinder", **PART)
    assert "<html" not in page.text
    assert page.text.count("data-row") > 3
    assert all("Grinder" in cell for cell in page.tree.xpath("//td[contains(@class, 'c-id')]//text()") if cell.strip())


async def test_pages_of_payments_follow_each_other_without_gap(ada: Visit) -> None:
    first = await ada.get("/payments")
    [older] = first.tree.xpath("//a[@rel='next']/@href")
    second = await ada.get(older.removeprefix("/dashboard"))
    shown = [row.get("id") for page in (first, second) for row in page.tree.xpath("//tr[@data-row]")]
    assert shown == [f"row-{row.id}" for row in ada.data.rows[:50]]
    [newer] = second.tree.xpath("//a[@rel='prev']/@href")
    again = await ada.get(newer.removeprefix("/dashboard"))
    assert [row.get("id") for row in again.tree.xpath("//tr[@data-row]")] == shown[:25]


async def test_what_is_typed_is_shown_as_text(ada: Visit) -> None:
    page = await ada.get("/payments?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(("action", "state"), [("resolve", "resolved"), ("sign-off", "signed_off")])
async def test_a_break_is_finished_with_a_reason(action: str, state: str, ada: Visit) -> None:
    page = await ada.send("/breaks/brk_01kakfee", f"/breaks/brk_01kakfee/{action}", {"text": "Schedule corrected"})
    assert page.status == 303
    assert next(row for row in ada.data.broken if row.id == "brk_01kakfee").state == state
    after = await ada.get("/breaks/brk_01kakfee")
    assert after.says("Schedule corrected")
    assert not after.tree.xpath("//form[@id='finish']")


@pytest.mark.parametrize("action", ["resolve", "sign-off", "comment"])
async def test_a_break_is_not_finished_without_a_reason(action: str, ada: Visit) -> None:
    page = await ada.send("/breaks/brk_01kakfee", f"/breaks/brk_01kakfee/{action}", {"text": "  "})
    assert page.status == 400
    assert page.tree.xpath("//textarea[@aria-invalid='true']")
    assert next(row for row in ada.data.broken if row.id == "brk_01kakfee").state == "open"


async def test_a_break_is_given_to_somebody(ada: Visit) -> None:
    await ada.send("/breaks/brk_01kakfee", "/breaks/brk_01kakfee/assign", {"owner": "sam@tallystick.test"})
    assert (await ada.get("/breaks?owner=sam@tallystick.test")).says("Fee 3.48")


async def test_a_day_closes_once_nothing_stands_in_the_way(ada: Visit) -> None:
    refused = await ada.send("/close/2026-11-20", "/close/2026-11-20", {})
    assert refused.status == 400
    assert refused.says("resolve or sign off every break first")
    for row in list(ada.data.broken):
        await ada.send(f"/breaks/{row.id}", f"/breaks/{row.id}/sign-off", {"text": "Taken on"})
    page = await ada.send("/close/2026-11-20", "/close/2026-11-20", {})
    assert page.header("location") == "/dashboard/close/2026-11-20?done=closed"
    closed = await ada.get("/close/2026-11-20")
    assert closed.says("Closed")
    assert closed.tree.xpath("//a[contains(@href, '/proof')]")


async def test_a_key_is_shown_once(ada: Visit) -> None:
    fields = {"merchant": "mer_01northwind", "kind": "secret", "name": "Till"}
    page = await ada.send("/keys", "/keys", fields)
    [key] = page.tree.xpath("//code[@id='issued-key']/text()")
    assert key.startswith("sk_test_")
    assert key not in (await ada.get("/keys")).text


async def test_a_key_is_revoked(ada: Visit) -> None:
    await ada.send("/keys", "/keys/key_1/revoke", {})
    assert next(row for row in ada.data.key_rows if row.id == "key_1").revoked


async def test_a_delivery_is_sent_again_and_its_row_answered(ada: Visit) -> None:
    row = ada.data.sent[0]
    page = await ada.send("/webhooks", f"/webhooks/{row.id}/resend", {}, **PART)
    assert page.status == 200
    assert f'id="delivery-{row.id}"' in page.text
    assert "Queued" in page.text


async def test_the_mode_is_remembered_and_leads_to_a_list(ada: Visit) -> None:
    page = await ada.send("/", "/mode", {"mode": "live", "back": "/dashboard/payments/pi_1"})
    assert page.header("location") == "/dashboard/payments"
    assert (await ada.get("/payments")).says("No payments yet")


async def test_one_merchant_is_chosen_among_ones_own(ada: Visit) -> None:
    await ada.send("/", "/merchant", {"merchant": "mer_02harbour", "back": "/dashboard/payments"})
    assert not (await ada.get("/payments")).tree.xpath("//main//td[contains(@class, 'c-merchant')]")


@pytest.mark.parametrize("path", ["/reconciliation", "/breaks", "/close", "/system", "/breaks/brk_01kakfee"])
async def test_what_covers_all_merchants_is_not_for_a_merchant(path: str, ray: Visit) -> None:
    page = await ray.get(path)
    assert page.status == 403
    assert page.says("Ask an owner")


async def test_a_viewer_sees_nothing_to_press(ray: Visit) -> None:
    page = await ray.get("/")
    assert not page.tree.xpath("//nav[@id='nav']//a[contains(@href, '/close')]")
    assert not (await ray.get("/keys")).tree.xpath("//button[@data-opens='new-key']")
    assert not (await ray.get("/webhooks")).tree.xpath("//form[contains(@action, '/resend')]")


async def test_a_merchant_sees_only_its_own_payments(ray: Visit) -> None:
    other = next(row for row in ray.data.rows if row.merchant != "Northwind Coffee")
    assert (await ray.get(f"/payments/{other.id}")).status == 404


async def test_nobody_issues_keys_for_another_merchant(ray: Visit) -> None:
    page = await ray.send("/keys", "/keys", {"merchant": "mer_02harbour", "kind": "secret"})
    assert page.status == 404
