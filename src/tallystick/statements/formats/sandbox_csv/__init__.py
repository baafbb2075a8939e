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
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from tallystick.base import Instant
from tallystick.statements import keys
from tallystick.statements.contract import Source
from tallystick.statements.formats.sandbox_csv import rows
from tallystick.statements.formats.sandbox_csv.rows import COLUMNS, HEADER, Row
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

VERSION = "1"
_ORDER = ("movement", "payout", "total", "trailer")
_UNUSED = {
    "payout": ("type", "merchant_reference", "processor_reference", "payment_reference"),
    "total": ("type", "merchant_reference", "processor_reference", "payment_reference", "payout_id", "occurred_at"),
    "trailer": tuple(COLUMNS[5:]),
}
"""Columns that are empty in rows of this record: a value there means that columns have shifted."""
_KINDS = {kind.value: kind for kind in (LineKind.CHARGE, LineKind.REFUND, LineKind.DISPUTE, LineKind.DISPUTE_REVERSAL)}
_REFERENCES = (
    ("movement_id", Reference.MOVEMENT),
    ("merchant_reference", Reference.MERCHANT),
    ("processor_reference", Reference.PROCESSOR),
    ("payment_reference", Reference.PAYMENT),
    ("payout_id", Reference.PAYOUT),
)


class SandboxCsv:
    """The plug."""

    name = "sandbox_csv"

    def recognises(self, head: bytes) -> bool:
        """A first line that begins like the header, so that a header that is off is refused by name."""
        return head.removeprefix(codecs.BOM_UTF8).startswith(HEADER[:27].encode())

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
    sums: Sums = field(default_factory=Sums)
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
        for number, row in rows.read(self._source, self._file):
            yield from self._row(row, self._file.at("", number))
        if self._stage != len(_ORDER):
            reason = "the file ends here without its trailer row; it seems to be cut short"
            raise self._file.at("record", number).refuse(StatementRefusal.STRUCTURE_INVALID, reason)
        self._agree()
        for account in self._accounts.values():
            proof = Proof(ProofStatus.PROVEN, tuple(account.checks))
            yield Ended(replace(account.statement, line_count=account.lines, proof=proof))

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
        for column in _UNUSED.get(record, ()):
            if row[column]:
                reason = f"a {record} row has nothing to say here, but says {row[column][:40]!r}"
                raise place.at(column).refuse(StatementRefusal.STRUCTURE_INVALID, reason)
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
            rows.needed(row, column, place)
        if self._common is None:
            rows.day_of(row["day"], place)
            self._common = common
        for column, text, first in zip(("processor", "report_id", "day"), common, self._common, strict=True):
            if text != first:
                reason = f"{text[:40]!r} is not the {first!r} of the first row"
                raise place.at(column).refuse(StatementRefusal.STRUCTURE_INVALID, reason)

    def _movement(self, row: Row, place: Place) -> Iterator[Event]:
        movement = rows.needed(row, "movement_id", place)
        if row["type"] not in _KINDS:
            reason = f"{row['type'][:40]!r} is not one of {', '.join(_KINDS)}"
            raise place.at("type").refuse(StatementRefusal.VALUE_INVALID, reason)
        currency = row["currency"]
        gross, fee, net = rows.amounts(row, place)
        yield from self._begun(currency)
        self._accounts[currency].sums.add(gross, fee, net)
        self._movements += 1
        if movement not in self._seen:
            self._seen.add(movement)
            if row["payout_id"]:
                self._payouts.setdefault((row["payout_id"], currency), Sums()).add(gross, fee, net)
        yield self._line(row, place, _KINDS[row["type"]], (gross, fee, net), rows.occurred(row, place))

    def _payout(self, row: Row, place: Place) -> Iterator[Event]:
        payout = rows.needed(row, "payout_id", place)
        if payout in self._paid:
            reason = f"payout {payout[:60]!r} stands here twice"
            raise place.at("payout_id").refuse(StatementRefusal.STRUCTURE_INVALID, reason)
        self._paid.add(payout)
        currency = row["currency"]
        gross, fee, net = rows.amounts(row, place)
        yield from self._begun(currency)
        found = self._payouts.pop((payout, currency), Sums())
        self._check(f"payout {payout}", row, found, (gross, fee, net), place)
        occurred = rows.occurred(row, place) if row["occurred_at"] else None
        yield self._line(row | {"movement_id": ""}, place, LineKind.PAYOUT, (-net, 0, -net), occurred)

    def _total(self, row: Row, place: Place) -> None:
        currency = row["currency"]
        stated = rows.amounts(row, place)
        account = self._accounts.get(currency)
        if account is not None and account.total:
            raise place.at("currency").refuse(StatementRefusal.STRUCTURE_INVALID, f"a second total in {currency}")
        if account is not None:
            account.total = True
        self._check(f"total {currency}", row, account.sums if account else Sums(), stated, place)

    def _trailer(self, row: Row, place: Place) -> None:
        stated = rows.count(row, place)
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
        counts = (str(rows.count(row, place)), str(found.count))
        self._keep(Check(StatementRefusal.COUNT_DISAGREES, f"{what}/movement_id", *counts, place.line), account)
        names = ("gross", "fee", "net")
        for name, said, sum_found in zip(names, stated, (found.gross, found.fee, found.net), strict=True):
            texts = (rows.amount_text(said, currency), rows.amount_text(sum_found, currency))
            self._keep(Check(StatementRefusal.SUM_DISAGREES, f"{what}/{name}", *texts, place.line), account)

    def _keep(self, check: Check, account: Account | None) -> None:
        if not check.agrees:
            self._wrong.append(check)
        if account is not None:
            account.checks.append(check)

    def _agree(self) -> None:
        if self._wrong:
            raise disagreement(self._wrong, self._file)
