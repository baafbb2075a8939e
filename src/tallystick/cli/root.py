"""What every command shares: settings, `--json`, plain errors, and exit codes that scripts can rely on.

Exit codes: 0 done; 1 refused or failed, with the reason on standard error; 2 the command line itself is wrong;
3 done, and something was found that a person must look at (breaks, a day that cannot close, a doctor's finding);
4 the database or a processor cannot be reached; 70 a fault of ours; 130 interrupted.

Rooms are imported inside the commands: help and a mistyped option must not wait for a database library.
"""

from __future__ import annotations

import asyncio
import importlib
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

import tallystick
from tallystick.cli.terminal import Terminal as Terminal

if TYPE_CHECKING:
    from tallystick import db
    from tallystick.base import Settings

T = TypeVar("T")
HELP = ["-h", "--help"]
REFUSED, USAGE, FOUND, UNREACHABLE, FAULT, INTERRUPTED = 1, 2, 3, 4, 70, 130

COMMANDS = {
    "serve": "serving",
    "worker": "serving",
    "sandbox": "serving",
    "demo": "demo",
    "statements": "files",
    "reconcile": "reconciling",
    "breaks": "breaks",
    "close": "days",
    "keys": "access",
    "merchants": "access",
    "users": "people",
    "jobs": "care",
    "migrate": "care",
    "doctor": "doctor",
}
"""Each command and the module that has it; a module is imported only when its command is run."""


class Unreachable(Exception):
    """Something outside cannot be reached; the text says what and why."""


class _Commands(click.Group):
    """Finds a command's module by the table, and turns every way to fail into its one line and its code."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"tallystick.cli.{COMMANDS[name]}"), name)
        _takes_json(command)
        return command

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and leave the program with its exit code."""
        call = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        raise SystemExit(guarded(call))


def _takes_json(command: click.Command) -> None:
    """`--json` is understood after a command as well as before it."""
    if isinstance(command, click.Group):
        for child in command.commands.values():
            _takes_json(child)
    elif not any("--json" in each.opts for each in command.params):
        option = click.Option(
            ["--json", "asked"], is_flag=True, expose_value=False, callback=_for_machines, help="Print JSON lines."
        )
        command.params.append(option)


def _for_machines(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    terminal = context.find_object(Terminal)
    if terminal is not None and asked:
        terminal.machine = True


@click.group("tallystick", cls=_Commands, context_settings={"help_option_names": HELP})
@click.version_option(tallystick.__version__, prog_name="tallystick")
@click.option("--json", "machine", is_flag=True, help="Print results as JSON lines.")
@click.pass_context
def tally(context: click.Context, machine: bool) -> None:
    """Take payments, keep the books, reconcile, and prove every day.

    Settings come from TALLYSTICK_… in the environment, or from tallystick.toml.

    \b
    Exit codes: 0 done, 1 refused, 2 wrong command line, 3 something to look at,
    4 cannot reach a database or processor, 70 our fault, 130 interrupted.
    """
    context.obj = Terminal(machine)


# --- the database ----------------------------------------------------------------------------------------------------


async def revision(settings: Settings) -> str | None:
    """The revision the database stands at; None where there is none. Raises Unreachable, and Refused for a bad url."""
    from tallystick import db

    db.backend_of(settings.database_url)
    if (file := sqlite_file(settings.database_url)) is not None and not file.exists():
        return None  # asking would make the file
    try:
        return await db.revision(settings.database_url)
    except Exception as error:  # whatever its driver raises, a database that does not answer cannot be reached
        raise _away(settings, error) from error


@asynccontextmanager
async def opened(terminal: Terminal) -> AsyncIterator[tuple[Settings, db.Database]]:
    """The database of the settings. Leaves with a hint when its tables are not today's. Raises Unreachable."""
    from tallystick import db

    settings = terminal.settings()
    at = await revision(settings)
    if at != db.head_revision():
        where = masked(settings.database_url)
        state = "has no tables yet" if at is None else f"is at revision {at}, not at {db.head_revision()}"
        stop(REFUSED, f"{where} {state}: run `tallystick migrate`")
    try:
        database = await db.open(settings.database_url, clock=terminal.clock)
    except Exception as error:  # as above
        raise _away(settings, error) from error
    try:
        yield settings, database
    finally:
        await database.close()


def sqlite_file(url: str) -> Any:
    """The path of a SQLite database, or None for anything else."""
    from pathlib import Path

    scheme, _, path = url.partition(":///")
    path = path.partition("?")[0]
    return Path(path) if scheme == "sqlite" and path not in ("", ":memory:") else None


def masked(url: str) -> str:
    """The url without its password."""
    import re

    return re.sub(r"(://[^:/@]*):[^@/]*@", r"\1:***@", url)


def _away(settings: Settings, error: Exception) -> Exception:
    from tallystick.base import Refused

    if isinstance(error, Refused):
        return error
    return Unreachable(f"cannot reach the database {masked(settings.database_url)}: {reason_of(error)}")


def reason_of(error: BaseException) -> str:
    """The first line of what went wrong at the root of it."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


# --- running and leaving ---------------------------------------------------------------------------------------------


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
    complain(message)
    raise SystemExit(code)


def complain(message: str) -> None:
    """Say on standard error what is wrong."""
    click.echo(f"tallystick: {message}", err=True)


def guarded(call: Callable[[], object]) -> int:
    """Run a command and answer its exit code; every way to fail has its one line and its code."""
    try:
        code = call()
    except (click.Abort, KeyboardInterrupt, asyncio.CancelledError):
        complain("interrupted")
        return INTERRUPTED
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except Exception as error:
        return _failed(error)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    from tallystick import db, idempotency
    from tallystick.base import Refused

    match error:
        case Refused():
            complain(f"{error.message} [{error.code}]")
            return REFUSED
        case Unreachable():
            complain(str(error))
            return UNREACHABLE
        case ConnectionError() | TimeoutError() | db.ConnectionLost():
            complain(f"cannot reach it: {reason_of(error)}")
            return UNREACHABLE
        case idempotency.Superseded():
            complain(str(error))
            return REFUSED
        case OSError(filename=name) if name is not None:
            complain(f"{name}: {error.strerror}")
            return REFUSED
    click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    complain("this is a fault of ours; please report the lines above")
    return FAULT


def main() -> None:
    """The entry point of the `tallystick` command."""
    tally(prog_name="tallystick")
