"""Two files are reconciled without any database."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.rooms.cli.conftest import Line

OURS = "id,order,amount,currency,date\n1,A-1,10.00,EUR,2026-11-20\n2,A-2,20.00,EUR,2026-11-20\n"
THEIRS = "reference,order,amount,currency,date\nr1,A-1,10.00,EUR,2026-11-21\nr2,A-2,20.00,EUR,2026-11-21\n"


@pytest.fixture
def files(line: Line) -> tuple[Path, Path]:
    line("reconcile", "--init")
    left, right = Path("ours.csv"), Path("theirs.csv")
    left.write_text(OURS)
    right.write_text(THEIRS)
    return left, right


def reconcile(line: Line, files: tuple[Path, Path], *more: object, expect: int = 0) -> str:
    words = ("reconcile", "--as-of", "2026-11-21", "--spec", "reconcile.yaml", *files, *more)
    return line(*words, expect=expect).stdout


def test_the_spec_to_start_from_runs(line: Line, files: tuple[Path, Path]) -> None:
    told = reconcile(line, files)
    assert "as of 2026-11-21: reconciled" in told
    assert "strong_key: 2 matches" in told
    assert Path("reconciled/run.json").exists()


def test_it_overwrites_no_spec(line: Line, files: tuple[Path, Path]) -> None:
    assert "is there already" in line("reconcile", "--init", expect=1).stderr
    line("reconcile", "--init", "--spec", "second.yaml")
    assert Path("second.yaml").read_bytes() == Path("reconcile.yaml").read_bytes()


def test_breaks_are_shown_and_leave_three(line: Line, files: tuple[Path, Path]) -> None:
    files[1].write_text(THEIRS.replace("20.00", "19.00") + "r3,B-9,5.00,EUR,2026-11-10\n")
    told = reconcile(line, files, "--out", "result", "--parquet", expect=3)
    assert "break amount: 1" in told
    assert "B-9" in told
    assert "result" in told
    names = {path.name for path in Path("result").iterdir()}
    assert {"matches.csv", "breaks.csv", "breaks.parquet", "proof.txt", "proof.json", "run.json"} <= names


def test_programs_get_the_proof(line: Line, files: tuple[Path, Path]) -> None:
    (proof,) = line.json("reconcile", "--spec", "reconcile.yaml", *files, "--as-of", "2026-11-21")
    assert proof["verdict"] == "reconciled"
    assert proof["counts"]["groups"] == 2
    assert proof["digest"] == msgspec.json.decode(Path("reconciled/proof.json").read_bytes())["digest"]


def test_the_same_inputs_give_the_same_bytes(line: Line, files: tuple[Path, Path]) -> None:
    reconcile(line, files, "--out", "one")
    reconcile(line, files, "--out", "two")
    assert Path("one/run.json").read_bytes() == Path("two/run.json").read_bytes()


def test_what_was_left_open_comes_in_the_next_day(line: Line, files: tuple[Path, Path]) -> None:
    files[1].write_text("".join(THEIRS.splitlines(keepends=True)[:2]))
    reconcile(line, files, "--out", "monday", expect=3)
    files[0].write_text(OURS.splitlines()[0] + "\n")
    files[1].write_text(THEIRS.splitlines()[0] + "\n" + "r2,A-2,20.00,EUR,2026-11-22\n")
    told = reconcile(line, files, "--carried-from", "monday", "--as-of", "2026-11-22")
    assert "strong_key: 1 matches" in told


def test_a_spec_that_is_wrong_is_refused_with_its_line(line: Line, files: tuple[Path, Path]) -> None:
    spec = Path("reconcile.yaml")
    spec.write_text(spec.read_text().replace("tiers:", "teirs:"))
    words = ("reconcile", "--spec", spec, *files)
    assert "reconcile.yaml, line" in line(*words, expect=1).stderr
    assert not Path("reconciled").exists()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("ours.csv",),
        ("ours.csv", "theirs.csv"),
        ("--spec", "reconcile.yaml"),
        ("--day", "2026-11-21", "--spec", "reconcile.yaml"),
        ("--init", "ours.csv"),
        ("--spec", "reconcile.yaml", "ours.csv", "missing.csv"),
    ],
)
def test_what_does_not_go_together(line: Line, files: tuple[Path, Path], words: tuple[str, ...]) -> None:
    line("reconcile", *words, expect=2)
