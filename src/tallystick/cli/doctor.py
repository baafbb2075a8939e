"""`tallystick doctor`: is all well? Each check looks at one thing and says what to do where something is wrong.

The books are added up again from the transfers themselves: a balance that only agrees with other balances proves
nothing. Nothing is changed by any check.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tallystick.cli.finding import Finding, Level
from tallystick.cli.root import (
    UNREACHABLE,
    Terminal,
    Unreachable,
    found,
    masked,
    opened,
    reason_of,
    revision,
    run,
    sqlite_file,
)

if TYPE_CHECKING:
    from tallystick import db
    from tallystick.base import Clock, Settings

MARKS: dict[Level, tuple[str, str]] = {
    "ok": ("✓", "green"),
    "warning": ("!", "yellow"),
    "bad": ("✗", "red"),
    "unreachable": ("✗", "red"),
}
OLDEST_PYTHON = (3, 11)


@click.command()
@click.pass_obj
def doctor(terminal: Terminal) -> None:
    """Look at settings, database, books, unfinished work and processors.

    Leaves with 3 when something is bad and with 4 when database or processor cannot be reached. Warnings leave 0.
    """
    levels = run(_examine(terminal))
    if "unreachable" in levels:
        raise SystemExit(UNREACHABLE)
    if "bad" in levels:
        found()


async def _examine(terminal: Terminal) -> set[Level]:
    """Tell each finding as it comes."""
    levels: set[Level] = set()
    async for finding in _findings(terminal):
        mark, colour = MARKS[finding.level]
        text = "\n".join([f"{finding.check}: {finding.text}", *(f"    {line}" for line in finding.details)])
        terminal.say(asdict(finding), f"{click.style(mark, fg=colour)} {text}")
        levels.add(finding.level)
    return levels


async def _findings(terminal: Terminal) -> AsyncIterator[Finding]:
    settings = terminal.settings()
    yield _python()
    yield _source()
    yield _secret(settings)
    for name in settings.processors:
        yield await _processor(settings, name, terminal.clock)
    database = await _revision(settings)
    yield database
    if database.level == "ok":
        async with opened(terminal) as (_, opened_database):
            async for finding in _inside(opened_database, settings, terminal.clock):
                yield finding


def _python() -> Finding:
    now = sys.version_info[:2]
    if now < OLDEST_PYTHON:
        return Finding("python", "bad", f"{platform.python_version()} is too old; {OLDEST_PYTHON} or newer is needed")
    return Finding("python", "ok", f"{platform.python_version()} on {platform.system()}")


def _source() -> Finding:
    """Where the settings came from."""
    file = Path(os.environ.get("TALLYSTICK_SETTINGS", "tallystick.toml"))
    names = sorted(name for name in os.environ if name.startswith("TALLYSTICK_") and name != "TALLYSTICK_SETTINGS")
    parts = [f"{len(names)} from the environment", f"the file {file}" if file.is_file() else f"no file {file}"]
    if "TALLYSTICK_SETTINGS" in os.environ and not file.is_file():
        return Finding("settings", "bad", f"TALLYSTICK_SETTINGS names {file}, which is not there")
    return Finding("settings", "ok", ", ".join(parts), tuple(names))


def _secret(settings: Settings) -> Finding:
    default = type(settings).model_fields["secret_key"].default.get_secret_value()
    if settings.secret_key.get_secret_value() == default:
        return Finding("secret key", "warning", "the built-in one; set TALLYSTICK_SECRET_KEY before going live")
    return Finding("secret key", "ok", "set")


async def _processor(settings: Settings, name: str, clock: Clock) -> Finding:
    """Ask for an operation nobody ever sent; a processor that says so is there and knows us."""
    from tallystick import connectors
    from tallystick.base import Refused

    options = settings.processors[name]
    check = f"processor {name}"
    async with connectors.Transport(timeout_seconds=options.timeout_seconds) as transport:
        try:
            connector = connectors.build(name, options, transport)
        except Refused as refused:
            return Finding(check, "bad", refused.message)
        answer = await connector.look_up(f"doctor-{clock.now()}")
    if isinstance(answer, connectors.NotFound):
        return Finding(check, "ok", f"{options.plug} at {options.url} answers")
    reason = answer.reason if isinstance(answer, connectors.Unknown) else "it knows an operation that was never sent"
    return Finding(check, "unreachable", f"{options.plug} at {options.url}: {reason}")


async def _revision(settings: Settings) -> Finding:
    from tallystick import db
    from tallystick.base import Refused

    where = masked(settings.database_url)
    try:
        at = await revision(settings)
    except Unreachable as away:
        return Finding("database", "unreachable", str(away))
    except Refused as refused:
        return Finding("database", "bad", refused.message)
    if at == db.head_revision():
        return Finding("database", "ok", f"{where} is at revision {at}")
    file = sqlite_file(settings.database_url)
    state = "is not there yet" if file is not None and not file.exists() else f"is at revision {at or 'none'}"
    return Finding("database", "bad", f"{where} {state}; run `tallystick migrate`")


async def _inside(database: db.Database, settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    from tallystick.cli import ailments

    for livemode in (False, True):
        mode = "live" if livemode else "test"
        yield await ailments.books(database, mode, livemode=livemode)
        yield await ailments.unknown(database, mode, clock, livemode=livemode)
        yield await ailments.proof(database, mode, livemode=livemode)
    for name, asked in ailments.waiting(database, settings, clock):
        try:
            yield await asked
        except Exception as error:  # one broker that cannot be asked must not hide the other findings
            yield Finding(name, "bad", reason_of(error))
    yield await ailments.jobs_given_up(database)
    yield await ailments.clock_ahead(database, clock)
