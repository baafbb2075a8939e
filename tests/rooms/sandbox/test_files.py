"""The files of a day: settlement report and bank statement, with and without planted trouble."""

from __future__ import annotations

import csv
import datetime
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tallystick import sandbox, statements
from tallystick.sandbox import Fee, SandboxSettings
from tests.rooms.sandbox.world import DAY, World

NEXT = DAY + datetime.timedelta(days=1)


def busy(settings: SandboxSettings | None = None) -> World:
    """A day in three currencies with refunds, a dispute and a decline."""
    world = World(settings)
    for number in range(30):
        currency = ("EUR", "USD", "JPY")[number % 3]
        _, told = world.pay(amount=1000 + 37 * number, currency=currency)
        if number % 10 == 0:
            world.refund(told["payment"], 500)
    world.pay("tok_createDispute", 5000)
    world.pay("tok_chargeDeclined")
    return world


def rows(text: str, record: str) -> list[dict[str, str]]:
    """The report's rows of one kind."""
    return [row for row in csv.DictReader(io.StringIO(text)) if row["record"] == record]


def bank_lines(world: World, day: datetime.date = DAY) -> list[Any]:
    """The lines of a bank day as our own reader sees them, after its proof."""
    found = []
    for name, text, told in world.sandbox.bank.day_end(day, now=world.clock.now()):
        read = statements.read(text.encode(), name)
        (statement,) = read.statements
        assert (statement.account, statement.currency) == (told["account"], told["currency"])
        found += statement.lines
    return found


def test_a_quiet_day_is_read_and_proven() -> None:
    world = busy()
    text, told = world.day_end()
    assert text.splitlines()[0] == ",".join(sandbox.HEADER)
    read = statements.read(text.encode(), told["file"])
    assert {statement.proof.status for statement in read.statements} == {statements.ProofStatus.PROVEN}
    assert told["planted"] == []
    assert Counter(row["type"] for row in rows(text, "movement")) == {"charge": 31, "refund": 3, "dispute": 1}
    assert [row["record"] for row in csv.DictReader(io.StringIO(text))] == (
        ["movement"] * 35 + ["payout"] * 3 + ["total"] * 3 + ["trailer"]
    )


def test_the_payouts_reach_the_bank_under_their_ids() -> None:
    world = busy()
    _, told = world.day_end()
    arrived = {line.references["end_to_end_id"]: line.amount_minor for line in bank_lines(world)}
    assert arrived == {payout["payout_id"]: payout["net"] for payout in told["payouts"]}


def test_fees_are_those_of_the_currency() -> None:
    world = World(SandboxSettings(fee=Fee(100, 10), fees={"JPY": Fee(0, 5)}))
    world.pay(amount=1000)
    world.pay(amount=1000, currency="JPY")
    text, _ = world.day_end()
    assert [(row["gross"], row["fee"], row["net"]) for row in rows(text, "movement")] == [
        ("10.00", "0.20", "9.80"),
        ("1000", "5", "995"),
    ]


def test_the_references_lead_back_to_us() -> None:
    world = World()
    _, told = world.pay(payment_reference="pi_ours")
    _, back = world.refund(told["payment"], 100)
    text, _ = world.day_end()
    charge, refund = rows(text, "movement")
    assert (charge["merchant_reference"], refund["merchant_reference"]) == (told["key"], back["key"])
    assert refund["movement_id"] == back["reference"]
    assert {charge["payment_reference"], refund["payment_reference"]} == {"pi_ours"}
    assert {charge["processor_reference"], refund["processor_reference"]} == {told["payment"]}


def test_the_same_day_again_is_the_same_report() -> None:
    world = busy()
    first = world.day_end(missing_payment=1)
    world.pay()
    assert world.day_end() == first
    assert len(rows(world.day_end(NEXT)[0], "movement")) == 1


