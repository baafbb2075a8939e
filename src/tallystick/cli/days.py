"""`tallystick close`: check a day, close it with a proof, show and verify proofs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from tallystick.cli.root import Terminal, complain, found, opened, run
from tallystick.cli.terminal import Day, in_mode

if TYPE_CHECKING:
    from tallystick import close as room
    from tallystick.base import Refused

SHOWN = 20


@click.command()
@click.option("--day", "business_day", type=Day(), help="Close this day and everything before it.")
@click.option("--preview", is_flag=True, help="With --day: run the checks and close nothing.")
@click.option("--by", help="With --day: who closes it; stays in the proof.")
@click.option("--show", "shown", type=Day(), help="Print the stored proof of this day.")
@click.option("--verify", "verified", type=Day(), help="Take every number of this day's proof from the books again.")
@click.option("--list", "listed", is_flag=True, help="List closed days, the newest first.")
@in_mode
@click.pass_obj
def close(
    terminal: Terminal,
    business_day: date | None,
    preview: bool,
    by: str | None,
    shown: date | None,
    verified: date | None,
    listed: bool,
    livemode: bool,
) -> None:
    """Close a day: run the checks, lock the books, store the proof.

    Leaves with 3 when something stands in the way, each thing on a line of its own, or when a proof no longer holds.

    \b
    Examples:
        tallystick close --day yesterday --preview
        tallystick close --day 2026-11-21 --by "Ines Moreau" --mode live
        tallystick close --show 2026-11-21 > proof.txt
        tallystick close --verify 2026-11-21
        tallystick close --list
    """
    asked = [business_day is not None, shown is not None, verified is not None, listed]
    if sum(asked) != 1:
        raise click.UsageError("say one of --day, --show, --verify and --list")
    if business_day is None and (preview or by):
        raise click.UsageError("--preview and --by go with --day")
    if business_day is not None:
        if preview:
            _preview(terminal, business_day, livemode=livemode)
        elif not (by or "").strip():
            raise click.UsageError('say who closes the day: --by "Ines Moreau"')
        else:
            _close(terminal, business_day, by or "", livemode=livemode)
    elif shown is not None:
        _show(terminal, shown, livemode=livemode)
    elif verified is not None:
        _verify(terminal, verified, livemode=livemode)
    else:
        _list(terminal, livemode=livemode)


def _preview(terminal: Terminal, business_day: date, *, livemode: bool) -> None:
    from tallystick import close as room

    async def work() -> room.Preview:
        async with opened(terminal) as (settings, database):
            return await room.preview(
                database, business_day, livemode=livemode, processors=settings.processors, now=terminal.clock.now()
            )

    seen = run(work())
    if terminal.machine:
        terminal.say({"day": seen.day, "ready": seen.ready, "checks": seen.checks}, "")
    else:
        for check in seen.checks:
            mark = click.style("✓", fg="green") if check.passed else click.style("✗", fg="red")
            click.echo(f"{mark} {check.title}: {check.detail}")
            _standing(check.findings)
        click.echo(f"{business_day.isoformat()} {'can close' if seen.ready else 'cannot close yet'}")
    if not seen.ready:
        found()


def _standing(findings: Sequence[room.Finding]) -> None:
    for one in findings[:SHOWN]:
        click.echo(f"    {one.message}{f' ({one.about})' if one.about and one.about not in one.message else ''}")
    if len(findings) > SHOWN:
        click.echo(f"    … and {len(findings) - SHOWN} more")


def _close(terminal: Terminal, business_day: date, by: str, *, livemode: bool) -> None:
    from tallystick import close as room
    from tallystick.base import Refused

    async def work() -> room.Closed | Refused:
        async with opened(terminal) as (settings, database):
            try:
                return await room.day(
                    database,
                    business_day,
                    livemode=livemode,
                    processors=settings.processors,
                    by=by.strip(),
                    now=terminal.clock.now(),
                )
            except Refused as refused:
                if refused.code is not room.CloseRefusal.NOT_READY:
                    raise
                return refused

    result = run(work())
    if isinstance(result, Refused):
        _not_ready(terminal, business_day, result)
    else:
        terminal.say(_closed(result), f"{business_day.isoformat()} is closed. Its proof has the digest {result.digest}")


def _not_ready(terminal: Terminal, business_day: date, refused: Refused) -> None:
    findings: list[dict[str, str]] = refused.details["findings"]
    if terminal.machine:
        terminal.say({"day": business_day, "closed": False, "code": str(refused.code), "findings": findings}, "")
    else:
        complain(f"{business_day.isoformat()} cannot close yet; {len(findings)} things stand in the way")
        for one in findings:
            about = f"  ({one['about']})" if one["about"] else ""
            click.echo(f"{one['check']}: {one['message']}{about}")
    found()


def _closed(one: room.Closed) -> dict[str, Any]:
    from tallystick.base import iso

    return {
        "id": one.id,
        "day": one.day,
        "closed": True,
        "closed_by": one.closed_by,
        "closed_at": iso(one.created),
        "digest": one.digest,
        "previous_digest": one.previous_digest,
    }


def _show(terminal: Terminal, day: date, *, livemode: bool) -> None:
    from tallystick import close as room

    async def work() -> room.Closed:
        async with opened(terminal) as (_, database):
            return await room.closed(database, day, livemode=livemode)

    one = run(work())
    terminal.say({**_closed(one), "proof": room.proof.decoded(one)}, room.proof.text(one).rstrip("\n"))


def _verify(terminal: Terminal, day: date, *, livemode: bool) -> None:
    from tallystick import close as room

    async def work() -> tuple[room.Closed, list[str]]:
        async with opened(terminal) as (_, database):
            one = await room.closed(database, day, livemode=livemode)
            return one, await room.verify(database, one)

    one, wrong = run(work())
    holds = f"the proof of {day.isoformat()} holds: {one.digest}"
    fails = [f"the proof of {day.isoformat()} does not hold:", *(f"  {line}" for line in wrong)]
    terminal.say({**_closed(one), "holds": not wrong, "wrong": wrong}, "\n".join(fails) if wrong else holds)
    if wrong:
        found()


def _list(terminal: Terminal, *, livemode: bool) -> None:
    from tallystick import close as room

    async def work() -> list[room.Closed]:
        async with opened(terminal) as (_, database):
            return await room.closes(database, livemode=livemode)

    rows = [_closed(one) for one in run(work())]
    terminal.table(rows, ("day", "closed_by", "closed_at", "digest"), none="no day is closed in this mode yet")
