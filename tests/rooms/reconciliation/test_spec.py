"""Specs are read strictly, and a mistake is told with its line."""

from __future__ import annotations

import pytest

from tallystick.base import Refused
from tallystick.reconciliation import ReconciliationRefusal
from tallystick.reconciliation.model import BreakClass, Side
from tests.rooms.reconciliation.ledgerlike import DAY, EVERYTHING, spec


def complaint(text: str) -> str:
    with pytest.raises(Refused) as refused:
        spec(text)
    assert refused.value.code is ReconciliationRefusal.SPEC_INVALID
    return refused.value.message


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("until_days: 5", "until_day: 5", 12, "until_day"),
        ("name: shop_vs_processor", "nmae: shop_vs_processor", 2, "nmae"),
        ("keys: [order]}\n  - {rule: batch", "keys: [order], within_days: soon}\n  - {rule: batch", 10, "within_days"),
        ("{rule: batch, key: payout}", "{rule: bach, key: payout}", 11, "bach"),
        ("order: {identifies: payment}", "order: {identifies: partly}", 4, "partly"),
        ("key: payout}", "key: deposit}", 11, "'deposit' is not declared"),
        ("order: {identifies: payment}", "order: {identifies: party}", 10, "proves nothing"),
        ("expected: {days: 1, ", "expected: {days: 9, ", 7, "at least `days`"),
        ("until_days: 5", "chance_below: [1, 10]", 12, "chance_below"),
        ("discriminators: [auth]", "discriminators: []", 12, "`discriminators` of the composite_exact tier is empty"),
        ("keys: [order]", "keys: []", 10, "`keys` of the strong_key tier is empty; name at least one"),
        ("class: fee", "class: feee", 15, "feee"),
        ("space: 4294967296", "space: 1", 6, "space"),
        ("space: 4294967296", "space: 4.5", 6, "space"),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert old in EVERYTHING
    message = complaint(EVERYTHING.replace(old, new, 1))
    assert words in message
    assert f"line {line}:" in message


def test_what_is_no_yaml_is_said() -> None:
    assert "is not YAML or JSON" in complaint("name: [")
    assert "line 1" in complaint("[]")


def test_json_is_yaml() -> None:
    import json

    import yaml

    assert spec(json.dumps(yaml.safe_load(EVERYTHING))) == spec()


def test_the_digest_names_the_spec_not_its_spelling() -> None:
    assert spec(EVERYTHING + "\n# a remark\n").digest() == spec().digest()
    assert spec(EVERYTHING.replace("until_days: 5", "until_days: 6")).digest() != spec().digest()


def test_owners_are_asked_in_order() -> None:
    wanted = spec()
    assert wanted.owner_of(BreakClass.FEE, Side.LEFT, 1) == ("finance", 3)
    assert wanted.owner_of(BreakClass.LATE, Side.LEFT, 1) == ("operations", 1)


def test_days_may_be_counted_as_weekdays() -> None:
    text = EVERYTHING.replace("{days: 1, missing_after_days: 3}", "{days: 1, missing_after_days: 3, count: weekdays}")
    friday = (DAY.toordinal()) - 719163
    assert DAY.weekday() == 4
    assert spec(text).left.due_days(friday) == (friday + 3, friday + 5), "Monday and Wednesday"
    assert spec().left.due_days(friday) == (friday + 1, friday + 3)
