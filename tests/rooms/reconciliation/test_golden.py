"""Spec, left, right and what is expected side by side in `tests/golden/reconciliation`: matches, breaks, proof.

A folder gets its `expected` by running with TALLYSTICK_GOLDEN=write; then read it before it is committed.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from tallystick import reconciliation

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples" / "reconcile"
GOLDEN = ROOT / "tests" / "golden" / "reconciliation"
COMPARED = ("matches.csv", "breaks.csv", "open_items.csv", "proof.txt")
AS_OF = date(2026, 11, 21)
CASES = {
    "shop_vs_processor": (EXAMPLES / "shop_vs_processor.yaml", EXAMPLES / "shop.csv", EXAMPLES / "settlement.csv"),
    "settlement_vs_bank": (
        EXAMPLES / "settlement_vs_bank.yaml",
        GOLDEN / "settlement_vs_bank/left.csv",
        GOLDEN / "settlement_vs_bank/right.xml",
    ),
    "negative_twins": tuple(GOLDEN / "negative_twins" / name for name in ("spec.yaml", "left.csv", "right.csv")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, tmp_path: Path) -> None:
    run = reconciliation.reconcile(*CASES[name], tmp_path / "out", as_of=AS_OF)
    assert reconciliation.certificate.check(run, run.certificates()) == []
    expected = GOLDEN / name / "expected"
    for file in COMPARED:
        found = (tmp_path / "out" / file).read_text("utf-8")
        if os.environ.get("TALLYSTICK_GOLDEN") == "write":
            expected.mkdir(parents=True, exist_ok=True)
            (expected / file).write_text(found, "utf-8")
        assert found == (expected / file).read_text("utf-8"), file
