"""What a file says becomes exact integers and comparable tokens, or the file is refused with row, column and reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick.base import Refused
from tallystick.reconciliation import ReconciliationRefusal, files
from tallystick.reconciliation.normalise import token
from tests.rooms.reconciliation.ledgerlike import spec

HEAD = """
name: files
tokens:
  order: {identifies: payment}
  piece: {identifies: payment}
right: {name: r}
tiers: [{rule: strong_key, keys: [order]}]
left:
  name: l
  columns:
    amount: {AMOUNT}
    currency: {CURRENCY}
    day: {DAY}
    references: {order: {column: ref}, piece: {column: text, pieces: hex, at_least: 4}}
"""


def read(
    tmp_path: Path,
    *rows: str,
    header: str = "id,ref,text,amount,currency,day",
    amount: str = "{column: amount}",
    currency: str = "{column: currency}",
    day: str = "{column: day}",
    more: str = "",
) -> dict[str, list[Any]]:
    text = HEAD.replace("{AMOUNT}", amount).replace("{CURRENCY}", currency).replace("{DAY}", day) + more
    path = tmp_path / "file.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    wanted = spec(text)
    found = files.read(wanted, wanted.left, path)
    shown: dict[str, list[Any]] = found.rows.to_pydict()
    shown["references"] = list(
        zip(*(found.references[name].to_pylist() for name in ("row", "kind", "token")), strict=True)
    )
    return shown


@pytest.mark.parametrize(
    ("written", "currency", "amount", "minor"),
    [
        ("12.34", "EUR", "{column: amount}", 1234),
        ("12.3", "EUR", "{column: amount}", 1230),
        ("-0.05", "EUR", "{column: amount}", -5),
        ("(0.05)", "EUR", "{column: amount}", -5),
        ("7.00-", "EUR", "{column: amount}", -700),
        ("1234", "JPY", "{column: amount}", 1234),
        ("1.234", "KWD", "{column: amount}", 1234),
        ("1234", "KWD", "{column: amount, form: minor}", 1234),
        ('"1.234,56"', "EUR", '{column: amount, decimal_separator: ",", grouping: "."}', 123456),
        ('"1,234.56"', "EUR", '{column: amount, grouping: ","}', 123456),
        ("90071992547409.93", "EUR", "{column: amount}", 9007199254740993),
        ("12.34", "EUR", "{column: amount, negate: true}", -1234),
    ],
)
def test_amounts_are_exact(tmp_path: Path, written: str, currency: str, amount: str, minor: int) -> None:
    assert read(tmp_path, f"1,a,,{written},{currency},2026-11-20", amount=amount)["amount"] == [minor]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("1,a,,12.345,EUR,2026-11-20", "row 2, column 'amount': '12.345'"),
        ("1,a,,1.5,JPY,2026-11-20", "more than 0 decimals"),
        ("1,a,,,EUR,2026-11-20", "column 'amount'"),
        ("1,a,,1e3,EUR,2026-11-20", "not a decimal amount"),
        ("1,a,,1.00,XXX,2026-11-20", "'XXX'"),
        ("1,a,,1.00,EUR,20.11.2026", "column 'day'"),
        ("1,a,,1.00,EUR,2026-02-30", "column 'day'"),
    ],
)
def test_what_cannot_be_read_exactly_refuses_the_file(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, row)
    assert refused.value.code is ReconciliationRefusal.VALUE_INVALID
    assert words in refused.value.message


def test_two_unsigned_columns_are_one_signed_amount(tmp_path: Path) -> None:
    amount = "{credit: in, debit: out}"
    header = "id,ref,text,in,out,currency,day"
    found = read(tmp_path, "1,a,,5.00,,EUR,2026-11-20", "2,b,,,3.00,EUR,2026-11-20", header=header, amount=amount)
    assert found["amount"] == [500, -300]


def test_a_column_of_directions_turns_the_sign(tmp_path: Path) -> None:
    more = "    sign: {column: text, negative: [refund]}\n"
    found = read(tmp_path, "1,a,refund,5.00,EUR,2026-11-20", "2,b,charge,3.00,EUR,2026-11-20", more=more)
    assert found["amount"] == [-500, 300]


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, "1,a,,5.00,EUR,2026-11-20", amount="{column: amout}")
    assert refused.value.code is ReconciliationRefusal.COLUMN_MISSING
    assert "'amout'" in refused.value.message
    assert "amount, currency" in refused.value.message


def test_ids_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = [f"{n},o{n % 3},,{n}.00,EUR,2026-11-20" for n in range(6)]
    one, other = (read(tmp_path, *order) for order in (rows, rows[::-1]))
    assert sorted(zip(one["item_id"], one["amount"], strict=True)) == sorted(
        zip(other["item_id"], other["amount"], strict=True)
    )
    keyed = read(tmp_path, *rows, more="    key: [ref]\n")
    assert sorted(keyed["item_id"]) == ["l:o0", "l:o0#2", "l:o1", "l:o1#2", "l:o2", "l:o2#2"]


def test_a_keyed_source_names_every_row(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, "1,,,1.00,EUR,2026-11-20", more="    key: [ref]\n")
    assert "the key is empty" in refused.value.message


def test_tokens_have_one_form() -> None:
    assert token("  Ord-\u00c4  7 ") == token("ord-a\u0308 7") == "ord-ä 7"
    assert token("\uff21\uff22\uff11") == "ab1"
    assert [token(nothing) for nothing in ("", "NOTPROVIDED", "n/a", "-", "NULL")] == [""] * 5


def test_pieces_are_whole_runs(tmp_path: Path) -> None:
    found = read(tmp_path, "1,A1,M C 1B097AB5 CH,1.00,EUR,2026-11-20", "2,N/A,zz1b09zz,1.00,EUR,2026-11-20")
    assert found["references"] == [(0, "order", "a1"), (0, "piece", "1b097ab5")]


def test_renamed_values_must_all_be_known(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, "1,a,,1.00,Euro,2026-11-20", currency="{column: currency, map: {EURO: EUR}}")
    assert "is not in the map" in refused.value.message


def test_dates_have_the_form_that_is_said(tmp_path: Path) -> None:
    row = "1,a,,1.00,EUR,"
    day = read(tmp_path, row + "2026-11-20T23:59:59Z")["day"]
    assert day == read(tmp_path, row + "20.11.2026", day='{column: day, form: "%d.%m.%Y"}')["day"]
    assert day == read(tmp_path, row + "1795219199", day="{column: day, form: epoch_seconds}")["day"]
