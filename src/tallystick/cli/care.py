"""Commands for whoever keeps it running: tables up to date, jobs that were given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tallystick.cli.root import UNREACHABLE, Terminal, masked, opened, reason_of, revision, run, stop

if TYPE_CHECKING:
    from tallystick import jobs as room
    from tallystick.base import Settings


@click.command()
@click.pass_obj
def migrate(terminal: Terminal) -> None:
    """Bring the database to today's tables; running it again is harmless.

    \b
    Examples:
        tallystick migrate
        TALLYSTICK_DATABASE_URL=postgresql://pay@db/tallystick tallystick migrate
    """
    settings = terminal.settings()
    before = run(revision(settings))
    run(_upgrade(settings))
    after = run(revision(settings))
    text = f"the tables are at revision {after}" + ("" if before == after else f" (before: {before or 'none'})")
    terminal.say({"before": before, "after": after}, text)


async def _upgrade(settings: Settings) -> None:
    """A file that cannot be made, or a server that goes away, is nobody's fault here."""
    from tallystick import db

    try:
        await db.migrate(settings.database_url)
    except Exception as error:
        if type(error).__name__ not in ("OperationalError", "InterfaceError"):
            raise
        stop(UNREACHABLE, f"cannot reach the database {masked(settings.database_url)}: {reason_of(error)}")


@click.group()
def jobs() -> None:
    """Work done later: what was given up, and another try for it."""


@jobs.command("dead")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many.")
@click.pass_obj
def dead_jobs(terminal: Terminal, limit: int) -> None:
    """List jobs that were given up, with their last error."""
    from tallystick import jobs as room

    async def work() -> list[room.Job]:
        async with opened(terminal) as (_, database):
            return await room.dead(database, limit=limit)

    rows = [
        {"id": job.id, "kind": job.kind, "attempts": job.attempts, "error": job.last_error, "payload": job.payload}
        for job in run(work())
    ]
    terminal.table(rows, ("id", "kind", "attempts", "error"), right=("attempts",), none="no job was given up")


@jobs.command("again")
@click.argument("job_id")
@click.pass_obj
def again(terminal: Terminal, job_id: str) -> None:
    """Let a job that was given up run again, from its first try.

    \b
    Example:
        tallystick jobs again job_…
    """
    from tallystick import jobs as room

    async def work() -> room.Job:
        async with opened(terminal) as (_, database):
            return await room.again(database, job_id, terminal.clock.now())

    job = run(work())
    terminal.say({"id": job.id, "kind": job.kind, "state": job.state.value}, f"{job.id}  {job.kind}  runs again")
