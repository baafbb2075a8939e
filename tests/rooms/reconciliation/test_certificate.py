"""A certificate that was tampered with, or that the items do not bear out, is found out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tallystick.reconciliation import Run
from tallystick.reconciliation.certificate import Certificate, Witness, check
from tests.rooms.reconciliation.ledgerlike import item, run


@pytest.fixture(scope="module")
def result() -> Run:
    left = [item("l1", 100, "order=a"), item("l2", 100, "order=b"), item("l3", 100, "order=b"), item("l4", 5, "auth=z"),
            item("l5", 10, batch="po"), item("l9", 77, "order=q")]  # fmt: skip
    right = [item("r1", 90, "order=a"), item("r2", 100, "order=b"), item("r3", 100, "order=b"), item("r4", 5, "auth=z"),
             item("r5", 10, "payout=po"), item("r9", 77)]  # fmt: skip
    return run(left, right)


def by_rule(result: Run, rule: str) -> Certificate:
    return next(one for one in result.certificates() if one.rule == rule)


def test_all_of_a_run_hold(result: Run) -> None:
    assert {one.rule for one in result.certificates()} == {"strong_key", "batch", "composite_exact", "exchangeable"}
    assert check(result, result.certificates()) == []
    first = result.certificates()[0]
    assert result.certificate(first.group_id) == first


@pytest.mark.parametrize(
    ("rule", "change", "words"),
    [
        ("strong_key", {"key_token": "b"}, "not exactly those who carry the key"),
        ("strong_key", {"members": ((0, "l1", 100), (1, "r9", 77))}, "carry the key"),
        ("strong_key", {"members": ((0, "l1", 100), (1, "nobody", 90))}, "not an item"),
        ("strong_key", {"sums": (100, 100)}, "sums differ"),
        ("strong_key", {"adjustments": ()}, "named adjustments"),
        ("strong_key", {"tier": 1}, "is batch, not strong_key"),
        ("strong_key", {"days": (0, 0)}, "days differ"),
        ("exchangeable", {"members": ((0, "l2", 100), (1, "r2", 100))}, "carry the key"),
        ("batch", {"key_token": "other"}, "exactly the batch and its line"),
        ("composite_exact", {"members": ((0, "l9", 77), (1, "r9", 77))}, "carry the key"),
    ],
)
def test_tampering_is_found(result: Run, rule: str, change: dict[str, Any], words: str) -> None:
    complaints = Witness(result).complaints(replace(by_rule(result, rule), **change))
    assert any(words in complaint for complaint in complaints), complaints
