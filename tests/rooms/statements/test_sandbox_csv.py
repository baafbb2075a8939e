"""The sandbox's settlement report: what the sandbox writes is read to the cent, and nothing can be missing from it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable

import pytest

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import LineKind, StatementRefusal
from tests.rooms.sandbox.world import DAY, World
from tests.rooms.statements.test_golden import FOLDER

TEXT = (FOLDER / "sandbox_csv" / "day.csv").read_text(encoding="utf-8")
ROWS = TEXT.splitlines(keepends=True)
Change = Callable[[list[str]], list[str]]


def read(text: str) -> statements.StatementFile:
    return statements.read(text.encode(), "day.csv")


def refusal(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        read(text)
    return caught.value


def busy() -> World:
    world = World()
    for n in range(30):
        _, told = world.pay(amount=1_000 + n, currency=("EUR", "JPY", "KWD")[n % 3])
        if n % 7 == 0:
            world.refund(told["payment"], 300)
    return world


@pytest.mark.parametrize("plant", [{}, {"duplicate_line": 2}, {"missing_payment": 1, "wrong_fee": 1, "late_payout": 1}])
def test_what_the_sandbox_writes_is_read(plant: dict[str, int]) -> None:
    text, told = busy().day_end(**plant)
    file = read(text)
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["record"] in ("movement", "payout")]
    assert len(file.lines) == len(rows)
    for line, row in zip(file.lines, rows, strict=True):
        assert line.references["payout_id"] == row["payout_id"]
        assert line.line == 2 + line.ordinal - 1
    movements = [line for line in file.lines if line.kind is not LineKind.PAYOUT]
    assert len(movements) == told["movements"]
    assert sum(line.occurrence == 2 for line in movements) == plant.get("duplicate_line", 0)
    assert {statement.currency for statement in file.statements} == {"EUR", "JPY", "KWD"}
    assert {statement.account for statement in file.statements} == {rows[0]["processor"]}
    assert file.proof.status == "proven"


def test_what_was_earned_was_paid_out() -> None:
    """The account at the processor starts and ends at zero: distinct movements and payouts add up to nothing."""
    text, told = busy().day_end(duplicate_line=1)
    sums: Counter[str] = Counter()
    for line in read(text).lines:
        if line.occurrence == 1:
            sums[line.currency] += line.amount_minor
    assert set(sums.values()) == {0}
    paid = {
        line.references["payout_id"]: -line.amount_minor for line in read(text).lines if line.kind is LineKind.PAYOUT
    }
    assert paid == {payout["payout_id"]: payout["net"] for payout in told["payouts"]}


def test_an_empty_day_is_proven_empty() -> None:
    file = read(World().day_end()[0])
    assert (file.statements, file.lines, file.proof.status) == ((), (), "proven")


def test_a_movement_told_again_the_next_day_has_the_same_key() -> None:
    later = TEXT.replace("2026-11-20,", "2026-11-21,").replace("rep_1", "rep_2")
    first, other = read(TEXT).lines[0], read(later).lines[0]
    assert first.natural_key == other.natural_key
    assert first.digest != other.digest  # the day of the report is what it says


def test_the_bank_statement_of_the_sandbox_is_read_and_meets_the_payouts() -> None:
    world = busy()
    text, _ = world.day_end(unknown_bank_line=1)
    payouts = {
        line.references["payout_id"]: -line.amount_minor for line in read(text).lines if line.kind is LineKind.PAYOUT
    }
    banked = {}
    for name, told, _ in world.sandbox.bank.day_end(DAY, now=world.clock.now()):
        file = statements.read(told.encode(), name)
        assert file.proof.status == "proven"
        for line in file.lines:
            banked[line.references.get("end_to_end_id", "")] = line.amount_minor
    assert payouts.items() <= banked.items()
    assert len(banked) == len(payouts) + 1


@pytest.mark.parametrize(
    ("change", "code", "element"),
    [
        (lambda rows: [*rows[:2], *rows[3:]], StatementRefusal.COUNT_DISAGREES, "payout po_jpy/movement_id"),
        (lambda rows: [*rows[:4], *rows[5:]], StatementRefusal.COUNT_DISAGREES, "total EUR/movement_id"),
        (lambda rows: [*rows, rows[1]], StatementRefusal.STRUCTURE_INVALID, "record"),
        (lambda rows: [*rows, rows[-1]], StatementRefusal.STRUCTURE_INVALID, "record"),
        (lambda rows: rows[:-1], StatementRefusal.STRUCTURE_INVALID, "record"),
        (lambda rows: [*rows[:8], *rows[9:]], StatementRefusal.STRUCTURE_INVALID, "record"),
        (lambda rows: [*rows[:7], *rows[8:]], StatementRefusal.STRUCTURE_INVALID, "record"),
        (lambda rows: [rows[0], rows[6], *rows[1:6], *rows[7:]], StatementRefusal.STRUCTURE_INVALID, "record"),
        (lambda rows: [*rows[:9], rows[8], *rows[9:]], StatementRefusal.STRUCTURE_INVALID, "currency"),
        (lambda rows: [*rows[:7], rows[6], *rows[7:]], StatementRefusal.STRUCTURE_INVALID, "payout_id"),
        (lambda rows: rows[1:], StatementRefusal.FORMAT_UNKNOWN, ""),
        (lambda rows: [*rows[:3], "\n", *rows[3:]], StatementRefusal.STRUCTURE_INVALID, ""),
    ],
    ids=[
        "a movement lost", "a repeat lost", "after the trailer", "two trailers", "no trailer", "no total", "no payout",
        "out of order", "two totals", "two payouts", "no header", "an empty row",
    ],
)  # fmt: skip
def test_rows_that_are_lost_or_too_many_are_noticed(change: Change, code: StatementRefusal, element: str) -> None:
    found = refusal("".join(change(ROWS)))
    assert (found.code, found.details["element"]) == (code, element)


@pytest.mark.parametrize(
    ("row", "column", "value", "code"),
    [
        (1, "record", "Movement", StatementRefusal.VALUE_INVALID),
        (1, "type", "chargeback", StatementRefusal.VALUE_INVALID),
        (1, "day", "20.11.2026", StatementRefusal.VALUE_INVALID),
        (3, "day", "2026-11-21", StatementRefusal.STRUCTURE_INVALID),
        (3, "processor", "south", StatementRefusal.STRUCTURE_INVALID),
        (3, "report_id", "rep_2", StatementRefusal.STRUCTURE_INVALID),
        (1, "movement_id", "", StatementRefusal.VALUE_INVALID),
        (1, "currency", "EURO", StatementRefusal.CURRENCY_UNKNOWN),
        (1, "currency", "eur", StatementRefusal.CURRENCY_UNKNOWN),
        (1, "gross", "1e2", StatementRefusal.AMOUNT_INVALID),
        (1, "gross", "100.001", StatementRefusal.AMOUNT_NOT_EXACT),
        (2, "gross", "5000.5", StatementRefusal.AMOUNT_NOT_EXACT),
        (1, "net", "98.31", StatementRefusal.SUM_DISAGREES),
        (1, "occurred_at", "2026-11-20T09:00:00", StatementRefusal.VALUE_INVALID),
        (1, "occurred_at", "noon", StatementRefusal.VALUE_INVALID),
        (1, "merchant_reference", "x" * 501, StatementRefusal.VALUE_INVALID),
        (1, "merchant_reference", "a\tb", StatementRefusal.VALUE_INVALID),
        (6, "movement_id", "-3", StatementRefusal.VALUE_INVALID),
        (6, "payout_id", "", StatementRefusal.VALUE_INVALID),
        (6, "type", "charge", StatementRefusal.STRUCTURE_INVALID),
        (8, "payout_id", "po", StatementRefusal.STRUCTURE_INVALID),
        (10, "gross", "1", StatementRefusal.STRUCTURE_INVALID),
        (10, "movement_id", "6", StatementRefusal.COUNT_DISAGREES),
    ],
)
def test_values_are_checked(row: int, column: str, value: str, code: StatementRefusal) -> None:
    names = ROWS[0].strip().split(",")
    cells = ROWS[row].rstrip("\n").split(",")
    cells[names.index(column)] = value
    found = refusal("".join([*ROWS[:row], ",".join(cells) + "\n", *ROWS[row + 1 :]]))
    assert found.code is code
    assert found.details["line"] == row + 1
    assert column in found.details["element"]


def test_quoted_fields_are_read_and_broken_quotes_refused() -> None:
    assert read(TEXT.replace("np_1", '"np_1"')).statements == read(TEXT).statements
    assert refusal(TEXT.replace("np_1", '"np_1', 1)).code is StatementRefusal.STRUCTURE_INVALID
    assert refusal(TEXT.replace("np_1", '"np"_1', 1)).code is StatementRefusal.STRUCTURE_INVALID
