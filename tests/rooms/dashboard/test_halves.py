"""What the page of a break says of its two halves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tallystick.base import Instant
from tallystick.dashboard.pages.halves import halves_of
from tallystick.reconciliation import BreakRecord, ItemRecord, Side

DAY = date(2026, 11, 20)


def item(name: str, side: Side, **more: Any) -> ItemRecord:
    facts: dict[str, Any] = {
        "item_id": name, "name": "books_vs_processor:one", "side": side, "state": "matched", "source": "one",
        "account": "one", "currency": "EUR", "kind": "charge", "amount_minor": 500, "fee_minor": None, "day": DAY,
        "batch": "", "label": "", "merchant_id": "", "payment_id": "", "line_id": "", "group_id": None,
    }  # fmt: skip
    return ItemRecord(**(facts | more))


def a_break(break_class: str, side: Side) -> BreakRecord:
    return BreakRecord(
        id="brk_1", seq=1, livemode=False, name="books_vs_processor:one", break_class=break_class, facet="presence",
        subject="b", side=side, source="one", account="one", currency="EUR", amount_minor=500, day=DAY, opened_on=DAY,
        due_on=DAY, owner="", status="open", reason="", label="", item_ids=("b",), merchant_id="", payment_id="",
        run_id="rcn_1", run_day=DAY, settled_by="", settled_reason="", settled_at=None, created=Instant(0), version=0,
    )  # fmt: skip


@pytest.mark.parametrize("side", list(Side))
def test_the_side_without_items_is_missing(side: Side) -> None:
    halves = halves_of(a_break("missing_right", side), [item("b", side)])
    assert halves[side].facts
    assert (halves[1 - side].facts, halves[1 - side].remark) == ((), "")


@pytest.mark.parametrize("side", list(Side))
def test_what_fits_a_duplicate_is_taken(side: Side) -> None:
    before = [item("a", side), item("ours", Side(1 - side), payment_id="pi_1")]
    halves = halves_of(a_break("duplicate", side), [item("b", side)], before)
    assert ("Item", "b") in halves[side].facts
    assert ("Item", "ours") in halves[1 - side].facts
    assert halves[1 - side].href == "/payments/pi_1"
    assert halves[1 - side].remark.startswith("Matched with the one that came first, a.")


def test_a_duplicate_of_what_has_no_match_itself() -> None:
    _, theirs = halves_of(a_break("duplicate", Side.LEFT), [item("b", Side.LEFT)], [item("a", Side.LEFT)])
    assert (theirs.facts, theirs.remark) == ((), "The one that came first, a, has no match.")


def test_a_duplicate_whose_first_telling_is_not_found() -> None:
    ours, _ = halves_of(a_break("duplicate", Side.RIGHT), [item("b", Side.RIGHT)])
    assert (ours.facts, ours.remark) == ((), "Another one that says the same came first.")
