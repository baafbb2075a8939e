"""What every command shares: settings, `--json`, plain errors, and exit codes that scripts can rely on.

Exit codes: 0 done; 1 refused or failed, with the reason on standard error; 2 the command line itself is wrong;
3 done, and something was found that a person must look at (breaks, a day that cannot close, a doctor's finding);
4 the database or a processor cannot be reached; 70 a fault of ours; 130 interrupted.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import click
import msgspec
from pydantic import ValidationError

import tallystick
from tallystick import db
from tallystick.base import Clock, Refused, Settings, SystemClock, log

T = TypeVar("T")
REFUSED, FOUND, UNREACHABLE, FAULT, INTERRUPTED = 1, 3, 4, 70, 130

COMMANDS = {
    "serve": "serving",
    "worker": "serving",
    "sandbox": "serving",
    "demo": "demo",
    "statements": "files",
    "reconcile": "files",
    "close": "days",
    "keys": "access",
    "merchants": "access",
    "users": "access",
    "migrate": "care",
    "doctor": "care",
}
"""Each command and the module that has it; a module is imported only when its command is run, so that help is quick."""


class _Commands(click.Group):
    """Finds a command's module by the table."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"tallystick.cli.{COMMANDS[name]}"), name)
        return command


@dataclass(slots=True)
class Terminal:
    """What a command is given: whether machines read along, and the settings when it asks for them."""

    machine: bool
    clock: Clock

    def settings(self) -> Settings:
        """The settings of this process. Raises click.UsageError naming the setting that is wrong."""
        try:
            settings = Settings()
        except ValidationError as wrong:
            lines = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors()]
            raise click.UsageError("the settings are wrong:\n  " + "\n  ".join(lines)) from None
        log.setup(settings.log_level, settings.log_format)
        return settings

    def say(self, value: Any, text: str) -> None:
        """Print `value` as one JSON line for machines, or `text` for people."""
        click.echo(msgspec.json.encode(value, enc_hook=str).decode() if self.machine else text)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tallystick.__version__, prog_name="tallystick")
@click.option("--json", "machine", is_flag=True, help="Print results as JSON lines.")
@click.pass_context
def tally(context: click.Context, machine: bool) -> None:
    """Take payments, keep the books, reconcile, and prove every day."""
    context.obj = Terminal(machine, SystemClock())


@asynccontextmanager
async def opened(terminal: Terminal) -> AsyncIterator[tuple[Settings, db.Database]]:
    """The database of the settings, which must be at today's tables."""
    settings = terminal.settings()
    database = await db.open(settings.database_url, clock=terminal.clock)
    try:
        yield settings, database
    finally:
        await database.close()


def run(work: Awaitable[T]) -> T:
    """Run a coroutine to its end."""

    async def whole() -> T:
        return await work

    return asyncio.run(whole())


def found() -> NoReturn:
    """Leave with the code that says: done, and somebody should look."""
    raise SystemExit(FOUND)


def stop(code: int, message: str) -> NoReturn:
    """Leave with a reason."""
    click.echo(f"tallystick: {message}", err=True)
    raise SystemExit(code)


def guarded(call: Callable[[], None]) -> None:
    """Run a command; every way to fail has its one line and its code."""
    try:
        call()
    except Refused as refused:
        stop(REFUSED, f"{refused.message} [{refused.code}]")
    except (ConnectionError, db.ConnectionLost) as lost:
        stop(UNREACHABLE, f"cannot reach it: {lost}")
    except KeyboardInterrupt:
        stop(INTERRUPTED, "interrupted")


def main() -> None:
    """The entry point of the `tallystick` command."""
    guarded(lambda: tally(prog_name="tallystick"))
