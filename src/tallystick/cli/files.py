"""Commands for bank and processor files: read them anywhere, hand them in, list what was handed in."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from tallystick.cli.root import REFUSED, Terminal, complain, opened, run
from tallystick.cli.terminal import amount, in_mode, progress

if TYPE_CHECKING:
    from tallystick import statements as room
    from tallystick.base import Refused

Output = Literal["table", "csv", "json", "parquet"]
SUFFIXES: dict[str, Output] = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".pq": "parquet"}
COLUMNS = ("booked", "amount", "currency", "kind", "status", "references", "text")
ROWS = 200

_files = click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group()
def statements() -> None:
    """Bank statements and settlement reports: camt.052, 053 and 054, processors' CSV, zip archives of them."""


# --- read ------------------------------------------------------------------------------------------------------------


@statements.command("read")
@_files
@click.option("--output", type=click.Choice(get_args(Output)), help="Form of the lines; by the name of --to if absent.")
@click.option("--to", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Write the lines here.")
@click.option(
    "--rows",
    type=click.IntRange(min=0),
    default=ROWS,
    show_default=True,
    help="Lines of each file that a table shows; 0 shows all.",
)
@click.pass_obj
def read(terminal: Terminal, files: tuple[Path, ...], output: Output | None, to: Path | None, rows: int) -> None:
    """Read files, check them against their own numbers, and normalise their lines.

    Needs no database. A file that is refused is told with line, element and reason; the others are read all the same,
    and the exit code is 1. With --json each file is one JSON line; its lines come with --output json.

    \b
    Examples:
        tallystick statements read camt053.xml
        tallystick statements read *.xml reports.zip --to lines.parquet
        tallystick statements read camt053.xml --output csv | sort -t, -k8
    """
    form = _form(output, to)
    if to is None and form in ("csv", "json"):
        table = _tabulated(files, form, sys.stdout)
    elif to is None and terminal.machine:
        table = _proven(files)
    else:
        table = _tabulated(files, form, to)
    if to is not None or form == "table":
        _tell(terminal, table, rows)
        if to is not None and not terminal.machine:
            click.echo(f"{_count(table.count, 'line')} of {_count(len(table.files), 'file')} in {to}")
    _refuse(terminal, table.refused, aloud=to is not None or form == "table")


def _form(output: Output | None, to: Path | None) -> Output:
    form = output or (SUFFIXES.get(to.suffix.lower()) if to is not None else "table")
    if form is None:
        raise click.UsageError(f"cannot tell the form from the name {to}: say --output csv, json or parquet")
    if form == "table" and to is not None:
        raise click.UsageError("a table is for the screen: write csv, json or parquet to a file")
    if to is not None and not to.parent.is_dir():
        raise click.UsageError(f"there is no folder {to.parent} to write {to.name} to")
    if form == "parquet" and to is None:
        raise click.UsageError("say with --to where to write the Parquet file")
    return form


def _tabulated(files: Sequence[Path], form: Output, target: Any) -> room.Table:
    from tallystick import statements as room

    with progress("reading", shown=not (target is not None and hasattr(target, "write"))) as tell:
        return room.tabulate(files, output=form, target=target, progress=tell)


def _proven(files: Sequence[Path]) -> room.Table:
    """The files without their lines, which nobody asked for."""
    from tallystick import statements as room
    from tallystick.base import Refused

    table = room.Table()
    for path in files:
        try:
            table.files += list(room.prove(path))
        except Refused as refused:
            table.refused.append(refused)
    return table


def _tell(terminal: Terminal, table: room.Table, most: int) -> None:
    """Each file with its proof, and its lines where they are kept."""
    by_file = {name: list(rows) for name, rows in groupby(table.rows, key=lambda row: row["file"])}
    for file in table.files:
        terminal.say(_file(file), "\n".join(_file_text(file)))
        lines = by_file.get(file.name, [])
        if lines and not terminal.machine:
            shown = lines[:most] if most else lines
            terminal.table([_line(row) for row in shown], COLUMNS, right=("amount",))
            if len(shown) < len(lines):
                click.echo(f"… and {len(lines) - len(shown)} more lines: --rows 0 shows all, --to lines.csv keeps them")
            click.echo()


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A row as a person wants to see it: references without their kinds, and who it is about."""
    import msgspec

    references = msgspec.json.decode(row["references"]).values()
    words = [row["party"], row["text"] or row["additional"]]
    return {**row, "references": " ".join(dict.fromkeys(references)), "text": " ".join(word for word in words if word)}


def _file(file: room.StatementFile) -> dict[str, Any]:
    return {
        "file": file.name,
        "format": file.format,
        "version": file.version,
        "sha256": file.digest,
        "lines": sum(one.line_count for one in file.statements),
        "proof": file.proof.status.value,
        "missing": file.proof.missing,
        "statements": [_statement(one) for one in file.statements],
    }


def _statement(one: room.Statement) -> dict[str, Any]:
    return {
        "statement": one.identity,
        "family": one.family.value,
        "account": one.account,
        "currency": one.currency,
        "from": one.period[0],
        "to": one.period[1],
        "opening_minor": None if one.opening is None else one.opening.amount_minor,
        "closing_minor": None if one.closing is None else one.closing.amount_minor,
        "lines": one.line_count,
        "proof": one.proof.status.value,
    }


def _file_text(file: room.StatementFile) -> Iterator[str]:
    count = sum(one.line_count for one in file.statements)
    form = file.version if file.format in file.version else file.format
    counted = f"{_count(len(file.statements), 'statement')}, {_count(count, 'line')}"
    yield f"{file.name}: {form}, {counted}, {_proof_text(file.proof)}"
    for one in file.statements:
        balances = [
            f"{what} {amount(balance.amount_minor, balance.currency)} {balance.currency}"
            for what, balance in (("opening", one.opening), ("closing", one.closing))
            if balance is not None
        ]
        days = " to ".join(day.isoformat() for day in one.period if day is not None)
        yield "  " + ", ".join(part for part in (one.identity, one.account, days, *balances) if part)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _proof_text(proof: room.Proof) -> str:
    return "proven" if not proof.missing else f"nothing disagrees, but not proven ({proof.missing})"


def _refuse(terminal: Terminal, refused: Sequence[Refused], *, aloud: bool = True) -> None:
    """One line for each refused file; leave with 1 when there are any."""
    for one in refused:
        if terminal.machine and aloud:
            terminal.say({"refused": str(one.code), "message": one.message, **one.details}, "")
        else:
            complain(f"refused: {one.message} [{one.code}]")
    if refused:
        raise SystemExit(REFUSED)


# --- hand in ---------------------------------------------------------------------------------------------------------


@statements.command("ingest")
@_files
@in_mode
@click.option("--source", default="cli", show_default=True, help="Where they come from, for the record.")
@click.pass_obj
def ingest(terminal: Terminal, files: tuple[Path, ...], livemode: bool, source: str) -> None:
    """Hand files in to the platform, whole or not at all; the same content again changes nothing.

    A refused file does not stop the others; the exit code is 1 then.

    \b
    Example:
        tallystick statements ingest --mode live inbox/*
    """
    from tallystick import statements as room
    from tallystick.base import Refused

    refused: list[Refused] = []

    async def work() -> None:
        async with opened(terminal) as (_, database):
            with progress("taking in", shown=len(files) > 1) as tell:
                for done, path in enumerate(files):
                    tell(done, len(files))
                    try:
                        taken = await room.intake_all(
                            database,
                            path.read_bytes(),
                            name=path.name,
                            source=source,
                            now=terminal.clock.now(),
                            livemode=livemode,
                        )
                    except Refused as refusal:
                        refused.append(refusal)
                        continue
                    for one in taken:
                        _taken(terminal, one)

    run(work())
    _refuse(terminal, refused)


def _taken(terminal: Terminal, one: room.Intake) -> None:
    value = {"id": one.file_id, "name": one.name, "duplicate": one.duplicate, "lines": one.lines}
    said = "duplicate, nothing changed" if one.duplicate else _count(one.lines, "line")
    more = [f"{one.duplicates} told before"] * bool(one.duplicates) + [f"{one.restated} restated"] * bool(one.restated)
    told = {"duplicate_lines": one.duplicates, "restated_lines": one.restated}
    terminal.say(value | told, f"{one.file_id}  {one.name}  {', '.join([said, *more])}")


@statements.command("list")
@in_mode
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@click.pass_obj
def list_files(terminal: Terminal, livemode: bool, limit: int) -> None:
    """List the files that were handed in, the newest first."""
    from tallystick import statements as room
    from tallystick.base import iso

    async def work() -> list[room.FileRecord]:
        async with opened(terminal) as (_, database):
            return await room.files(database, livemode=livemode, limit=limit)

    rows = [
        {
            "id": one.id,
            "name": one.name,
            "format": one.format,
            "statements": one.statements,
            "lines": one.lines,
            "proof": one.proof,
            "source": one.source,
            "taken": iso(one.created),
            "sha256": one.sha256,
        }
        for one in run(work())
    ]
    columns = ("taken", "id", "name", "format", "statements", "lines", "proof", "source")
    none = "no files in this mode yet: hand one in with `tallystick statements ingest FILE`"
    terminal.table(rows, columns, right=("statements", "lines"), none=none)
