"""Rows of the settlement report: from bytes to checked fields, and single values of them."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from datetime import date, datetime

from tallystick import money
from tallystick.base import Instant, instant_of
from tallystick.statements.amount import places_of, to_minor
from tallystick.statements.contract import Source
from tallystick.statements.model import Place, StatementRefusal

COLUMNS = (
    "record processor report_id day movement_id type merchant_reference processor_reference payment_reference "
    "currency gross fee net payout_id occurred_at"
).split()
HEADER = ",".join(COLUMNS)
LONGEST_FIELD = 500
LONGEST_ROW = 10_000
CHUNK_BYTES = 65_536
Row = dict[str, str]


def read(source: Source, file: Place) -> Iterator[tuple[int, Row]]:
    """Line number and fields of every row below the header. Raises Refused."""
    reader = csv.reader(_texts(source, file), strict=True)
    try:
        for values in reader:
            place = file.at("", reader.line_num)
            if reader.line_num == 1:
                _check_header(values, place)
                continue
            if len(values) != len(COLUMNS):
                reason = f"the row has {len(values)} fields where the header has {len(COLUMNS)}"
                raise place.refuse(StatementRefusal.STRUCTURE_INVALID, reason)
            row = dict(zip(COLUMNS, values, strict=True))
            _printable(row, place)
            yield reader.line_num, row
    except csv.Error as error:
        place = file.at("", reader.line_num)
        raise place.refuse(StatementRefusal.STRUCTURE_INVALID, f"not a CSV row: {error}") from None


def _check_header(values: list[str], place: Place) -> None:
    if values != COLUMNS:
        wrong = next((pair for pair in zip(values, COLUMNS, strict=False) if pair[0] != pair[1]), None)
        what = f"{wrong[0][:40]!r} stands where {wrong[1]!r} should" if wrong else "columns are missing or too many"
        raise place.at("header").refuse(StatementRefusal.STRUCTURE_INVALID, f"{what}; expected {HEADER}")


def _texts(source: Source, file: Place) -> Iterator[str]:
    """Lines with their ends, decoded as they come; bounded, so that a file without line ends is not swallowed."""
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    rest, number, done = "", 1, False
    while not done:
        data = source.read(CHUNK_BYTES)
        done = not data
        try:
            rest += decode(data, done)
        except UnicodeDecodeError as error:
            reason = f"not UTF-8: {error.reason} after line {number}"
            raise file.at("", number).refuse(StatementRefusal.ENCODING_INVALID, reason) from None
        *whole, rest = rest.split("\n")
        for text in (*whole, rest):
            if len(text) > LONGEST_ROW:
                reason = f"a row is longer than {LONGEST_ROW} characters"
                raise file.at("", number).refuse(StatementRefusal.STRUCTURE_INVALID, reason)
        for text in whole:
            number += 1
            yield text + "\n"
    if rest:
        yield rest


def _printable(row: Row, place: Place) -> None:
    for column, value in row.items():
        if len(value) > LONGEST_FIELD:
            reason = f"longer than {LONGEST_FIELD} characters"
            raise place.at(column).refuse(StatementRefusal.VALUE_INVALID, reason)
        if value and not value.isprintable():
            raise place.at(column).refuse(StatementRefusal.VALUE_INVALID, f"{value[:40]!r} holds a control character")


def needed(row: Row, column: str, place: Place) -> str:
    """A field that may not be empty. Raises Refused."""
    if not row[column]:
        raise place.at(column).refuse(StatementRefusal.VALUE_INVALID, "is empty")
    return row[column]


def day_of(text: str, place: Place) -> date:
    """The day that `YYYY-MM-DD` names. Raises Refused."""
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise place.at("day").refuse(StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is not a day") from None


def occurred(row: Row, place: Place) -> Instant:
    """When it happened. Raises Refused for a time without a zone."""
    text = row["occurred_at"]
    try:
        return instant_of(datetime.fromisoformat(text))
    except ValueError:
        reason = f"{text[:40]!r} is not a time with a zone, such as 2026-11-21T09:00:00.000000Z"
        raise place.at("occurred_at").refuse(StatementRefusal.VALUE_INVALID, reason) from None


def amounts(row: Row, place: Place) -> tuple[int, int, int]:
    """Gross, fee and net in minor units. Raises Refused, also when they do not fit each other."""
    currency = row["currency"]
    places_of(currency, place.at("currency"))
    gross, fee, net = (to_minor(row[name], currency, place.at(name)) for name in ("gross", "fee", "net"))
    if gross - fee != net:
        reason = f"gross {row['gross']} less fee {row['fee']} is not net {row['net']}"
        raise place.at("net").refuse(StatementRefusal.SUM_DISAGREES, reason)
    return gross, fee, net


def count(row: Row, place: Place) -> int:
    """The number of rows that a payout, total or trailer states. Raises Refused."""
    text = row["movement_id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise place.at("movement_id").refuse(StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is not a number of rows")
    return int(text)


def amount_text(minor: int, currency: str) -> str:
    """As a refusal shows it."""
    return f"{money.minor_to_text(minor, money.exponent(currency))} {currency}"
