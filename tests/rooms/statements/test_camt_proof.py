"""What a camt file states about itself must be what is in it."""

from __future__ import annotations

import pytest

from tallystick.statements import StatementRefusal
from tests.rooms.statements.bank import Entry, balance, document, statement, summary
from tests.rooms.statements.camt_cases import amt, details, read, refusal


def test_opening_and_movements_must_make_closing() -> None:
    entries = [Entry(500), Entry(-200)]
    good = statement(entries, balances=balance("OPBD", 1_000) + balance("CLBD", 1_300))
    assert read(document(good)).proof.status == "proven"
    found = refusal(document(statement(entries, balances=balance("OPBD", 1_000) + balance("CLBD", 1_301))))
    assert found.code is StatementRefusal.BALANCE_DISAGREES
    assert (found.details["stated"], found.details["found"]) == ("13.01 EUR", "13.00 EUR")


def test_only_booked_entries_move_the_balance() -> None:
    entries = [Entry(500), Entry(7, status="PDNG"), Entry(9, status="INFO"), Entry(11, status="FUTR")]
    data = document(statement(entries, balances=balance("OPBD", 0) + balance("CLBD", 500)))
    assert [line.status for line in read(data).lines] == ["booked", "pending", "information", "pending"]


def test_an_unknown_status_is_refused() -> None:
    found = refusal(document(statement([Entry(5, status="XXXX")])))
    assert (found.code, found.details["element"]) == (StatementRefusal.VALUE_INVALID, "Stmt[1]/Ntry[1]/Sts")


def test_each_currency_is_proven_by_itself() -> None:
    entries = [Entry(500), Entry(70, currency="JPY")]
    euros = balance("OPBD", 0) + balance("CLBD", 500)
    yen = balance("OPBD", 5, "JPY") + balance("CLBD", 75, "JPY")
    assert read(document(statement(entries, balances=euros + yen))).proof.status == "proven"
    half = read(document(statement(entries, balances=euros)))
    assert half.proof.status == "not_stated"
    assert half.proof.missing == "S-1: states no opening and no closing booked balance in JPY"
    wrong = statement(entries, balances=euros + yen.replace(">75<", ">76<"))
    assert refusal(document(wrong)).details["element"] == "Stmt[1] S-1/Bal CLBD JPY"


def test_of_several_balances_the_first_and_the_last_day_count() -> None:
    days = [("OPBD", 0, 18), ("CLBD", 5, 18), ("OPBD", 5, 19), ("CLBD", 15, 19)]
    balances = "".join(balance(code, minor, day=f"2026-11-{day}") for code, minor, day in days)
    file = read(document(statement([Entry(5), Entry(10)], balances=balances)))
    assert file.proof.status == "proven"


def test_the_closing_of_the_day_before_opens_where_nothing_else_does() -> None:
    data = statement([Entry(5)], balances=balance("PRCD", 10) + balance("CLBD", 15))
    assert read(document(data)).proof.status == "proven"


@pytest.mark.parametrize("missing", ["OPBD", "CLBD"])
def test_half_a_proof_is_none(missing: str) -> None:
    present = {"OPBD": "CLBD", "CLBD": "OPBD"}[missing]
    proof = read(document(statement([Entry(5)], balances=balance(present, 10)))).proof
    assert (proof.status, proof.checks) == ("not_stated", ())