def test_a_missing_payment_is_in_neither_report_nor_payout() -> None:
    world = busy()
    text, told = world.day_end(missing_payment=1)
    (planted,) = told["planted"]
    assert planted["kind"] == "missing_payment"
    assert planted["merchant_reference"] not in text
    assert len(rows(text, "movement")) == 34
    statements.read(text.encode(), "report.csv")
    assert rows(world.day_end(NEXT)[0], "movement") == []
    released = rows(world.day_end(NEXT + datetime.timedelta(days=1), release=True)[0], "movement")
    assert [row["merchant_reference"] for row in released] == [planted["merchant_reference"]]


def test_a_duplicate_line_stands_twice_and_is_paid_once() -> None:
    world, quiet = busy(), busy()
    text, told = world.day_end(duplicate_line=1)
    (planted,) = told["planted"]
    twice = [row for row in rows(text, "movement") if row["movement_id"] == planted["movement_id"]]
    assert len(twice) == 2
    assert twice[0] == twice[1]
    statements.read(text.encode(), "report.csv")
    assert [p["net"] for p in told["payouts"]] == [p["net"] for p in quiet.day_end()[1]["payouts"]]


def test_a_wrong_fee_lowers_net_and_payout() -> None:
    world, quiet = busy(), busy()
    text, told = world.day_end(wrong_fee=1)
    (planted,) = told["planted"]
    assert planted["reported_fee"] - planted["expected_fee"] == planted["difference"] > 0
    (row,) = [row for row in rows(text, "movement") if row["movement_id"] == planted["movement_id"]]
    assert row["merchant_reference"] == planted["merchant_reference"]
    paid = {p["currency"]: p["net"] for p in told["payouts"]}
    right = {p["currency"]: p["net"] for p in quiet.day_end()[1]["payouts"]}
    assert {c: right[c] - paid[c] for c in paid} == dict.fromkeys(paid, 0) | {
        planted["currency"]: planted["difference"]
    }
    assert (
        sum(line.amount_minor for line in bank_lines(world) if line.currency == planted["currency"])
        == paid[planted["currency"]]
    )


def test_a_late_payout_is_announced_and_comes_the_next_day() -> None:
    world = busy()
    text, told = world.day_end(late_payout=["USD"])
    (planted,) = told["planted"]
    assert planted["payout_id"] in {row["payout_id"] for row in rows(text, "payout")}
    assert planted["payout_id"] not in {line.references.get("end_to_end_id") for line in bank_lines(world)}
    (late,) = bank_lines(world, NEXT)
    assert (late.references["end_to_end_id"], late.amount_minor) == (planted["payout_id"], planted["amount"])


def test_a_bank_line_nobody_knows() -> None:
    world = busy()
    _, told = world.day_end(unknown_bank_line=[{"currency": "EUR", "amount": 31240}])
    (planted,) = told["planted"]
    (stray,) = [line for line in bank_lines(world) if "end_to_end_id" not in line.references]
    assert (stray.amount_minor, stray.currency) == (31240, "EUR")
    assert planted["bank_reference"] in stray.references.values()


def test_all_trouble_at_once_hits_different_payments() -> None:
    world = busy()
    _, told = world.day_end(missing_payment=2, duplicate_line=2, wrong_fee=2, late_payout=1, unknown_bank_line=2)
    assert Counter(one["kind"] for one in told["planted"]) == {
        "missing_payment": 2, "duplicate_line": 2, "wrong_fee": 2, "late_payout": 1, "unknown_bank_line": 2,
    }  # fmt: skip
    hit = [one["processor_reference"] for one in told["planted"] if "processor_reference" in one]
    assert len(set(hit)) == 6


def test_the_same_seed_and_day_plant_the_same_trouble() -> None:
    plant = {"missing_payment": 1, "wrong_fee": 1, "late_payout": 1, "unknown_bank_line": 1}
    assert busy().day_end(**plant) == busy().day_end(**plant)


