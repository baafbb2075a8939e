"""Reconciling two files of one's own, without a server: read, match, write the result and its proof.

Reads CSV, Parquet and every format of the statements room. Writes into a folder; `run.json` is written last and names
the digest of every other file, so a folder without it holds no result. Nothing is written when anything is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from tallystick import statements
from tallystick.base import Refused
from tallystick.reconciliation import items, report
from tallystick.reconciliation import spec as specs
from tallystick.reconciliation.engines import Engine
from tallystick.reconciliation.items import Items
from tallystick.reconciliation.match import run as match
from tallystick.reconciliation.model import ReconciliationRefusal
from tallystick.reconciliation.normalise import Sheet, normalise
from tallystick.reconciliation.result import Run

Progress = Callable[[str, int, int], None]
"""Told the step's name, steps done and steps in all."""
STEPS = ("read left", "read right", "match", "write")
PIECE_CHARACTERS = 1 << 20
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


def reconcile(
    spec_path: Path,
    left_path: Path,
    right_path: Path,
    out_dir: Path,
    *,
    as_of: date,
    progress: Progress | None = None,
    carried_from: Path | None = None,
    also_parquet: bool = False,
    engine: Engine | None = None,
) -> Run:
    """Reconcile two files by a spec and write the result to `out_dir`.

    `carried_from` is the output folder of the run before; its open items come in as carried. Raises Refused for a
    spec, file or value that cannot be used, and OSError for a folder that cannot be written.
    """
    tell = progress or (lambda step, done, total: None)
    spec = specs.load(spec_path)
    tell(STEPS[0], 0, len(STEPS))
    left = read(spec, spec.left, left_path)
    tell(STEPS[1], 1, len(STEPS))
    right = read(spec, spec.right, right_path)
    carried = report.read_carried(carried_from) if carried_from else items.carried()
    tell(STEPS[2], 2, len(STEPS))
    result = match(spec, left, right, carried, as_of=as_of, engine=engine)
    tell(STEPS[3], 3, len(STEPS))
    report.write(result, out_dir, also_parquet=also_parquet)
    tell("done", len(STEPS), len(STEPS))
    return result


def read(spec: specs.Spec, source: specs.Source, path: Path) -> Items:
    """The items of one file. Raises Refused naming file, row and column."""
    if not path.is_file():
        raise Refused(ReconciliationRefusal.FILE_UNREADABLE, f"There is no file {path}.")
    form = source.format or _form(path, source)
    inputs = ((path.name, _sha256(path)),)
    if form == "statement":
        return normalise(spec, _statement_source(spec, source), _statement(path), inputs)
    if source.columns is None:
        message = f"{path.name} needs `columns` in the spec: say which column is what."
        raise Refused(ReconciliationRefusal.SPEC_INVALID, message)
    sheet = Sheet(path.name, _parquet(path)) if form == "parquet" else _csv(path, source.csv)
    return normalise(spec, source, sheet, inputs)


def _form(path: Path, source: specs.Source) -> Literal["csv", "parquet", "statement"]:
    if path.suffix.lower() in (".parquet", ".pq"):
        return "parquet"
    return "csv" if path.suffix.lower() in TEXT_SUFFIXES and source.columns is not None else "statement"


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        total = sha256()
        while block := stream.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _parquet(path: Path) -> pa.Table:
    try:
        return parquet.read_table(path)
    except pa.ArrowException as error:
        raise Refused(ReconciliationRefusal.FILE_UNREADABLE, f"{path.name} is not Parquet: {error}.") from error


def _csv(path: Path, cut: specs.Csv) -> Sheet:
    """A CSV with a header line; every cell stays text."""
    read = arrow_csv.ReadOptions(encoding=cut.encoding, skip_rows=cut.skip_lines)
    parse = arrow_csv.ParseOptions(delimiter=cut.delimiter, quote_char=cut.quote or False, newlines_in_values=True)
    try:
        with arrow_csv.open_csv(path, read_options=read, parse_options=parse) as first:
            names = first.schema.names
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise Refused(ReconciliationRefusal.FILE_UNREADABLE, f"{path.name} names a column twice: {sorted(twice)}.")
        as_text = arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        table = arrow_csv.read_csv(path, read_options=read, parse_options=parse, convert_options=as_text)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise Refused(
            ReconciliationRefusal.FILE_UNREADABLE, f"{path.name} is not the CSV of the spec: {error}."
        ) from error
    _quotes_close(path, cut)
    clean = [name.strip().lstrip("\ufeff") for name in table.column_names]
    return Sheet(path.name, table.rename_columns(clean), first_row=cut.skip_lines + 2)


def _quotes_close(path: Path, cut: specs.Csv) -> None:
    """A quote that never closes makes one cell of all the records after it, which the reader accepts in silence."""
    if not cut.quote:
        return
    with path.open(encoding=cut.encoding, newline="") as file:
        for _ in range(cut.skip_lines):
            file.readline()
        count = sum(piece.count(cut.quote) for piece in iter(partial(file.read, PIECE_CHARACTERS), ""))
    if count % 2:
        message = (
            f"{path.name} has a quote ({cut.quote}) that is not closed: there are {count:,}, an odd number. Close it,"
            " or set `csv: {quote: ''}` in the spec if quotes mean nothing in this file."
        )
        raise Refused(ReconciliationRefusal.FILE_UNREADABLE, message)


_PLAIN = (
    "amount_minor", "gross_minor", "fee_minor", "currency", "natural_key", "text", "additional", "party",
    "party_account", "code",
)  # fmt: skip


def _statement(path: Path) -> Sheet:
    """A bank or processor file as columns: the line's fields, `day`, `account`, and every reference by its kind."""
    rows: dict[str, list[Any]] = {name: [] for name in (*_PLAIN, "account", "day", "kind", "status")}
    kinds = [kind.value for kind in statements.Reference]
    rows |= {kind: [] for kind in kinds}
    for file in statements.read_all(path):
        accounts = {one.ordinal: one.account for one in file.statements}
        for line in file.lines:
            for name in _PLAIN:
                rows[name].append(getattr(line, name))
            rows["account"].append(accounts[line.statement])
            rows["day"].append(line.day.isoformat() if line.day else "")
            rows["kind"].append(line.kind.value)
            rows["status"].append(line.status.value)
            found = _references(line)
            for kind in kinds:
                rows[kind].append(found.get(kind, ""))
    return Sheet(path.name, pa.table(rows))


def _references(line: statements.Line) -> dict[str, str]:
    """The line's own references and, where it has exactly one detail, that detail's."""
    return {**(line.details[0].references if len(line.details) == 1 else {}), **line.references}


def _statement_source(spec: specs.Spec, source: specs.Source) -> specs.Source:
    """A statement needs no column map: what is not said is taken from the format."""
    if source.columns is not None:
        return source
    known = {kind.value for kind in statements.Reference}
    columns = specs.Columns(
        amount=specs.Amount(column="amount_minor", form="minor"),
        currency=specs.Value(column="currency"),
        account=specs.Value(column="account"),
        day=specs.Day(column="day"),
        key=("natural_key",),
        kind=specs.Value(column="kind"),
        skip=specs.Rows(column="status", equals=("pending", "information")),
        references={kind: specs.Token(column=kind) for kind in sorted(spec.tokens) if kind in known},
        label=("text",),
    )
    return msgspec.structs.replace(source, columns=columns)