@pytest.mark.parametrize(
    ("group", "wrong", "element"),
    [
        ("TtlNtries", "<NbOfNtries>4</NbOfNtries>", "TtlNtries/NbOfNtries"),
        ("TtlCdtNtries", "<NbOfNtries>1</NbOfNtries>", "TtlCdtNtries/NbOfNtries"),
        ("TtlDbtNtries", "<NbOfNtries>0</NbOfNtries>", "TtlDbtNtries/NbOfNtries"),
        ("TtlNtries", "<Sum>8.01</Sum>", "TtlNtries/Sum"),
        ("TtlCdtNtries", "<Sum>6.01</Sum>", "TtlCdtNtries/Sum"),
        ("TtlDbtNtries", "<Sum>1.99</Sum>", "TtlDbtNtries/Sum"),
        ("TtlNtries", "<TtlNetNtryAmt>4.00</TtlNetNtryAmt><CdtDbtInd>DBIT</CdtDbtInd>", "TtlNtries/TtlNetNtry"),
        ("TtlNtries", "<TtlNetNtry><Amt>4.01</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>", "TtlNtries/TtlNetNtry"),
    ],
)
def test_numbers_and_sums_of_the_summary_must_agree(group: str, wrong: str, element: str) -> None:
    entries = [Entry(500), Entry(100), Entry(-200)]
    assert len(read(document(statement(entries, extra=summary(entries)))).proof.checks) == 6
    found = refusal(document(statement(entries, extra=summary(entries, **{group: wrong}))))
    assert found.details["element"] == f"Stmt[1] S-1/TxsSummry/{element}"


def test_a_summary_may_count_pending_entries_or_not() -> None:
    booked = [Entry(500), Entry(-200)]
    entries = [*booked, Entry(7, status="PDNG")]
    for counted in (booked, entries):
        assert read(document(statement(entries, extra=summary(counted)))).lines
    assert refusal(document(statement(entries, extra=summary(booked * 2)))).code is StatementRefusal.COUNT_DISAGREES


def test_every_disagreement_is_listed_and_the_gravest_named() -> None:
    entries = [Entry(500, xml=details(amt(400)))]
    balances = balance("OPBD", 0) + balance("CLBD", 501)
    found = refusal(document(statement(entries, balances=balances, extra=summary([Entry(500), Entry(1)]))))
    assert found.code is StatementRefusal.COUNT_DISAGREES
    elements = [item["element"] for item in found.details["disagreements"]]
    assert "Bal CLBD EUR" in elements
    assert "Ntry[1]/Amt" in elements


def test_a_page_of_several_is_proven_by_its_interim_balances() -> None:
    page = "<StmtPgntn><PgNb>{}</PgNb><LastPgInd>{}</LastPgInd></StmtPgntn>"
    whole = summary([Entry(5), Entry(10)])
    first = statement(
        [Entry(5)], balances=balance("OPBD", 0) + balance("ITBD", 5), extra=page.format(1, "false") + whole
    )
    last = statement(
        [Entry(10)], balances=balance("ITBD", 5) + balance("CLBD", 15), extra=page.format(2, "true") + whole
    )
    for data in (first, last):
        assert read(document(data)).proof.status == "proven"
    short = first.replace('<Ntry><Amt Ccy="EUR">0.05', '<Ntry><Amt Ccy="EUR">0.06')
    assert refusal(document(short)).code is StatementRefusal.BALANCE_DISAGREES


def test_an_interim_balance_is_no_closing_of_a_whole_statement() -> None:
    data = statement([Entry(5)], balances=balance("OPBD", 0) + balance("ITBD", 7))
    assert read(document(data)).proof.status == "not_stated"


def test_a_report_may_give_totals_in_place_of_entries_but_proves_no_entries() -> None:
    totals = summary([Entry(500), Entry(-200)])
    balances = balance("OPBD", 0) + balance("CLBD", 300)
    report = read(document(statement([], balances=balances, extra=totals, kind="052"), kind="052"))
    assert (report.proof.status, report.lines) == ("not_stated", ())
    assert report.proof.missing == "S-1: gives totals in place of entries"
    wrong = statement([], balances=balance("OPBD", 0) + balance("CLBD", 301), extra=totals, kind="052")
    assert refusal(document(wrong, kind="052")).code is StatementRefusal.BALANCE_DISAGREES
    assert refusal(document(statement([], extra=totals))).code is StatementRefusal.COUNT_DISAGREES


def test_a_statement_that_stands_twice_is_refused() -> None:
    same = statement([Entry(5)])
    assert "stands in the file twice" in refusal(document(same, same)).message
    assert len(read(document(same, statement([Entry(5)], identity="S-2"))).statements) == 2
