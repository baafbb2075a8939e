"""A story that is not well written is refused with file, line and reason, and every word of the stories is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.books import words
from tests.books.story import VERBS, Malformed, story
from tests.books.table import read, write

FOLDER = Path(__file__).parent
SALE = (FOLDER / "payment-with-fee.txt").read_text()
HOLDS = (FOLDER / "ledger-holds.txt").read_text()
LIMIT = (FOLDER / "ledger-limit.txt").read_text()

BROKEN = [
    (SALE, "=====\n", "====\n", 1, "must be underlined"),
    (SALE, "the mill 9.75 EUR.\n\n", "the mill 9.75 EUR.\n", 4, "plain words"),
    (SALE, "Steps\n", "Stops\n", 12, "'Stops' is no section of a story"),
    (SALE, "Journal\n-------", "Notes\n-----", 17, "'Notes' is no section of a story"),
    (SALE, "Merchants\n---------\n", "Merchants\n---------\n\n", 7, "has no table"),
    (SALE, "| answer\n", "| reply\n", 14, "the columns must be day | merchant"),
    (SALE, " | card | succeeded", " | card", 15, "6 cells, but the table has 7 columns"),
    (SALE, " | card | succeeded", " | cash | succeeded", 15, "'cash' in 'how' is none of: card, "),
    (SALE, " | card | succeeded", " | card |", 15, "say what the answer is"),
    (SALE, " | card | succeeded", " |      | succeeded", 15, "'pay' needs: how"),
    (SALE, "| pay |", "| sell |", 15, "'sell' in 'do' is none of: ask again, authorise"),
    (SALE, "| pay |", "| close |", 15, "'close' takes no: amount, how, merchant, payment"),
    (SALE, "2026-03-02 | mill ", "2026-03-32 | mill ", 15, "is not a day such as"),
    (SALE, "2026-03-02 | mill ", "20260302 | mill ", 15, "is not a day such as"),
    (SALE, "2026-03-02 | mill ", "2026-03-02 | bill ", 15, "'bill' is not among the merchants"),
    (SALE, "| P1      | 10.00 EUR", "| P1      | 10.0 EUR", 15, "'10.0 EUR' in 'amount' is not an amount"),
    (SALE, "| P1      | 10.00 EUR", "| P1      | 10.00 XXX", 15, "is not an amount"),
    (SALE, "1.50 % + 0.10 EUR", "1.5 % + 0.10 EUR", 10, "is not a fee"),
    (SALE, "| captured |", "| sold |", 20, "'sold' in 'for' is none of: authorized"),
    (SALE, "| captured | P1", "| captured | P7", 20, "the story knows no 'P7'"),
    (SALE, "| fee      | P1", "| fee      | P1 ", 21, "no spaces at the end"),
    (SALE, "post | test:mill:merchant_payable:EUR", "post | test:mill:merchant_debt:EUR", 21, "is not an account"),
    (SALE, "post | test:mill:merchant_payable:EUR", "post | test:mill:merchant_payable:USD", 21, "one currency"),
    (SALE, "|           | 0.25 EUR", "|           | 25 JPY", 28, "25 JPY does not belong to EUR"),
    (SALE, "total EUR", "sum EUR", 29, "'sum EUR' in 'account' is not an account"),
    (HOLDS, "| void hold |", "| drop hold |", 16, "'drop hold' in 'do' is none of"),
    (HOLDS, "2026-03-02 | H1 | hold", '"          | H1 | hold', 10, "the entry above"),
    (HOLDS, "2026-03-02 | H1 | hold", "2026-03-02 |    | hold", 10, "the transfer has no id"),
    (HOLDS, "2026-03-02 | H1 | hold", "2026-03-02 | H1 | lock", 10, "a lock has a day and an answer"),
    (HOLDS, "8.00 EUR   | authorized | posted", "800 JPY | authorized | posted", 12, "debits an account in EUR"),
    (LIMIT, "| never in debit", "| never in debt", 10, "'never in debt' in 'limit' is none of"),
    (LIMIT, "test:mill:wallet:EUR   |", "test:mill:bank:EUR   |", 10, "cannot be declared"),
]


@pytest.mark.parametrize(("text", "part", "instead", "line", "why"), BROKEN)
def test_a_broken_story_is_refused_with_file_and_line(text: str, part: str, instead: str, line: int, why: str) -> None:
    assert part in text, "the sound story has changed; change this case as well"
    with pytest.raises(Malformed, match=rf"^tale\.txt:{line}: ") as refused:
        story(text.replace(part, instead, 1), "tale.txt")
    assert why in str(refused.value)


def test_a_payment_is_made_once_and_used_by_its_merchant() -> None:
    again = SALE.splitlines()[14]
    for line, why in (
        (again, "the payment P1 is there already"),
        ("2026-03-01 |  | news | P1 |  |  | succeeded", "never goes back"),
        ("2026-03-02 |  | news | P2 |  |  | succeeded", "nobody has no payment P2"),
    ):
        with pytest.raises(Malformed, match=rf"^tale\.txt:16: .*{why}"):
            story(SALE.replace(again, f"{again}\n{line}"), "tale.txt")


def test_what_is_written_can_be_read() -> None:
    page = read(SALE, "tale.txt")
    parts = [
        write(one.name, one.columns, [tuple(row.cells.values()) for row in one.rows]) for one in page.sections.values()
    ]
    assert SALE.endswith("\n\n".join(parts) + "\n")


def test_every_word_is_told_by_some_story() -> None:
    told = [story(path.read_text(), path.name) for path in FOLDER.glob("*.txt")]
    deeds = [deed for one in told for deed in one.deeds]
    assert {deed.do for deed in deeds} == set(VERBS)
    hows = {part for deed in deeds for part in deed.row.cells["how"].split(", ") if part}
    assert set(words.CARDS) | set(words.WIRE) | set(words.REPORTS) <= hows
    limits = {ref.flags for one in told for ref, _ in one.accounts.values()}
    assert limits == set(words.LIMITS.values())
