"""The pure core, rule by rule and class by class."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import tallystick.reconciliation as recon
from tallystick.reconciliation import OpenItem, Side
from tests.rooms.reconciliation.ledgerlike import DAY, EVERYTHING, classes, groups, item, run, spec, state

TOMORROW = DAY + timedelta(days=1)


def test_a_key_links_whatever_the_amounts() -> None:
    result = run([item("l1", 1_000, "order=a"), item("l2", 2_000, "order=b")],
                 [item("r1", 1_000, "order=a"), item("r2", 1_900, "order=b")])  # fmt: skip
    assert groups(result) == [("strong_key", {"l1", "r1"}), ("strong_key", {"l2", "r2"})]
    (found,) = result.breaks
    assert (found.break_class, found.amount_minor, found.item_ids) == ("amount", 100, ("l2", "r2"))
    assert [state(result, name) for name in ("l1", "r1", "l2", "r2")] == ["matched", "matched", "break", "break"]
    left, right = result.bridge
    assert (left.matched_minor, left.difference_minor, left.closing_minor) == (3_000, 100, 100)
    assert (right.matched_minor, right.closing_minor) == (2_900, 0)


def test_directions_never_mix() -> None:
    result = run([item("l1", 500, "order=a")], [item("r1", -500, "order=a")], as_of=DAY + timedelta(days=9))
    assert groups(result) == []
    assert classes(result) == [("missing_left", "r1"), ("missing_right", "l1")]


def test_currencies_never_mix() -> None:
    result = run([item("l1", 500, "order=a")], [item("r1", 500, "order=a", currency="USD")])
    assert groups(result) == []


def test_a_key_that_repeats_is_ambiguous_not_first_come() -> None:
    result = run([item("l1", 500, "order=a")], [item("r1", 500, "order=a"), item("r2", 500, "order=a")])
    assert groups(result) == []
    assert classes(result) == [("ambiguous", "l1"), ("ambiguous", "r1"), ("ambiguous", "r2")]


def test_legs_are_added_up_when_the_spec_says_so() -> None:
    wanted = spec(EVERYTHING.replace("keys: [order]}\n  - {rule: batch", "keys: [order], legs: sum}\n  - {rule: batch"))
    left = [item("l1", 1_000, "order=a")]
    right = [item("r1", 300, "order=a"), item("r2", 700, "order=a")]
    assert groups(run(left, right, spec=wanted)) == [("strong_key", {"l1", "r1", "r2"})]


def test_equal_blocks_are_one_match_of_all() -> None:
    left = [item(f"l{n}", 500, "order=a") for n in range(3)]
    right = [item(f"r{n}", 500, "order=a") for n in range(3)]
    assert groups(run(left, right)) == [("exchangeable", {"l0", "l1", "l2", "r0", "r1", "r2"})]
    assert groups(run(left, right[:2])) == [], "three against two is nobody's guess"


def test_a_second_capture_of_one_order_is_told_by_its_amount() -> None:
    left = [item("l1", 300, "order=a"), item("l2", 700, "order=a")]
    right = [item("r1", 700, "order=a")]
    result = run(left, right)
    assert groups(result) == [("exchangeable", {"l2", "r1"})]


def test_a_batch_is_its_members_its_total_and_its_line() -> None:
    left = [item("l1", 1_000, batch="po"), item("l2", -200, batch="po"), item("lt", 0, batch="po", states_minor=800)]
    right = [item("r1", 800, "payout=po", day=TOMORROW)]
    result = run(left, right, as_of=TOMORROW)
    assert groups(result) == [("batch", {"l1", "l2", "lt", "r1"})]
    assert result.breaks == ()


def test_a_batch_paid_short_is_a_break_of_the_difference() -> None:
    left = [item("l1", 1_000, batch="po"), item("lt", 0, batch="po", states_minor=1_000)]
    result = run(left, [item("r1", 990, "payout=po")])
    assert [(one.break_class, one.amount_minor) for one in result.breaks] == [("amount", 10)]


def test_a_total_that_its_members_do_not_make_is_a_break() -> None:
    left = [item("l1", 900, batch="po"), item("lt", 0, batch="po", states_minor=1_000)]
    result = run(left, [item("r1", 900, "payout=po")])
    assert [(one.facet, one.amount_minor) for one in result.breaks] == [("stated", 100)]


def test_two_lines_for_one_batch_are_ambiguous() -> None:
    left = [item("l1", 1_000, batch="po")]
    result = run(left, [item("r1", 500, "payout=po"), item("r2", 500, "payout=po")])
    assert groups(result) == []
    assert {name for name, _ in classes(result)} == {"ambiguous"}


def test_amount_and_day_match_nothing_without_a_discriminator() -> None:
    result = run([item("l1", 12_345_67)], [item("r1", 12_345_67)])
    assert groups(result) == []
    assert classes(result) == [("orphan", "r1")]


def test_a_discriminator_with_enough_room_matches() -> None:
    result = run([item("l1", 500, "auth=9f00aa11")], [item("r1", 500, "auth=9f00aa11")])
    assert groups(result) == [("composite_exact", {"l1", "r1"})]
    (evidence,) = result.certificates()
    assert evidence.chance == ("1/4294967296", "1/4294967296")


def test_a_discriminator_needs_amount_window_and_uniqueness() -> None:
    left = [item("l1", 500, "auth=aaaa"), item("l2", 500, "auth=bbbb"), item("l3", 500, "auth=cccc")]
    right = [item("r1", 501, "auth=aaaa"), item("r2", 500, "auth=bbbb", day=DAY + timedelta(days=6)),
             item("r3", 500, "auth=cccc"), item("r4", 900, "auth=cccc")]  # fmt: skip
    assert groups(run(left, right)) == []


def test_a_discriminator_whose_room_is_a_lie_proves_nothing() -> None:
    """The claim of 2^32 values does not survive 20 of 40 items sharing a token."""
    left = [item(f"l{n:02}", 100 + n, f"auth={'same' if n < 20 else n}") for n in range(40)]
    right = [item(f"r{n:02}", 100 + n, f"auth={'same' if n < 20 else n}") for n in range(40)]
    assert groups(run(left, right)) == []


def test_a_word_that_many_share_is_no_key() -> None:
    left = [item(f"l{n:02}", 100 + n, f"order=word{n // 2}") for n in range(40)]
    right = [item(f"r{n:02}", 100 + n, f"order=word{n // 2}") for n in range(40)]
    result = run(left, right)
    assert groups(result) == []
    assert "order repeats on 40 of 40 left items" in result.warnings[0]


def test_fees_are_told_from_amounts() -> None:
    wanted = spec(EVERYTHING + "fees: [{kind: charge, basis_points: 140, fixed_minor: 25}]\n")
    left = [item("l1", 10_000, "order=a", kind="charge"), item("l2", 10_000, "order=b", kind="charge"),
            item("l3", 10_000, "order=c", kind="charge")]  # fmt: skip
    right = [item("r1", 10_000, "order=a", fee_minor=165), item("r2", 10_000, "order=b", fee_minor=200),
             item("r3", 10_000 - 165, "order=c")]  # fmt: skip
    result = run(left, right, spec=wanted)
    (found,) = result.breaks
    assert (found.break_class, found.amount_minor, found.owner) == ("fee", 35, "finance")
    net = next(one for one in result.certificates() if tuple(one.members[1][1]) == ("r", "3"))
    assert net.adjustments == (("fee", 165),), "a report of net amounts is explained by the schedule"


@pytest.mark.parametrize(
    ("currency", "fee", "amounts"),
    [
        ("EUR", "fee 2.47 EUR where 1.65 EUR was expected", "left 75.10 EUR, right 75.01 EUR"),
        ("JPY", "fee 247 JPY where 165 JPY was expected", "left 7510 JPY, right 7501 JPY"),
        ("KWD", "fee 0.247 KWD where 0.165 KWD was expected", "left 7.510 KWD, right 7.501 KWD"),
    ],
)
def test_a_difference_is_told_in_the_decimals_of_its_currency(currency: str, fee: str, amounts: str) -> None:
    wanted = spec(EVERYTHING + "fees: [{kind: charge, basis_points: 140, fixed_minor: 25}]\n")
    left = [
        item("l1", 10_000, "order=a", kind="charge", currency=currency),
        item("l2", 7_510, "order=b", currency=currency),
    ]
    right = [
        item("r1", 10_000, "order=a", fee_minor=247, currency=currency),
        item("r2", 7_501, "order=b", currency=currency),
    ]
    result = run(left, right, spec=wanted)
    assert {one.break_class: one.reason for one in result.breaks} == {"fee": fee, "amount": amounts}


def test_rows_said_twice_are_counted_linked_and_reported() -> None:
    right = [item("r1", 500, "order=a", natural_key="m1"), item("r1#2", 500, "order=a", natural_key="m1")]
    result = run([item("l1", 500, "order=a")], right)
    assert groups(result) == [("strong_key", {"l1", "r1"})]
    assert classes(result) == [("duplicate", "r1#2")]
    assert (state(result, "r1#2"), result.counts.superseded) == ("superseded", 1)
    assert result.superseded.to_pylist()[0]["by_item_id"] == "r1"


def test_one_key_with_two_stories_is_ambiguous() -> None:
    right = [item("r1", 500, "order=a", natural_key="m1"), item("r1#2", 600, "order=a", natural_key="m1")]
    result = run([item("l1", 500, "order=a")], right)
    assert groups(result) == []
    assert ("ambiguous", "r1") in classes(result)


def test_an_open_row_told_otherwise_is_restated() -> None:
    before = OpenItem(item=item("r1", 500, "order=a", natural_key="m1"), side=Side.RIGHT)
    result = run([item("l1", 600, "order=a")], [item("r1", 600, "order=a", natural_key="m1")],
                 carried=recon.carried([before]))  # fmt: skip
    assert groups(result) == [("strong_key", {"l1", "r1"})]
    assert result.breaks == ()
    right = result.bridge[1]
    assert (right.opening_minor, right.incoming_minor, right.superseded_minor, right.closing_minor) == (
        500,
        600,
        500,
        0,
    )


def test_a_matched_row_told_otherwise_is_a_break_and_not_matched_again() -> None:
    recent = OpenItem(item=item("r1", 500, "order=a", natural_key="m1"), side=Side.RIGHT)
    result = run([item("l9", 600, "order=a")], [item("r1", 600, "order=a", natural_key="m1")],
                 carried=recon.carried(recent=[recent]))  # fmt: skip
    assert groups(result) == []
    assert ("restated", "r1") in classes(result)


def test_a_twin_of_something_matched_is_a_duplicate_not_a_match() -> None:
    recent = [OpenItem(item=item("l1", 500, "order=a"), side=Side.LEFT),
              OpenItem(item=item("r1", 500, "order=a"), side=Side.RIGHT)]  # fmt: skip
    result = run([], [item("r2", 500, "order=a")], carried=recon.carried(recent=recent))
    assert classes(result) == [("duplicate", "r2")]


def test_pending_late_missing() -> None:
    waits = [item("l1", 500, "order=a")]
    seen = [(run(waits, [], as_of=DAY + timedelta(days=n)), n) for n in range(5)]
    found = [(classes(result) or [(state(result, "l1"), "")])[0][0] for result, _ in seen]
    assert found == ["pending", "late", "late", "missing_right", "missing_right"]
    assert [result.breaks[0].age_days for result, n in seen if n] == [1, 2, 3, 4]


def test_carried_items_keep_their_break_and_its_first_day() -> None:
    first = run([item("l1", 500, "order=a")], [item("r9", 5)], as_of=TOMORROW)
    second = run([], [], carried=first.carry(), as_of=TOMORROW + timedelta(days=5))
    assert {one.break_id for one in first.breaks} == {one.break_id for one in second.breaks}
    assert {one.opened_on for one in second.breaks} == {TOMORROW}
    assert {one.break_class for one in second.breaks} == {"missing_right", "orphan"}
    third = run(
        [], [item("r1", 500, "order=a", day=date(2026, 11, 27))], carried=second.carry(), as_of=date(2026, 11, 27)
    )
    assert groups(third) == [("strong_key", {"l1", "r1"})]


def test_open_continues_exactly() -> None:
    first = run([item("l1", 500, "order=a"), item("l2", 700, "order=b")], [item("r2", 650, "order=b")], as_of=TOMORROW)
    second = run([item("l3", 100, "order=c")], [], carried=first.carry(), as_of=TOMORROW)
    closing = {(line.side, line.account): line.closing_minor for line in first.bridge if line.closing_minor}
    opening = {(line.side, line.account): line.opening_minor for line in second.bridge if line.opening_minor}
    assert closing == opening == {(Side.LEFT, "main"): 550}


def test_what_people_settled_leaves_by_its_own_column() -> None:
    gone = OpenItem(item=item("l1", 500, "order=a"), side=Side.LEFT, settled=True)
    result = run([], [item("r1", 500, "order=a")], carried=recon.carried([gone]))
    assert groups(result) == [], "what was settled by hand is not matched again"
    left = result.bridge[0]
    assert (left.opening_minor, left.adjusted_minor, left.closing_minor) == (500, -500, 0)


def test_nothing_against_nothing_reconciles() -> None:
    result = run([], [])
    assert (result.verdict, result.counts.items) == ("reconciled", 0)
