"""`tallystick reconcile`: two files of one's own by a spec, without any server; or a day of the platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tallystick.cli.breaks import break_row, break_table, open_breaks
from tallystick.cli.root import REFUSED, Terminal, found, opened, run, stop
from tallystick.cli.terminal import Day, amount, in_mode, progress

if TYPE_CHECKING:
    from tallystick import reconciliation as room
    from tallystick.base import Settings

SPEC = Path("reconcile.yaml")
OUT = Path("reconciled")
SHOWN = 20
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("left", required=False, type=_file)
@click.argument("right", required=False, type=_file)
@click.option("--spec", type=click.Path(dir_okay=False, path_type=Path), help="The rules, as YAML or JSON.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=OUT,
    show_default=True,
    help="Folder for matches, breaks and proof.",
)
@click.option("--as-of", type=Day(), default="today", show_default=True, help="Day at whose end it is judged.")
@click.option(
    "--carried-from",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the run before; what it left open comes in.",
)
@click.option("--parquet", is_flag=True, help="Write the tables as Parquet beside the CSV.")
@click.option("--init", "begin", is_flag=True, help="Write a spec to start from (--spec, or reconcile.yaml).")
@click.option("--day", "business_day", type=Day(), help="Reconcile this day of the platform instead of files.")
@in_mode
@click.pass_obj
def reconcile(
    terminal: Terminal,
    left: Path | None,
    right: Path | None,
    spec: Path | None,
    out: Path,
    as_of: date,
    carried_from: Path | None,
    parquet: bool,
    begin: bool,
    business_day: date | None,
    livemode: bool,
) -> None:
    """Reconcile two files by a spec, or a day of the platform.

    Files may be CSV, Parquet, camt or a processor's report; no database is needed. The result is a pure function of
    files, spec and --as-of. Leaves with 3 when there are breaks.

    \b
    Examples:
        tallystick reconcile --init
        tallystick reconcile --spec reconcile.yaml shop.csv settlement.csv --as-of 2026-11-21 --out result
        tallystick reconcile --day yesterday --mode live
    """
    if begin:
        if left or right or business_day:
            raise click.UsageError("--init only writes a spec")
        _begin(terminal, spec or SPEC)
    elif business_day is not None:
        if left or right or spec:
            raise click.UsageError("--day reconciles the platform: give either --day, or --spec with two files")
        _day(terminal, business_day, livemode=livemode)
    elif left is None or right is None or spec is None:
        raise click.UsageError("give --spec with two files, or --day, or --init for a spec to start from")
    else:
        _two(terminal, spec, left, right, out, as_of=as_of, carried_from=carried_from, parquet=parquet)


# --- a spec to start from --------------------------------------------------------------------------------------------


def _begin(terminal: Terminal, path: Path) -> None:
    from tallystick.cli.starter import STARTER

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        stop(REFUSED, f"{path} is there already; name another file with --spec")
    terminal.say(
        {"spec": str(path)},
        f"{path} is written. Put your column names in, then: tallystick reconcile --spec {path} LEFT RIGHT",
    )


# --- two files -------------------------------------------------------------------------------------------------------


def _two(
    terminal: Terminal,
    spec: Path,
    left: Path,
    right: Path,
    out: Path,
    *,
    as_of: date,
    carried_from: Path | None,
    parquet: bool,
) -> None:
    from tallystick import reconciliation as room

    with progress("reconciling") as tell:
        result = room.reconcile(
            spec,
            left,
            right,
            out,
            as_of=as_of,
            progress=lambda _step, done, total: tell(done, total),
            carried_from=carried_from,
            also_parquet=parquet,
        )
    if terminal.machine:
        terminal.say({**room.proof.record(result), "out": str(out)}, "")
    else:
        click.echo(room.proof.text(result))
        _differences(result.breaks, out)
    if result.breaks or result.verdict is room.Verdict.INCOMPLETE:
        found()


def _differences(breaks: Sequence[room.Break], out: Path) -> None:
    rows = [
        {
            "break": one.break_class.value,
            "side": one.side.name.lower(),
            "amount": amount(one.amount_minor, one.currency),
            "currency": one.currency,
            "day": one.day.isoformat(),
            "owner": one.owner,
            "about": one.label or one.subject,
            "reason": one.reason,
        }
        for one in breaks[:SHOWN]
    ]
    if rows:
        Terminal().table(rows, list(rows[0]), right=("amount",))
    if len(breaks) > SHOWN:
        click.echo(f"… and {len(breaks) - SHOWN} more breaks, in {out / 'breaks.csv'}")
    click.echo(f"matches, breaks and proof are in {out}")


# --- a day of the platform -------------------------------------------------------------------------------------------


def _day(terminal: Terminal, business_day: date, *, livemode: bool) -> None:
    from tallystick import reconciliation as room

    async def work(settings: Settings, database: Any) -> tuple[list[room.RunRecord], list[room.BreakRecord]]:
        runs = await room.day(
            database,
            business_day,
            livemode=livemode,
            processors=settings.processors,
            now=terminal.clock.now(),
            by="tallystick reconcile",
        )
        return runs, await open_breaks(database, livemode=livemode, until=business_day)

    async def whole() -> tuple[list[room.RunRecord], list[room.BreakRecord]]:
        async with opened(terminal) as (settings, database):
            return await work(settings, database)

    runs, left = run(whole())
    if terminal.machine:
        terminal.say({"day": business_day, "runs": [_run(one) for one in runs], "open_breaks": _rows(left)}, "")
    else:
        terminal.table([_run(one) for one in runs], RUN_COLUMNS, right=RUN_COLUMNS[2:])
        click.echo()
        break_table(terminal, left, none="nothing is left open")
    if left or any(one.verdict == room.Verdict.INCOMPLETE for one in runs):
        found()


RUN_COLUMNS = ("reconciliation", "verdict", "matches", "matched", "pending", "in_break", "superseded", "breaks")


def _run(one: room.RunRecord) -> dict[str, Any]:
    return {
        "id": one.id,
        "reconciliation": one.name,
        "day": one.day,
        "verdict": one.verdict,
        "matches": one.matches,
        "matched": one.matched,
        "pending": one.pending,
        "in_break": one.in_break,
        "superseded": one.superseded,
        "breaks": one.breaks,
        "digest": one.digest,
    }


def _rows(breaks: Sequence[room.BreakRecord]) -> list[dict[str, Any]]:
    return [break_row(one) for one in breaks]
