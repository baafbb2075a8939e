"""Commands that keep running: the server, the worker, the stand-in processor."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tallystick.base import Instant, ShiftedClock, SystemClock, instant_of
from tallystick.cli.root import Terminal, run, stop


def _clock(start: str | None) -> SystemClock | ShiftedClock:
    """The machine's clock, or one that begins at `start` (ISO 8601 with a zone).

    A signed number of microseconds moves the machine's clock instead, so that several programs agree on the time.
    """
    from datetime import datetime

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
    """Serve the API and the dashboard."""
    from tallystick import app

    changes = {"host": host, "port": port, "database_url": database}
    settings = terminal.settings().model_copy(update={k: v for k, v in changes.items() if v is not None})
    app.serve(settings, clock=_clock(clock_start), migrate=migrate)


@click.command()
@click.pass_obj
def worker(terminal: Terminal) -> None:
    """Run timers and deliveries in a process of their own (set `worker_embedded` to false on the servers)."""
    from tallystick import app

    run(app.work(terminal.settings(), clock=terminal.clock))


@click.command()
@click.option("--name", default="sandbox", show_default=True, help="Name of the processor, as the settings call it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8471, show_default=True)
@click.option("--file", default="", help="SQLite file for its own book; none keeps it in memory.")
@click.option("--notify-url", default="", help="Where to post its news, such as …/v1/notifications/sandbox.")
@click.option("--approval", type=click.IntRange(0, 10_000), default=10_000, help="Approvals per ten thousand.")
@click.option("--fee", default="290:30", show_default=True, help="Basis points and fixed minor units of its fee.")
@click.option("--seed", type=int, default=1, show_default=True)
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
    """Run a stand-in processor with its own book, its own faults and a bank."""
    from tallystick import sandbox as room

    if file_of_settings is not None:
        try:
            settings = msgspec.json.decode(file_of_settings.read_bytes(), type=room.SandboxSettings)
        except msgspec.MsgspecError as wrong:
            stop(2, f"{file_of_settings}: {wrong}")
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
