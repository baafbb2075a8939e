"""Where a command's results go: text for people, JSON lines for programs, a bar on standard error while they wait."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from datetime import date

    from tallystick.base import Clock, Settings

F = TypeVar("F", bound=Callable[..., Any])
Row = Mapping[str, Any]
GAP = "  "


def _system_clock() -> Clock:
    from tallystick.base import SystemClock

    return SystemClock()


@dataclass(slots=True)
class Terminal:
    """What a command is given: whether a program reads along, the time, and the settings when it asks for them."""

    machine: bool = False
    _clock: Clock | None = field(default=None)

    @property
    def clock(self) -> Clock:
        """The machine's clock."""
        if self._clock is None:
            self._clock = _system_clock()
        return self._clock

    def settings(self, *, keeps_running: bool = False) -> Settings:
        """The settings of this process. Raises click.UsageError naming the setting that is wrong.

        What runs and ends tells its result itself: it logs warnings only, unless it is to log everything.
        """
        from tallystick.base import Settings, log

        try:
            settings = Settings()
        except ValueError as wrong:  # pydantic's, and that of a TOML file that is none
            raise click.UsageError("the settings are wrong:\n  " + "\n  ".join(_complaints(wrong))) from None
        quiet = not keeps_running and settings.log_level.lower() == "info"
        log.setup("warning" if quiet else settings.log_level, settings.log_format)
        return settings

    def say(self, value: Any, text: str) -> None:
        """Print `value` as one JSON line for programs, or `text` for people."""
        click.echo(msgspec.json.encode(value, enc_hook=str).decode() if self.machine else text)

    def table(
        self, rows: Sequence[Row], columns: Sequence[str], *, right: Collection[str] = (), none: str = ""
    ) -> None:
        """Print rows: each as one JSON line for programs; these columns, aligned, for people; `none` if there are none.

        Columns in `right` are flush right, as amounts are.
        """
        if self.machine:
            for row in rows:
                self.say(row, "")
        elif not rows:
            click.echo(none, err=True)
        elif sys.stdout.isatty():
            _rich(rows, columns, right)
        else:
            _plain(rows, columns, right)


def _complaints(wrong: ValueError) -> list[str]:
    from pydantic import ValidationError

    if isinstance(wrong, ValidationError):
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors()]
    return [str(wrong)]


def _rich(rows: Sequence[Row], columns: Sequence[str], right: Collection[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in columns:
        flush = name in right
        # An amount or id that is cut would be wrong; only words may be folded.
        table.add_column(name, justify="right" if flush else "left", no_wrap=flush, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name))) for name in columns))
    Console().print(table)


def _plain(rows: Sequence[Row], columns: Sequence[str], right: Collection[str]) -> None:
    cells = [list(columns), *([_cell(row.get(name)) for name in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    for line in cells:
        padded = [
            text.rjust(width) if name in right else text.ljust(width)
            for name, text, width in zip(columns, line, widths, strict=True)
        ]
        click.echo(GAP.join(padded).rstrip())


def _cell(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


@contextmanager
def progress(title: str, *, shown: bool = True) -> Iterator[Callable[[int, int], None]]:
    """Tell how far long work is (done, in all) on standard error, where that is a terminal; gone when it is done."""
    if not shown or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    with bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


# --- options that several commands have ------------------------------------------------------------------------------


class Day(click.ParamType[Any]):
    """A calendar day: 2026-11-21, or `today` or `yesterday` in UTC."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Raises click.BadParameter for anything else."""
        from datetime import date, timedelta

        from tallystick.base import day

        if isinstance(value, date):
            return value
        terminal = ctx.find_object(Terminal) if ctx is not None else None
        if value in ("today", "yesterday"):
            return day((terminal or Terminal()).clock.now()) - timedelta(days=value == "yesterday")
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day; give it as 2026-11-21, today or yesterday", param, ctx)


def in_mode(command: F) -> F:
    """Add `--mode`, given to the command as `livemode`."""
    return click.option(
        "--mode",
        "livemode",
        type=click.Choice(["test", "live"]),
        default="test",
        show_default=True,
        callback=lambda _context, _parameter, value: value == "live",
        help="Which of the two books.",
    )(command)


def amount(minor: int, currency: str) -> str:
    """An amount as people write it, without its currency."""
    from tallystick import money

    return money.minor_to_text(minor, money.exponent(currency))
