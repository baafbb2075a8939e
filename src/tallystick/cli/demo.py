"""The command that plays a business day and judges the result."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from tallystick.cli.root import INTERRUPTED, REFUSED, Terminal, found, stop

if TYPE_CHECKING:
    from tallystick.demo import Options, Result

PAYMENTS = 3_000
FEWEST = 100
WIDTH = 116
"""Columns of the screen where there is no terminal to ask."""


@click.command()
@click.option("--exit", "leaves", is_flag=True, help="End after the summary instead of serving the dashboard.")
@click.option("--seed", type=int, default=7, show_default=True, help="Decides the whole day.")
@click.option("--payments", type=click.IntRange(FEWEST), default=PAYMENTS, show_default=True, help="Orders in the day.")
@click.option("--kill", is_flag=True, help="Play it twice, the second time killing the server, and compare the books.")
@click.option("--json", "machine", is_flag=True, help="Print the result as one JSON line.")
@click.option("--port", type=click.IntRange(0, 65535), default=8470, show_default=True, help="Where to serve, if free.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where files go; emptied at the start.",
)
@click.pass_obj
def demo(
    terminal: Terminal, leaves: bool, seed: int, payments: int, kill: bool, machine: bool, port: int, folder: Path
) -> None:
    """Play a whole business day on this machine, show its results, and leave the dashboard serving.

    Leaves with 3 unless every planted trouble was found, nothing else was reported, and books and webhooks are right.
    """
    try:
        from tallystick import demo as room
    except ModuleNotFoundError as missing:
        stop(REFUSED, f"the demo needs the package {missing.name}: install tallystick[demo]")
    from tallystick.base import log

    log.setup("error", "text")
    options = room.Options(folder, seed, payments, port, kill)
    result = _run(terminal, options, stay=not leaves, machine=machine or terminal.machine)
    if result is not None and result.failures():
        found()


def _run(terminal: Terminal, options: Options, *, stay: bool, machine: bool) -> Result | None:
    """The result, or None when it was left by Ctrl-C after it was shown."""
    from rich.console import Console

    from tallystick import demo as room

    shown: list[Result] = []

    def present(result: Result) -> None:
        shown.append(result)
        if machine:
            click.echo(msgspec.json.encode(room.as_data(result)))
        else:
            room.show(Console(width=None if sys.stdout.isatty() else WIDTH), result, stays=stay)

    async def whole() -> Result:
        here = asyncio.current_task()
        assert here is not None
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, here.cancel)
        return await room.demo(options, terminal.clock, room.Show(Console(stderr=True)), present, stay=stay)

    try:
        return asyncio.run(whole())
    except asyncio.CancelledError:
        if shown:
            return shown[0]
        stop(INTERRUPTED, "interrupted")
    except (room.NotPossible, room.StartFailed, room.ControlFailed, room.NeverSettled) as failed:
        stop(REFUSED, str(failed))
