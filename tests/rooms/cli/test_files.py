"""Files are read without a database, and handed in with one."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import msgspec
import pyarrow.parquet as parquet
import pytest

from tallystick import statements
from tests.rooms.cli.conftest import BROKEN, GOLDEN, STATEMENT, Line


def test_a_table_for_people_has_lines_and_proof(line: Line) -> None:
    told = line("statements", "read", STATEMENT).stdout
    assert "day.camt.053.001.08.xml: camt.053.001.08, 1 statement, 5 lines, proven" in told
    assert "opening -1200.00 EUR, closing 18291.55 EUR" in told
    assert "18500.30  EUR" in told
    assert "North Acquiring" in told


def test_a_long_table_is_cut_aloud(line: Line) -> None:
    told = line("statements", "read", STATEMENT, "--rows", 2).stdout
    assert "and 3 more lines" in told


def test_refused_files_do_not_stop_the_others(line: Line) -> None:
    result = line("statements", "read", BROKEN, STATEMENT, GOLDEN / "sandbox_csv" / "refused-net.csv", expect=1)
    assert "proven" in result.stdout
    refusals = result.stderr.splitlines()
    assert [refusal.split(",")[0] for refusal in refusals] == [
        f"tallystick: refused: {BROKEN.name}",
        "tallystick: refused: refused-net.csv",
    ]
    assert all("line " in refusal for refusal in refusals)


def test_csv_goes_to_standard_output_alone(line: Line) -> None:
    result = line("statements", "read", STATEMENT, BROKEN, "--output", "csv", expect=1)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == list(statements.COLUMNS)
    assert [row["amount"] for row in rows] == ["18500.30", "-1000.00", "-8.75", "2000.00", "77.00"]
    assert "refused" in result.stderr


def test_json_goes_to_standard_output_alone(line: Line) -> None:
    result = line("--json", "statements", "read", STATEMENT, "--output", "json")
    assert len(msgspec.json.decode(result.stdout)) == 5


@pytest.mark.parametrize("name", ["lines.csv", "lines.json", "lines.parquet", "lines.pq"])
def test_the_form_follows_the_name(line: Line, name: str) -> None:
    told = line("statements", "read", STATEMENT, "--to", name).stdout
    assert f"5 lines of 1 file in {name}" in told
    if name.endswith(("parquet", "pq")):
        assert parquet.read_table(name).num_rows == 5
    else:
        assert Path(name).read_text().count("18500.30") == 1


def test_programs_get_a_line_for_each_file(line: Line) -> None:
    taken, refused = line.json("statements", "read", STATEMENT, BROKEN, expect=1)
    assert taken["statements"][0]["closing_minor"] == 1_829_155
    assert taken["proof"] == "proven"
    assert refused["refused"] == "statement_balance_disagrees"
    assert refused["line"] > 0


@pytest.mark.parametrize(
    "words",
    [("--output", "parquet"), ("--to", "x.xlsx"), ("--output", "table", "--to", "x.csv"), ("--to", "nowhere/x.csv")],
)
def test_forms_that_do_not_fit(line: Line, words: tuple[str, ...]) -> None:
    line("statements", "read", STATEMENT, *words, expect=2)
    assert list(Path().iterdir()) == []


def test_a_file_that_is_not_there(line: Line) -> None:
    line("statements", "read", "nothing.xml", expect=2)


def test_handing_in_twice_changes_nothing(line: Line) -> None:
    first = line("statements", "ingest", STATEMENT, "--source", "bank")
    again = line("statements", "ingest", STATEMENT)
    assert "5 lines" in first.stdout
    assert "duplicate" in again.stdout
    (kept,) = line.json("statements", "list")
    assert (kept["name"], kept["source"], kept["proof"]) == (STATEMENT.name, "bank", "proven")
    assert line.json("statements", "list", "--mode", "live") == []


def test_a_refused_file_is_not_handed_in_and_the_others_are(line: Line) -> None:
    result = line("statements", "ingest", BROKEN, STATEMENT, expect=1)
    assert "statement_balance_disagrees" in result.stderr
    assert len(line.json("statements", "list")) == 1


def test_every_sample_is_read_or_refused_with_a_place(line: Line, samples: Path) -> None:
    files = sorted((samples / "camt").iterdir())
    told = line.json("statements", "read", *files, expect=1)
    assert len({one["file"] for one in told}) >= len(files) - 1
    for one in told:
        assert one.get("proof") or (one["refused"].startswith("statement_") and one["reason"])
