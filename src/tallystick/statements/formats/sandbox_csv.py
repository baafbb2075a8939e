"""The settlement report of the sandbox processor: one row per movement, then payouts, totals and a trailer.

UTF-8 (a byte order mark is taken), comma, line ends LF or CRLF. Rows stand in this order: `movement`, `payout`,
`total` (one per currency), `trailer`. The proof of the file: the trailer's count is the number of movement rows; each
total is number and sums of its currency's movement rows; each payout is number and sums of its movements, where a
movement that stands twice is paid once. A repeated movement is a line of its own with the next occurrence number,
because telling of it is for reconciliation; the totals count every row. Described in `docs/reference/statements.md`.

The account is the processor's balance of the platform's money: a payout leaves it, so its line is negative.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from tallystick import money
from tallystick.base import Instant, instant_of
from tallystick.statements import keys
from tallystick.statements.amount import to_minor
from tallystick.statements.contract import Source
from tallystick.statements.model import (
    Begun,
    Check,
    Ended,
    Event,
    Family,
    Line,
    LineKind,
    LineStatus,
    Place,
    Proof,
    ProofStatus,
    Reference,
    Statement,
    StatementRefusal,
)
from tallystick.statements.proof import disagreement

COLUMNS = (
    "record processor report_id day movement_id type merchant_reference processor_reference payment_reference "
    "currency gross fee net payout_id occurred_at"
).split()
VERSION = "1"
LONGEST_FIELD = 500
LONGEST_ROW = 10_000
CHUNK_BYTES = 65_536
_HEADER = ",".join(COLUMNS)
_ORDER = ("movement", "payout", "total", "trailer")
_KINDS = {kind.value: kind for kind in (LineKind.CHARGE, LineKind.REFUND, LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL)}
_REFERENCES = (
    ("movement_id", Reference.MOVEMENT),
    ("merchant_reference", Reference.MERCHANT),
    ("processor_reference", Reference.PROCESSOR),
    ("payment_reference", Reference.PAYMENT),
    ("payout_id", Reference.PAYOUT),
)
Row = dict[str, str]


class SandboxCsv:
    """The plug."""

    name = "sandbox_csv"

    def recognises(self, head: bytes) -> bool:
        """A first line that begins like the header, so that a header that is off is refused by name."""
        return head.removeprefix(codecs.BOM_UTF8).startswith(_HEADER[:27].encode())

    def open(self, source: Source, *, file: str) -> Report:
        """Begin to read."""
        return Report(source, file)


@dataclass(slots=True)
class Sums:
    """Number and sums of rows."""

    count: int = 0
    gross: int = 0
    fee: int = 0
    net: int = 0

    def add(self, gross: int, fee: int, net: int) -> None:
        """One more row."""
        self.count += 1
        self.gross += gross
        self.fee += fee
        self.net += net


@dataclass(slots=True)
class Account:
    """What was seen of one currency."""

    statement: Statement
    rows: Sums = field(default_factory=Sums)
    total: bool = False
    checks: list[Check] = field(default_factory=list)
    lines: int = 0


class Report:
    """One file being read, row by row."""

    version = VERSION

    def __init__(self, source: Source, file: str) -> None:
        self._source = source
        self._file = Place(file)
        self._accounts: dict[str, Account] = {}
        self._payouts: dict[tuple[str, str], Sums] = {}
        self._paid: set[str] = set()
        self._seen: set[str] = set()
        self._common: tuple[str, str, str] | None = None
        self._ordinal = 0
        self._movements = 0
        self._stage = 0
        self._wrong: list[Check] = []

    def events(self) -> Iterator[Event]:
        """Begun and lines as rows come, every Ended after the trailer. Raises Refused."""
        number = 1
        for number, row in self._rows():
            yield from self._row(row, self._file.at("", number))
        if self._stage != len(_ORDER):
            reason = "the file ends here without its trailer row; it seems to be cut short"
            raise self._file.at("record", number).refuse(StatementRefusal.STRUCTURE_INVALID, reason)
        self._agree()
        for account in self._accounts.values():
            proof = Proof(ProofStatus.PROVEN, tuple(account.checks))
            yield Ended(replace(account.statement, line_count=account.lines, proof=proof))

    # rows

    def _rows(self) -> Iterator[tuple[int, Row]]:
        reader = csv.reader(self._texts(), strict=True)
        try:
            for values in reader:
                place = self._file.at("", reader.line_num)
                if reader.line_num == 1:
                    self._header(values, place)
                    continue
                if len(values) != len(COLUMNS):
                    reason = f"the row has {len(values)} fields where the header has {len(COLUMNS)}"
                    raise place.refuse(StatementRefusal.STRUCTURE_INVALID, reason)
                row = dict(zip(COLUMNS, values, strict=True))
                _printable(row, place)
                yield reader.line_num, row
        except csv.Error as error:
            place = self._file.at("", reader.line_num)
            raise place.refuse(StatementRefusal.STRUCTURE_INVALID, f"not a CSV row: {error}") from None

    def _header(self, values: list[str], place: Place) -> None:
        if values != COLUMNS:
            wrong = next((pair for pair in zip(values, COLUMNS, strict=False) if pair[0] != pair[1]), None)
            what = f"{wrong[0][:40]!r} stands where {wrong[1]!r} should" if wrong else "columns are missing or too many"
            raise place.at("header").refuse(StatementRefusal.STRUCTURE_INVALID, f"{what}; expected {_HEADER}")

    def _texts(self) -> Iterator[str]:
        """Lines with their ends, decoded as they come; bounded, so that a file without line ends is not swallowed."""
        decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        rest, number, done = "", 1, False
        while not done:
            data = self._source.read(CHUNK_BYTES)
            done = not data
            try:
                rest += decode(data, done)
            except UnicodeDecodeError as error:
                reason = f"not UTF-8: {error.reason} after line {number}"
                raise self._file.at("", number).refuse(StatementRefusal.ENCODING_INVALID, reason) from None
            *whole, rest = rest.split("\n")
            for text in whole:
                yield text + "\n"
            number += len(whole)
            if len(rest) > LONGEST_ROW or any(len(text) > LONGEST_ROW for text in whole):
                place = self._file.at("", number)
                raise place.refuse(StatementRefusal.STRUCTURE_INVALID, f"a row is longer than {LONGEST_ROW} characters")
        if rest:
            yield rest

    def _row(self, row: Row, place: Place) -> Iterator[Event]:
        record = row["record"]
        if record not in _ORDER:
            raise place.at("record").refuse(
                StatementRefusal.VALUE_INVALID, f"{record[:40]!r} is not one of {', '.join(_ORDER)}"
            )
        stage = _ORDER.index(record)
        if stage < self._stage or self._stage == len(_ORDER):
            after = _ORDER[self._stage] if self._stage < len(_ORDER) else "trailer"
            raise place.at("record").refuse(StatementRefusal.STRUCTURE_INVALID, f"a {record} row after a {after} row")
        self._stage = len(_ORDER) if record == "trailer" else stage
        self._same(row, place)
        if record == "movement":
            yield from self._movement(row, place)
        elif record == "payout":
            yield from self._payout(row, place)
        elif record == "total":
            self._total(row, place)
        else:
            self._trailer(row, place)

    def _same(self, row: Row, place: Place) -> None:
        """Every row names the same processor, report and day."""
        common = (row["processor"], row["report_id"], row["day"])
        for column in ("processor", "report_id"):
            _needed(row, column, place)
        if self._common is None:
            _day(row["day"], place)
            self._common = common
        if common != self._common:
            reason = f"{'/'.join(common)[:100]!r} is not the {'/'.join(self._common)!r} of the first row"
            raise place.at("report_id").refuse(StatementRefusal.STRUCTURE_INVALID, reason)

    def _movement(self, row: Row, place: Place) -> Iterator[Event]:
        movement = _needed(row, "movement_id", place)
        if row["type"] not in _KINDS:
            reason = f"{row['type'][:40]!r} is not one of {', '.join(_KINDS)}"
            raise place.at("type").refuse(StatementRefusal.VALUE_INVALID, reason)
        currency = row["currency"]
        gross, fee, net = _amounts(row, place)
        yield from self._begun(currency)
        self._accounts[currency].rows.add(gross, fee, net)
        self._movements += 1
        if movement not in self._seen:
            self._seen.add(movement)
            if row["payout_id"]:
                self._payouts.setdefault((row["payout_id"], currency), Sums()).add(gross, fee, net)
        yield self._line(row, place, _KINDS[row["type"]], (gross, fee, net), _occurred(row, place))

    def _payout(self, row: Row, place: Place) -> Iterator[Event]:
        payout = _needed(row, "payout_id", place)
        if payout in self._paid:
            reason = f"payout {payout[:60]!r} stands here twice"
            raise place.at("payout_id").refuse(StatementRefusal.STRUCTURE_INVALID, reason)
        self._paid.add(payout)
        currency = row["currency"]
        gross, fee, net = _amounts(row, place)
        yield from self._begun(currency)
        found = self._payouts.pop((payout, currency), Sums())
        self._check(f"payout {payout}", row, found, (gross, fee, net), place)
        occurred = _occurred(row, place) if row["occurred_at"] else None
        yield self._line(row | {"movement_id": ""}, place, LineKind.PAYOUT, (-net, 0, -net), occurred)

    def _total(self, row: Row, place: Place) -> None:
        currency = row["currency"]
        stated = _amounts(row, place)
        account = self._accounts.get(currency)
        if account is not None and account.total:
            raise place.at("currency").refuse(StatementRefusal.STRUCTURE_INVALID, f"a second total in {currency}")
        if account is not None:
            account.total = True
        self._check(f"total {currency}", row, account.rows if account else Sums(), stated, place)

    def _trailer(self, row: Row, place: Place) -> None:
        stated = _count(row, place)
        check = Check(
            StatementRefusal.COUNT_DISAGREES, "trailer/movement_id", str(stated), str(self._movements), place.line
        )
        self._keep(check, None)
        for currency, account in self._accounts.items():
            if not account.total:
                reason = f"no total row for {currency}"
                raise place.at("record").refuse(StatementRefusal.STRUCTURE_INVALID, reason)
        for payout, currency in self._payouts:
            reason = f"no payout row for payout {payout[:60]!r} in {currency}"
            raise place.at("record").refuse(StatementRefusal.STRUCTURE_INVALID, reason)

    # parts

    def _begun(self, currency: str) -> Iterator[Event]:
        if currency in self._accounts:
            return
        assert self._common is not None
        processor, report, day = self._common
        when = date.fromisoformat(day)
        statement = Statement(
            ordinal=len(self._accounts) + 1,
            family=Family.SETTLEMENT,
            identity=report,
            account=processor,
            currency=currency,
            key=keys.digest([Family.SETTLEMENT, processor, report, currency, day]),
            period=(when, when),
        )
        self._accounts[currency] = Account(statement)
        yield Begun(statement)

    def _line(
        self, row: Row, place: Place, kind: LineKind, amounts: tuple[int, int, int], occurred: Instant | None
    ) -> Line:
        account = self._accounts[row["currency"]]
        gross, fee, net = amounts
        self._ordinal += 1
        account.lines += 1
        identity = row["payout_id"] if kind is LineKind.PAYOUT else row["movement_id"]
        line = Line(
            statement=account.statement.ordinal,
            ordinal=self._ordinal,
            natural_key=keys.digest([Family.SETTLEMENT, row["processor"], kind is LineKind.PAYOUT, identity]),
            digest="",
            amount_minor=net,
            gross_minor=gross,
            fee_minor=fee,
            currency=row["currency"],
            booked=date.fromisoformat(row["day"]),
            value=None,
            kind=kind,
            status=LineStatus.BOOKED,
            references={name.value: row[column] for column, name in _REFERENCES if row[column]},
            occurred=occurred,
            line=place.line,
            element=row["record"],
        )
        return keys.with_digest(line)

    def _check(self, what: str, row: Row, found: Sums, stated: tuple[int, int, int], place: Place) -> None:
        currency = row["currency"]
        account = self._accounts.get(currency)
        counts = (str(_count(row, place)), str(found.count))
        self._keep(Check(StatementRefusal.COUNT_DISAGREES, f"{what}/movement_id", *counts, place.line), account)
        names = ("gross", "fee", "net")
        for name, said, sum_found in zip(names, stated, (found.gross, found.fee, found.net), strict=True):
            texts = (_text(said, currency), _text(sum_found, currency))
            self._keep(Check(StatementRefusal.SUM_DISAGREES, f"{what}/{name}", *texts, place.line), account)

    def _keep(self, check: Check, account: Account | None) -> None:
        if not check.agrees:
            self._wrong.append(check)
        if account is not None:
            account.checks.append(check)

    def _agree(self) -> None:
        if self._wrong:
            raise disagreement(self._wrong, self._file)


def _printable(row: Row, place: Place) -> None:
    for column, value in row.items():
        if len(value) > LONGEST_FIELD:
            reason = f"longer than {LONGEST_FIELD} characters"
            raise place.at(column).refuse(StatementRefusal.VALUE_INVALID, reason)
        if value and not value.isprintable():
            raise place.at(column).refuse(StatementRefusal.VALUE_INVALID, f"{value[:40]!r} holds a control character")


def _needed(row: Row, column: str, place: Place) -> str:
    if not row[column]:
        raise place.at(column).refuse(StatementRefusal.VALUE_INVALID, "is empty")
    return row[column]


def _day(text: str, place: Place) -> date:
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise place.at("day").refuse(StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is not a day") from None


def _occurred(row: Row, place: Place) -> Instant:
    text = row["occurred_at"]
    try:
        return instant_of(datetime.fromisoformat(text))
    except ValueError:
        reason = f"{text[:40]!r} is not a time with a zone, such as 2026-11-21T09:00:00.000000Z"
        raise place.at("occurred_at").refuse(StatementRefusal.VALUE_INVALID, reason) from None


def _amounts(row: Row, place: Place) -> tuple[int, int, int]:
    currency = row["currency"]
    gross, fee, net = (to_minor(row[name], currency, place.at(name)) for name in ("gross", "fee", "net"))
    if gross - fee != net:
        reason = f"gross {row['gross']} less fee {row['fee']} is not net {row['net']}"
        raise place.at("net").refuse(StatementRefusal.SUM_DISAGREES, reason)
    return gross, fee, net


def _count(row: Row, place: Place) -> int:
    text = row["movement_id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise place.at("movement_id").refuse(StatementRefusal.VALUE_INVALID, f"{text[:40]!r} is not a number of rows")
    return int(text)


def _text(minor: int, currency: str) -> str:
    return f"{money.minor_to_text(minor, money.exponent(currency))} {currency}"
