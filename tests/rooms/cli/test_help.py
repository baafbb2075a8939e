"""Every command explains itself, quickly, and is in the reference."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tallystick import merchants
from tallystick.cli import people
from tallystick.cli.root import COMMANDS, tally
from tests.rooms.cli.conftest import Line
from tools.reference.commands import commands

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "cli.md"
EVERY = dict(commands(tally))
HEAVY = ("sqlalchemy", "alembic", "pydantic", "aiohttp", "starlette", "duckdb", "pyarrow", "rich")
EXAMPLE = re.compile(r"^(?:.*(?:\||=\S+) )?tallystick ([a-z][a-z -]*[a-z])", re.MULTILINE)


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_every_command_has_help(line: Line, path: str, option: str) -> None:
    told = line(*path.split()[1:], option).stdout
    assert told.startswith("Usage: tallystick")
    assert "--json" in told


@pytest.mark.parametrize("path", EVERY)
def test_every_command_is_in_the_reference(path: str) -> None:
    assert f"## `{path}`" in REFERENCE.read_text()


@pytest.mark.parametrize("path", EVERY)
def test_examples_name_commands_that_there_are(path: str) -> None:
    for words in EXAMPLE.findall(EVERY[path].help or ""):
        found: click.Command | None = tally
        for word in words.split(" -")[0].split():
            if not isinstance(found, click.Group):
                break
            found = found.get_command(click.Context(found), word)
            assert found is not None, words


def test_the_overview_names_every_command(line: Line) -> None:
    told = line("-h").stdout
    assert [name for name in COMMANDS if f"\n  {name}" not in told] == []


def test_help_waits_for_no_library() -> None:
    code = (
        "import sys; from tallystick.cli.root import tally\n"
        "try: tally(['--help'])\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_roles_are_those_of_the_merchants() -> None:
    assert set(people.ROLES) == {role.value for role in merchants.Role}
    assert people.PLATFORM == merchants.PLATFORM
