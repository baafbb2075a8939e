"""Commands that keep running: the server, the worker, the stand-in processor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tallystick.cli.root import REFUSED, USAGE, Terminal, revision, run, stop

if TYPE_CHECKING:
    from tallystick import sandbox as sandbox_room
    from tallystick.base import Clock

LONGEST_NAME = 64


def _clock(start: str | None) -> Clock:
    """The machine's clock, or one that begins at `start` (ISO 8601 with a zone).

    A signed number of microseconds moves the machine's clock instead, so that several programs agree on the time.
    """
    from datetime import datetime

    from tallystick.base import Instant, ShiftedClock, SystemClock, instant_of

    if start is None:
        return SystemClock()
    if start[:1] in ("+", "-") and start[1:].isdigit():
        return ShiftedClock(Instant(SystemClock().now() + int(start)))
    try:
        return ShiftedClock(instant_of(datetime.fromisoformat(start)))
    except ValueError:
        raise click.BadParameter("give it as 2026-11-21T09:00:00+00:00", param_hint="--clock-start") from None


@click.command()
@click.option("--host", help="Address to listen on instead of the setting `host`.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port instead of the setting `port`; 0 picks a free one.")
@click.option("--database", help="Database instead of the setting `database_url`.")
@click.option("--migrate/--no-migrate", default=None, help="Bring the tables up to date first (default: on SQLite).")
@click.option("--clock-start", hidden=True, help="Begin at this moment instead of now; rehearsals only.")
@click.pass_obj
def serve(
    terminal: Terminal,
    host: str | None,
    port: int | None,
    database: str | None,
    migrate: bool | None,
    clock_start: str | None,
) -> None:
    """Serve the API and the dashboard.

    Each server on one database needs an `instance_name` of its own.

    \b
    Examples:
        tallystick serve
        tallystick serve --database sqlite:///shop.sqlite --port 9000
        TALLYSTICK_INSTANCE_NAME=b tallystick serve --port 8480
    """
    from tallystick import app

    changes = {"host": host, "port": port, "database_url": database}
    settings = terminal.settings(keeps_running=True)
    settings = settings.model_copy(update={k: v for k, v in changes.items() if v is not None})
    run(revision(settings))
    app.serve(settings, clock=_clock(clock_start), migrate=migrate)


@click.command()
@click.option("--name", help="Name of this process among several; as the setting `instance_name` with -worker added.")
@click.option("--clock-start", hidden=True, help="Begin at this moment instead of now; rehearsals only.")
@click.pass_obj
def worker(terminal: Terminal, name: str | None, clock_start: str | None) -> None:
    """Run timers and deliveries in a process of their own.

    Set `worker_embedded` to false on the servers. Several workers on one database need a name each.

    \b
    Examples:
        TALLYSTICK_WORKER_EMBEDDED=false tallystick serve &
        tallystick worker
        tallystick worker --name second-worker
    """
    from tallystick import app

    settings = terminal.settings(keeps_running=True)
    name = name or f"{settings.instance_name}-worker"
    if len(name) > LONGEST_NAME:
        stop(USAGE, f"the name {name!r} is longer than {LONGEST_NAME} characters; give a shorter --name")
    run(revision(settings))
    run(app.work(settings.model_copy(update={"instance_name": name}), clock=_clock(clock_start)))


@click.command()
@click.option("--name", default="sandbox", show_default=True, help="Name of the processor, as the settings call it.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8471, show_default=True, help="Port to listen on.")
@click.option("--file", default="", help="SQLite file for its own book; none keeps it in memory.")
@click.option("--notify-url", default="", help="Where to post its news, such as …/v1/notifications/sandbox.")
@click.option("--approval", type=click.IntRange(0, 10_000), default=10_000, help="Approvals per ten thousand.")
@click.option("--fee", default="290:30", show_default=True, help="Basis points and fixed minor units of its fee.")
@click.option("--seed", type=int, default=1, show_default=True, help="Decides what it declines.")
@click.option("--settings", "file_of_settings", type=click.Path(exists=True, path_type=Path), help="All of it as JSON.")
@click.option("--clock-start", hidden=True)
def sandbox(
    name: str,
    host: str,
    port: int,
    file: str,
    notify_url: str,
    approval: int,
    fee: str,
    seed: int,
    file_of_settings: Path | None,
    clock_start: str | None,
) -> None:
    """Run a stand-in processor with its own book, its own faults and a bank.

    \b
    Examples:
        tallystick sandbox
        tallystick sandbox --name harbour --port 8472 --approval 9100 --fee 250:20 \\
            --notify-url http://127.0.0.1:8470/v1/notifications/harbour
    """
    from tallystick import sandbox as room

    if file_of_settings is not None:
        settings = _sandbox_settings(file_of_settings)
    else:
        basis_points, _, fixed = fee.partition(":")
        if not (basis_points.isdigit() and fixed.isdigit()):
            raise click.BadParameter("give basis points and minor units, such as 290:30", param_hint="--fee")
        settings = room.SandboxSettings(
            name=name,
            host=host,
            port=port,
            file=file,
            notify_url=notify_url,
            approval_basis_points=approval,
            fee=room.Fee(int(basis_points), int(fixed)),
            seed=seed,
        )
    room.serve(settings, clock=_clock(clock_start))


def _sandbox_settings(file: Path) -> sandbox_room.SandboxSettings:
    import msgspec

    from tallystick import sandbox as room

    try:
        return msgspec.json.decode(file.read_bytes(), type=room.SandboxSettings)
    except msgspec.MsgspecError as wrong:
        stop(REFUSED, f"{file}: {wrong}")
