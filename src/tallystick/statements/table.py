"""Any supported file as a table of normalised rows: for the screen, CSV, JSON or Parquet.

A file is gone through twice: first to prove it, then to write its rows, so that nothing of a refused file is ever
written and memory does not grow with the file, but for one number per line by which repeats are known. Output
appears under its name only when it is complete.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TextIO

import msgspec

from tallystick import money
from tallystick.base import Refused
from tallystick.statements import reading
from tallystick.statements.model import Line, Place, ReversalReading, Statement, StatementFile, StatementRefusal

Output = Literal["table", "csv", "json", "parquet"]
Row = dict[str, Any]
Progress = Callable[[int, int], None]
"""Told bytes done and bytes in all; every file counts twice, since it is gone through twice."""

COLUMNS: dict[str, str] = {
    "file": "VARCHAR",
    "format": "VARCHAR",
    "family": "VARCHAR",
    "statement": "VARCHAR",
    "account": "VARCHAR",
    "ordinal": "BIGINT",
    "line": "BIGINT",
    "booked": "DATE",
    "value": "DATE",
    "kind": "VARCHAR",
    "status": "VARCHAR",
    "amount": "VARCHAR",
    "currency": "VARCHAR",
    "amount_minor": "BIGINT",
    "gross_minor": "BIGINT",
    "fee_minor": "BIGINT",
    "reversal": "BOOLEAN",
    "occurrence": "BIGINT",
    "code": "VARCHAR",
    "references": "VARCHAR",
    "text": "VARCHAR",
    "additional": "VARCHAR",
    "party": "VARCHAR",
    "party_account": "VARCHAR",
    "details": "VARCHAR",
    "natural_key": "VARCHAR",
    "digest": "VARCHAR",
    "proof": "VARCHAR",
}
"""Columns of a row and their SQL types. `references` and `details` are JSON text; `amount` is decimal text."""


@dataclass(slots=True)
class Table:
    """What was read: a summary per file (without lines), the files refused, and the rows when asked for as `table`."""

    files: list[StatementFile] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    count: int = 0


def tabulate(
    files: Sequence[Path], *, output: Output, target: Path | TextIO | None = None, progress: Progress | None = None
) -> Table:
    """Normalise files to rows in `output`, written to `target` (a path; for CSV and JSON also an open text stream).

    A refused file does not stop the others: it is in the answer's `refused`. `table` keeps the rows in memory.
    Raises ValueError when the target does not suit the output, OSError for files that cannot be read, and
    Refused(FILE_CHANGED) when one changes meanwhile; then nothing is at the target path.
    """
    table = Table()
    meter = _Meter(progress, 2 * sum(path.stat().st_size for path in files))
    rows = _rows(files, table, meter)
    if output == "table":
        table.rows = list(rows)
    elif output == "parquet":
        _parquet(rows, target)
    else:
        with _sink(target) as sink:
            _WRITERS[output](rows, sink)
    return table


class _Meter:
    """Adds up bytes over files and passes."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._before = 0
        self._now = 0

    def tick(self, size: int) -> None:
        self._now = size
        if self._progress is not None:
            self._progress(min(self._before + size, self._total), self._total)

    def pass_done(self, size: int) -> None:
        self._before += size
        self._now = 0
        self.tick(0)


def _rows(files: Sequence[Path], table: Table, meter: _Meter) -> Iterator[Row]:
    for path in files:
        size = path.stat().st_size
        try:
            proven = list(reading.prove(path, progress=meter.tick))
        except Refused as refusal:
            table.refused.append(refusal)
            meter.pass_done(2 * size)
            continue
        meter.pass_done(size)
        for row in _second_pass(path, proven, meter):
            table.count += 1
            yield row
        meter.pass_done(size)
        table.files += proven


def _second_pass(path: Path, proven: Sequence[StatementFile], meter: _Meter) -> Iterator[Row]:
    for file, again in zip(proven, reading.readings(path, progress=meter.tick), strict=True):
        seen: Counter[int] = Counter()
        statements = {statement.ordinal: statement for statement in file.statements}
        for event in again.events:
            if not isinstance(event, Line):
                continue
            key = int(event.natural_key[:16], 16)
            seen[key] += 1
            yield _row(file, statements[event.statement], replace(event, occurrence=seen[key]))
        if again.digest() != file.digest:
            raise Place(file.name).refuse(
                StatementRefusal.FILE_CHANGED, "the file changed while it was read; try again"
            )


def _row(file: StatementFile, statement: Statement, line: Line) -> Row:
    if line.reversal and statement.proof.reversals is ReversalReading.OF_ORIGINAL:
        line = reading.turned(line)
    return {
        "file": file.name,
        "format": file.version if file.format in file.version else file.format,
        "family": statement.family.value,
        "statement": statement.identity,
        "account": statement.account,
        "ordinal": line.ordinal,
        "line": line.line,
        "booked": line.booked.isoformat() if line.booked else None,
        "value": line.value.isoformat() if line.value else None,
        "kind": line.kind.value,
        "status": line.status.value,
        "amount": money.minor_to_text(line.amount_minor, money.exponent(line.currency)),
        "currency": line.currency,
        "amount_minor": line.amount_minor,
        "gross_minor": line.gross_minor,
        "fee_minor": line.fee_minor,
        "reversal": line.reversal,
        "occurrence": line.occurrence,
        "code": line.code,
        "references": _json(dict(line.references)),
        "text": line.text,
        "additional": line.additional,
        "party": line.party,
        "party_account": line.party_account,
        "details": _json([asdict(detail) for detail in line.details]) if line.details else "",
        "natural_key": line.natural_key,
        "digest": line.digest,
        "proof": statement.proof.status.value,
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _write_csv(rows: Iterator[Row], sink: TextIO) -> None:
    writer = csv.DictWriter(sink, fieldnames=list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _write_json(rows: Iterator[Row], sink: TextIO) -> None:
    """An array with one row on each line."""
    before = "[\n"
    for row in rows:
        sink.write(before + _json(row))
        before = ",\n"
    sink.write("[]\n" if before == "[\n" else "\n]\n")


_WRITERS: dict[str, Callable[[Iterator[Row], TextIO], None]] = {"csv": _write_csv, "json": _write_json}


@contextmanager
def _sink(target: Path | TextIO | None) -> Iterator[TextIO]:
    if target is None:
        raise ValueError("say where to write: a path or an open text stream")
    if not isinstance(target, Path):
        yield target
        return
    with _complete(target) as partial, partial.open("w", encoding="utf-8", newline="") as sink:
        yield sink


@contextmanager
def _complete(target: Path) -> Iterator[Path]:
    """A path beside the target that takes its place when the block ends well, and is removed otherwise."""
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _parquet(rows: Iterator[Row], target: Path | TextIO | None) -> None:
    if not isinstance(target, Path):
        raise ValueError("Parquet is written to a path")
    import duckdb

    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    with tempfile.TemporaryDirectory() as folder, _complete(target) as partial:
        lines = Path(folder) / "rows.ndjson"
        with lines.open("wb") as sink:
            sink.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
        with duckdb.connect() as connection:
            options = f"format='newline_delimited', columns={{{columns}}}"
            connection.sql(f"SELECT * FROM read_json('{_quoted(lines)}', {options})").write_parquet(str(partial))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