@pytest.mark.parametrize(
    "plant",
    [
        {"missing_payment": 99}, {"missing_payment": ["pi_none"]}, {"late_payout": 9}, {"late_payout": ["GBP"]},
        {"missing_payment": -1}, {"unknown": 1},
    ],
)  # fmt: skip
def test_trouble_that_cannot_be_planted_is_refused_and_nothing_is_settled(plant: dict[str, Any]) -> None:
    world = busy()
    status, told = world.call("POST", "/control/day-end", {"day": DAY.isoformat(), "plant": plant})
    assert (status, told["error"]["code"]) in ((400, "cannot_plant"), (400, "invalid_request"))
    assert not world.state.reports
    assert len(world.state.unsettled) == 35


def test_trouble_can_be_planted_into_a_named_payment() -> None:
    world = World()
    for _ in range(3):
        world.pay()
    _, told = world.day_end(missing_payment=["pi_1"], wrong_fee=["at_3"])
    assert [(one["kind"], one["merchant_reference"]) for one in told["planted"]] == [
        ("missing_payment", "at_1"),
        ("wrong_fee", "at_3"),
    ]


def test_a_sum_below_zero_is_collected_and_a_sum_of_zero_waits() -> None:
    world = World(SandboxSettings(fee=Fee(0, 0)))
    _, told = world.pay(amount=1000)
    world.day_end()
    world.refund(told["payment"], 400)
    _, collected = world.day_end(NEXT)
    assert [p["net"] for p in collected["payouts"]] == [-400]
    assert [line.amount_minor for line in bank_lines(world, NEXT)] == [1000, -400]
    _, told = world.pay(amount=700)
    world.refund(told["payment"], 700)
    assert world.day_end(NEXT + datetime.timedelta(days=1))[1]["payouts"] == []
    assert len(world.state.unsettled) == 2


def test_a_day_without_movements_is_an_empty_report() -> None:
    text, _ = World().day_end()
    assert [row["record"] for row in csv.DictReader(io.StringIO(text))] == ["trailer"]


def test_balances_are_carried_from_day_to_day_and_the_same_day_again_is_the_same() -> None:
    world = World(SandboxSettings(opening_balances={"EUR": 250_000}))
    day = DAY
    closing = 250_000
    for _ in range(3):
        world.pay()
        world.day_end(day)
        first = world.sandbox.bank.day_end(day, now=world.clock.now())
        world.clock.advance(7)
        assert world.sandbox.bank.day_end(day, now=world.clock.now()) == first
        told = first[0][2]
        assert told["opening"] == closing
        closing = told["closing"]
        day += datetime.timedelta(days=1)
    assert closing == 250_000 + 3 * (1000 - 59)
    assert sandbox.Book(world.state, "bank").balance("customer", "EUR") == -closing


def test_an_earlier_day_is_not_closed_after_a_later_one() -> None:
    world = busy()
    world.day_end()
    world.sandbox.bank.day_end(NEXT, now=world.clock.now())
    told = world.call("POST", "/control/bank-day-end", {"day": DAY.isoformat()})
    assert told[1]["error"]["code"] == "day_over"


def test_the_statement_is_a_valid_camt_053(samples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(samples / "xsd" / "camt.053.001.08.xsd"))
    world = busy(SandboxSettings(opening_balances={"GBP": -5, "BHD": 12345}))
    world.day_end(unknown_bank_line=2)
    files = world.sandbox.bank.day_end(DAY, now=world.clock.now())
    assert len(files) == 5
    for _, text, _ in files:
        schema.assertValid(etree.fromstring(text.encode()))


def test_accounts_are_ibans() -> None:
    bank = World().sandbox.bank
    accounts = {bank.account(currency) for currency in ("EUR", "USD", "JPY")}
    assert len(accounts) == 3
    for account in accounts:
        moved = account[4:] + account[:4]
        assert int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def test_the_control_calls_write_whole_files(tmp_path: Path) -> None:
    world = busy()
    body = {"day": DAY.isoformat(), "directory": str(tmp_path / "out")}
    _, settled = world.call("POST", "/control/day-end", body)
    _, banked = world.call("POST", "/control/bank-day-end", body)
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {settled["file"], *(one["file"] for one in banked["statements"])}
    for path in (tmp_path / "out").iterdir():
        statements.read(path)
