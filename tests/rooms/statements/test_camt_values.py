"""Single values of a camt file: amounts, days, references, keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tallystick.base import Refused
from tallystick.statements import StatementRefusal
from tests.rooms.statements.bank import Entry, document, statement
from tests.rooms.statements.camt_cases import details, one, read, refusal


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1.5", "EUR", 150),
        ("1.50000", "EUR", 150),
        ("1", "EUR", 100),
        ("1.", "EUR", 100),
        (".5", "EUR", 50),
        ("+1.00", "EUR", 100),
        ("0000000000001.05", "EUR", 105),
        (" 1.05\n", "EUR", 105),
        ("5", "JPY", 5),
        ("5.000", "JPY", 5),
        ("0.005", "KWD", 5),
        ("0.0005", "CLF", 5),
        ("92233720368547758.07", "EUR", 2**63 - 1),
    ],
)
def test_amounts_are_exact(text: str, currency: str, minor: int) -> None:
    assert amount_of(text, currency) == minor


def amount_of(text: str, currency: str) -> int:
    data = document(statement([Entry(5)])).replace(b'Ccy="EUR">0.05', f'Ccy="{currency}">{text}'.encode())
    return read(data).lines[0].amount_minor


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("1.005", "EUR", StatementRefusal.AMOUNT_NOT_EXACT),
        ("1.00001", "EUR", StatementRefusal.AMOUNT_NOT_EXACT),
        ("0.5", "JPY", StatementRefusal.AMOUNT_NOT_EXACT),
        ("0.0005", "KWD", StatementRefusal.AMOUNT_NOT_EXACT),
        ("-1.00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1,00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1 000.00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1e3", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("NaN", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("", "EUR", StatementRefusal.AMOUNT_INVALID),
        (".", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("+-1", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1.2.3", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("٣.00", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1" * 41, "EUR", StatementRefusal.AMOUNT_INVALID),
        ("92233720368547758.08", "EUR", StatementRefusal.AMOUNT_INVALID),
        ("1.00", "eur", StatementRefusal.CURRENCY_UNKNOWN),
        ("1.00", "XAU", StatementRefusal.CURRENCY_UNKNOWN),
        ("1.00", "", StatementRefusal.CURRENCY_UNKNOWN),
    ],
)
def test_amounts_that_cannot_be_exact_are_refused(text: str, currency: str, code: StatementRefusal) -> None:
    with pytest.raises(Refused) as caught:
        amount_of(text, currency)
    assert caught.value.code is code
    assert caught.value.details["element"] == "Stmt[1]/Ntry[1]/Amt"


# values


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("<Dt>2026-11-20</Dt>", "2026-11-20"),
        ("<Dt>2026-11-20Z</Dt>", "2026-11-20"),
        ("<Dt>2026-11-20+14:00</Dt>", "2026-11-20"),
        ("<DtTm>2026-11-20T23:59:59.999-11:00</DtTm>", "2026-11-20"),
        ("<DtTm>2026-11-20T24:00:00</DtTm>", "2026-11-20"),
    ],
)
def test_the_day_is_the_one_that_is_written(written: str, day: str) -> None:
    data = document(statement([Entry(5)])).replace(b"<BookgDt><Dt>2026-11-20</Dt>", f"<BookgDt>{written}".encode())
    booked = read(data).lines[0].booked
    assert booked is not None
    assert booked.isoformat() == day


@pytest.mark.parametrize("written", ["2026-02-30", "20.11.2026", "2026-11-20x", "0000-01-01", "tomorrow"])
def test_a_day_that_is_none_is_refused(written: str) -> None:
    data = document(statement([Entry(5)])).replace(b"<BookgDt><Dt>2026-11-20", f"<BookgDt><Dt>{written}".encode())
    found = refusal(data)
    assert (found.code, found.details["element"]) == (StatementRefusal.VALUE_INVALID, "Stmt[1]/Ntry[1]/BookgDt")


@pytest.mark.parametrize("placeholder", ["NOTPROVIDED", "notprovided", "NONREF", "NOT PROVIDED", " "])
def test_placeholders_are_no_references(placeholder: str) -> None:
    line = one(Entry(5, servicer=placeholder, end_to_end=placeholder))
    assert line.references == {}


def test_lines_without_any_reference_do_not_share_a_key_over_statements() -> None:
    twins = [statement([Entry(5), Entry(5)], identity=name) for name in ("S-1", "S-2")]
    lines = read(document(*twins)).lines
    assert [line.occurrence for line in lines] == [1, 2, 1, 2]
    assert len({line.natural_key for line in lines}) == 2


def test_the_banks_reference_names_the_line_in_every_statement() -> None:
    entry = Entry(5, servicer="A")
    first, other = (read(document(statement([entry], identity=name))).lines[0] for name in ("S-1", "S-2"))
    assert (first.natural_key, first.digest) == (other.natural_key, other.digest)
    changed = read(document(statement([replace(entry, text="more")]))).lines[0]
    assert changed.natural_key == first.natural_key
    assert changed.digest != first.digest
    for different in (replace(entry, booked="2026-11-21"), replace(entry, currency="CHF")):
        assert read(document(statement([different]))).lines[0].natural_key != first.natural_key


def test_card_numbers_are_never_read() -> None:
    card = "<CardTx><Card><PlainCardData><PAN>4242424242424242</PAN></PlainCardData></Card></CardTx>"
    file = read(document(statement([Entry(5, xml=card + details(card + "<AddtlTxInf>shop</AddtlTxInf>"))])))
    assert "4242424242424242" not in repr(file)
    assert file.lines[0].additional == "shop"


@pytest.mark.parametrize("gone", ["<Id>S-1</Id>", "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>"])
def test_a_statement_of_nobody_is_refused(gone: str) -> None:
    assert (
        refusal(document(statement([Entry(5)])).replace(gone.encode(), b"")).code is StatementRefusal.STRUCTURE_INVALID
    )
