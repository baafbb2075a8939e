"""A day of the platform from the command line: files in, breaks settled, day closed, proof checked."""

from __future__ import annotations

import sqlite3

import pytest

from tests.rooms.cli.conftest import STATEMENT, Line

DAY = "2026-11-20"
BY = ("--by", "Ines Moreau")


@pytest.fixture
def open_day(line: Line) -> Line:
    """A bank statement of which nobody knows anything was handed in."""
    line("statements", "ingest", STATEMENT)
    return line


def settle(line: Line) -> None:
    for one in line.json("breaks", "list"):
        line("breaks", "sign-off", one["id"], "--reason", "the bank was asked", *BY)


def test_a_day_with_breaks_does_not_close(open_day: Line) -> None:
    told = open_day("reconcile", "--day", DAY, expect=3).stdout
    assert "processor_vs_bank" in told
    assert "orphan" in told
    refused = open_day("close", "--day", DAY, *BY, expect=3)
    assert "breaks_settled: " in refused.stdout
    assert "4 things stand in the way" in refused.stderr
    (told,) = open_day.json("close", "--day", DAY, *BY, expect=3)
    assert len(told["findings"]) == 4
    assert "cannot close yet" in open_day("close", "--day", DAY, "--preview", expect=3).stdout


def test_a_day_is_closed_when_every_break_has_somebody(open_day: Line) -> None:
    (ran,) = open_day.json("reconcile", "--day", DAY, expect=3)
    assert len(ran["open_breaks"]) == 4
    settle(open_day)
    open_day("reconcile", "--day", DAY)
    assert "can close" in open_day("close", "--day", DAY, "--preview").stdout
    (closed,) = open_day.json("close", "--day", DAY, *BY)
    assert closed["closed_by"] == "Ines Moreau"
    assert closed["digest"] in open_day("close", "--show", DAY).stdout
    (shown,) = open_day.json("close", "--show", DAY)
    assert len(shown["proof"]["signed_off"]) == 4
    assert "holds" in open_day("close", "--verify", DAY).stdout
    assert DAY in open_day("close", "--list").stdout
    open_day("close", "--day", DAY, *BY, expect=1)
    open_day("reconcile", "--day", DAY, expect=1)


def test_a_proof_that_was_changed_does_not_hold(open_day: Line) -> None:
    open_day("reconcile", "--day", DAY, expect=3)
    settle(open_day)
    open_day("close", "--day", DAY, *BY)
    with sqlite3.connect(open_day.file) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE closes SET proof = replace(proof, 'asked', 'paid')")
    (told,) = open_day.json("close", "--verify", DAY, expect=3)
    assert told["wrong"] == ["the document is not the one that was digested"]
    assert "last close (test)" in open_day("doctor", expect=3, processors="{}").stdout


def test_a_break_goes_through_hands(open_day: Line) -> None:
    open_day("reconcile", "--day", DAY, expect=3)
    one, other = [each["id"] for each in open_day.json("breaks", "list")][:2]
    open_day("breaks", "assign", one, "--owner", "Tomás Rey", *BY)
    open_day("breaks", "comment", one, "--text", "asked the bank", *BY)
    assert [each["id"] for each in open_day.json("breaks", "list", "--owner", "Tomás Rey")] == [one]
    told = open_day("breaks", "show", one).stdout
    assert "asked the bank" in told
    open_day("breaks", "sign-off", one, "--reason", "ours", "--by", "Tomás Rey", expect=1)
    open_day("breaks", "resolve", other, "--reason", "a copy", *BY)
    assert [each["id"] for each in open_day.json("breaks", "list", "--status", "resolved")] == [other]
    open_day("breaks", "resolve", other, "--reason", "again", *BY, expect=1)
    open_day("breaks", "show", "brk_none", expect=1)
    open_day("breaks", "show", one, "--mode", "live", expect=1)


def test_an_empty_day_closes(line: Line) -> None:
    line("reconcile", "--day", DAY)
    line("close", "--day", DAY, *BY)


@pytest.mark.parametrize(
    "words",
    [
        ("--day", DAY),
        ("--day", DAY, "--by", " "),
        ("--day", DAY, "--list"),
        ("--preview",),
        ("--show", DAY, "--by", "me"),
        ("--show", "someday"),
    ],
)
def test_what_does_not_go_together(line: Line, words: tuple[str, ...]) -> None:
    line("close", *words, expect=2)


def test_a_day_that_was_never_closed(line: Line) -> None:
    line("close", "--show", DAY, expect=1)
    line("close", "--verify", DAY, expect=1)
    assert "no day is closed" in line("close", "--list").stderr
