"""A command line on a database of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from tallystick import db
from tallystick.cli.root import tally

GOLDEN = Path(__file__).parents[2] / "golden" / "statements"
STATEMENT = GOLDEN / "camt" / "day.camt.053.001.08.xml"
BROKEN = GOLDEN / "camt" / "refused-short-by-a-cent.camt.053.001.02.xml"


@dataclass
class Line:
    """`line("merchants", "list")` runs `tallystick merchants list`."""

    url: str

    def __call__(self, *words: object, expect: int = 0, typed: str | None = None, **settings: str) -> Result:
        """Run it and check the exit code; `settings` are given in the environment, `typed` on standard input."""
        # Loggers remember the stream they first had, which here is gone when the command ends: they stay silent.
        environment = {"TALLYSTICK_DATABASE_URL": self.url, "TALLYSTICK_LOG_LEVEL": "critical"}
        environment |= {f"TALLYSTICK_{name.upper()}": value for name, value in settings.items()}
        result = CliRunner(env=environment).invoke(tally, [str(word) for word in words], input=typed)
        assert result.exit_code == expect, (result.exit_code, result.stdout, result.stderr)
        assert expect == 70 or "Traceback" not in result.stderr
        return result

    def json(self, *words: object, expect: int = 0, **settings: str) -> list[Any]:
        """Run it with --json; each line of its output."""
        result = self(*words, "--json", expect=expect, **settings)
        return [msgspec.json.decode(line) for line in result.stdout.splitlines()]

    def within(self, work: Callable[[db.Database], Awaitable[Any]]) -> Any:
        """Do something to the database."""

        async def whole() -> Any:
            database = await db.open(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(whole())

    @property
    def file(self) -> Path:
        """The database itself."""
        return Path(self.url.removeprefix("sqlite:///"))


@pytest.fixture
def line(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """On a database with today's tables, in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Line(sqlite_url)


@pytest.fixture
def bare(line: Line, empty_sqlite_url: str) -> Line:
    """Before `tallystick migrate`."""
    return Line(empty_sqlite_url)
