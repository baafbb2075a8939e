"""Every way to leave has its one line and its code."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
import pytest

from tallystick import db, idempotency
from tallystick.cli import root
from tests.rooms.cli.conftest import Line

NOBODY = "127.0.0.1:9"


def test_done(line: Line) -> None:
    line("merchants", "list")


def test_refused_with_the_reason(line: Line) -> None:
    result = line("merchants", "add", "--name", "Shop", "--email", "nowhere", expect=1)
    assert result.stderr.startswith("tallystick: Give an email address")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    "words", [("nonsense",), ("keys", "issue"), ("close",), ("reconcile", "--day", "monday"), ("statements", "read")]
)
def test_a_wrong_command_line(line: Line, words: tuple[str, ...]) -> None:
    assert "Error:" in line(*words, expect=2).stderr


def test_a_wrong_setting_is_named(line: Line) -> None:
    assert "port: " in line("merchants", "list", expect=2, port="many").stderr


def test_a_settings_file_that_is_none_is_told(line: Line) -> None:
    Path("tallystick.toml").write_text("port = = 1\n")
    assert "the settings are wrong" in line("merchants", "list", expect=2).stderr


@pytest.mark.parametrize("words", [("merchants", "list"), ("statements", "list"), ("close", "--list")])
def test_a_database_without_tables_is_not_touched(bare: Line, words: tuple[str, ...]) -> None:
    assert "run `tallystick migrate`" in bare(*words, expect=1).stderr
    assert not bare.file.exists()


def test_tables_of_another_release_are_refused(line: Line) -> None:
    import sqlite3

    with sqlite3.connect(line.file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    assert "is at revision 0001" in line("merchants", "list", expect=1).stderr


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
@pytest.mark.parametrize("words", [("merchants", "list"), ("migrate",), ("worker",), ("serve", "--port", "0")])
def test_a_database_that_does_not_answer(line: Line, scheme: str, words: tuple[str, ...]) -> None:
    away = Line(f"{scheme}://pay:hidden@{NOBODY}/books")
    told = away(*words, expect=4).stderr
    assert f"cannot reach the database {scheme}://pay:***@{NOBODY}/books" in told
    assert "hidden" not in told


def test_a_folder_that_is_not_there(line: Line, tmp_path: Path) -> None:
    Line(f"sqlite:///{tmp_path}/nowhere/books.sqlite")("migrate", expect=4)


def test_a_database_nobody_speaks(line: Line) -> None:
    assert "database_url_unknown" in Line("oracle://books")("merchants", "list", expect=1).stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (asyncio.CancelledError(), 130),
        (click.Abort(), 130),
        (ConnectionResetError("gone"), 4),
        (db.ConnectionLost("gone"), 4),
        (root.Unreachable("gone"), 4),
        (idempotency.Superseded("a newer one"), 1),
        (PermissionError(13, "Permission denied", "out.csv"), 1),
        (click.BadParameter("no"), 2),
        (ZeroDivisionError("ours"), 70),
        (OSError("ours too"), 70),
    ],
)
def test_each_kind_of_failure(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise error

    assert root.guarded(fail) == code
    told = capsys.readouterr().err
    assert ("Traceback" in told) == (code == 70)


def test_nothing_wrong_is_zero() -> None:
    assert root.guarded(lambda: None) == 0


def test_json_is_understood_before_and_after_the_command(line: Line) -> None:
    line("merchants", "add", "--name", "Shop", "--email", "shop@example.com", "--id", "acct_a")
    before, after = line("--json", "merchants", "list"), line("merchants", "list", "--json")
    assert before.stdout == after.stdout
    assert before.stdout.startswith('{"id":"acct_a"')
