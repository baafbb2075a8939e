"""Files, statements and lines as rows of the tables, and back. Nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import msgspec

from tallystick.base import Instant
from tallystick.statements.model import Charge, Detail, Family, Line, LineKind, LineStatus, Statement, StatementFile
from tallystick.statements.record import FileRecord, LineState, StatementRecord, StoredLine
from tallystick.statements.restate import Telling

Row = dict[str, Any]
_EPOCH = date(1970, 1, 1).toordinal()


def epoch_day(day: date | None) -> int | None:
    """Days since 1970-01-01."""
    return None if day is None else day.toordinal() - _EPOCH


def _day(number: int | None) -> date | None:
    return None if number is None else date.fromordinal(number + _EPOCH)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _text(value: str, length: int) -> str:
    """PostgreSQL has no NUL in text; lengths are bounded where a file is read, names come from outside."""
    return value.replace("\x00", "")[:length]


def file_row(file: StatementFile, record: FileRecord) -> Row:
    """The row of a file."""
    proof = file.proof
    return {
        "id": record.id,
        "owner": record.owner,
        "livemode": record.livemode,
        "format": file.format,
        "format_version": file.version,
        "name": _text(record.name, 255),
        "source": _text(record.source, 100),
        "sha256": file.digest,
        "size": file.size,
        "statements": len(file.statements),
        "lines": sum(statement.line_count for statement in file.statements),
        "proof": proof.status.value,
        "missing": proof.missing,
        "created": record.created,
    }


def statement_row(statement: Statement, *, id: str, file_id: str, scoped_key: str) -> Row:
    """The row of a statement."""
    first, last = statement.period
    return {
        "id": id,
        "file_id": file_id,
        "ordinal": statement.ordinal,
        "scoped_key": scoped_key,
        "family": statement.family.value,
        "identity": statement.identity,
        "sequence": statement.sequence,
        "account": statement.account,
        "currency": statement.currency,
        "from_day": epoch_day(first),
        "to_day": epoch_day(last),
        "opening_minor": statement.opening.amount_minor if statement.opening else None,
        "closing_minor": statement.closing.amount_minor if statement.closing else None,
        "balances": _json([asdict(balance) for balance in statement.balances]),
        "lines": statement.line_count,
        "proof": statement.proof.status.value,
        "missing": statement.proof.missing,
        "checks": _json([asdict(check) for check in statement.proof.checks]),
        "reversals": statement.proof.reversals.value,
        "superseded_by": None,
        "version": 0,
    }


def line_row(line: Line, statement: Statement, **where: Any) -> Row:
    """The row of a line; `where` gives its ids, owner, mode and state."""
    return where | {
        "statement": line.statement,
        "ordinal": line.ordinal,
        "position": line.line,
        "element": line.element[:200],
        "family": statement.family.value,
        "account": statement.account,
        "currency": line.currency,
        "natural_key": line.natural_key,
        "occurrence": line.occurrence,
        "digest": line.digest,
        "amount_minor": line.amount_minor,
        "gross_minor": line.gross_minor,
        "fee_minor": line.fee_minor,
        "booked_day": epoch_day(line.booked),
        "value_day": epoch_day(line.value),
        "day": epoch_day(line.day),
        "occurred": line.occurred,
        "kind": line.kind.value,
        "status": line.status.value,
        "reversal": line.reversal,
        "code": line.code,
        "text": line.text,
        "additional": line.additional,
        "party": line.party,
        "party_account": line.party_account,
        "return_reason": line.return_reason[:200],
        "tokens": _json(dict(line.references)),
        "details": _json([asdict(detail) for detail in line.details]),
        "charges": _json([asdict(charge) for charge in line.charges]),
        "version": 0,
    }


def reference_rows(line: Line, line_id: str) -> Iterator[Row]:
    """One row per reference of the line (detail 0) and of each of its details (from 1)."""
    holders = [line.references, *(detail.references for detail in line.details)]
    for number, references in enumerate(holders):
        for kind, token in references.items():
            yield {"line_id": line_id, "kind": kind, "detail": number, "token": token}


def telling_of(row: Row) -> Telling:
    """The part of a row of lines that decides what counts."""
    return Telling(row["line_id"], row["digest"], LineState(row["state"]), row["line_version"])


def file_of(row: Row) -> FileRecord:
    """A row of files."""
    return FileRecord(**(row | {"created": Instant(row["created"])}))


def statement_of(row: Row) -> StatementRecord:
    """A row of statements."""
    period = (_day(row.pop("from_day")), _day(row.pop("to_day")))
    row |= {"balances": msgspec.json.decode(row["balances"]), "checks": msgspec.json.decode(row["checks"])}
    del row["version"], row["scoped_key"]
    return StatementRecord(period=period, **(row | {"family": Family(row["family"])}))


def line_of(row: Row) -> StoredLine:
    """A row of lines."""
    line = Line(
        statement=row["statement"],
        ordinal=row["ordinal"],
        natural_key=row["natural_key"],
        digest=row["digest"],
        amount_minor=row["amount_minor"],
        gross_minor=row["gross_minor"],
        fee_minor=row["fee_minor"],
        currency=row["currency"],
        booked=_day(row["booked_day"]),
        value=_day(row["value_day"]),
        kind=LineKind(row["kind"]),
        status=LineStatus(row["status"]),
        references=msgspec.json.decode(row["tokens"]),
        text=row["text"],
        additional=row["additional"],
        code=row["code"],
        party=row["party"],
        party_account=row["party_account"],
        reversal=row["reversal"],
        return_reason=row["return_reason"],
        occurred=None if row["occurred"] is None else Instant(row["occurred"]),
        charges=tuple(Charge(**charge) for charge in msgspec.json.decode(row["charges"])),
        details=tuple(Detail(**detail) for detail in msgspec.json.decode(row["details"])),
        occurrence=row["occurrence"],
        line=row["position"],
        element=row["element"],
    )
    return StoredLine(
        id=row["id"],
        item_id=row["item_id"],
        file_id=row["file_id"],
        statement_id=row["statement_id"],
        owner=row["owner"],
        livemode=row["livemode"],
        family=Family(row["family"]),
        account=row["account"],
        state=LineState(row["state"]),
        other_id=row["other_id"],
        line=line,
    )
