"""Any file as rows: on the screen, CSV, JSON, Parquet; nothing of a refused file is written."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import duckdb
import pytest

from tallystick import statements
from tallystick.base import Refused
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry
from tests.rooms.statements.test_golden import FOLDER

CAMT = FOLDER / "camt" / "day.camt.053.001.08.xml"
BATCH = FOLDER / "camt" / "batch.camt.053.001.02.xml"
CSV = FOLDER / "sandbox_csv" / "day.csv"
BROKEN = FOLDER / "camt" / "refused-count.camt.053.001.02.xml"


def test_rows_are_the_lines_of_every_file() -> None:
    table = statements.tabulate([CAMT, CSV], output="table")
    assert table.count == len(table.rows) == 12
    assert [file.name for file in table.files] == [CAMT.name, CSV.name]
    assert all(list(row) == list(statements.COLUMNS) for row in table.rows)
    first, *_ = table.rows
    assert (first["amount"], first["amount_minor"], first["currency"]) == ("18500.30", 1_850_030, "EUR")
    assert (first["booked"], first["format"], first["proof"]) == ("2026-11-20", "camt.053.001.08", "proven")
    assert json.loads(first["references"])["end_to_end_id"] == "po_eur_20261119"
    repeated = table.rows[8]
    assert (repeated["file"], repeated["occurrence"]) == (CSV.name, 2)


def test_a_refused_file_is_told_and_the_others_are_written(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    table = statements.tabulate([CAMT, BROKEN, CSV], output="csv", target=target)
    assert [refusal.code.value for refusal in table.refused] == ["statement_count_disagrees"]
    assert table.count == 12
    with target.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) == 12
    assert rows[1]["party"] == "Café Ünder & Co"
    assert rows[1]["amount"] == "-1000.00"
    assert list(tmp_path.iterdir()) == [target]


def test_json_is_an_array() -> None:
    sink = io.StringIO()
    statements.tabulate([BATCH], output="json", target=sink)
    rows = json.loads(sink.getvalue())
    assert [row["amount_minor"] for row in rows] == [42_956, -152_600, -30_000]
    assert [detail["amount_minor"] for detail in json.loads(rows[0]["details"])] == [32_956, 10_000]
    empty = io.StringIO()
    statements.tabulate([BROKEN], output="json", target=empty)
    assert json.loads(empty.getvalue()) == []


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    target = tmp_path / "it's out.parquet"
    statements.tabulate([CAMT, BATCH, CSV], output="parquet", target=target)
    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(target))
        assert relation.columns == list(statements.COLUMNS)
        assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == statements.COLUMNS
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    expected = statements.tabulate([CAMT, BATCH, CSV], output="table").rows
    for row, other in zip(rows, expected, strict=True):
        assert {name: None if value is None else str(value) for name, value in row.items()} == {
            name: None if value is None else str(value) for name, value in other.items()
        }


def test_archives_are_gone_into(tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(CAMT, CAMT.name)
        archive.write(CSV, CSV.name)
    table = statements.tabulate([path], output="table")
    assert {row["file"] for row in table.rows} == {f"both.zip!{CAMT.name}", f"both.zip!{CSV.name}"}


def test_reversals_are_written_as_proven(tmp_path: Path) -> None:
    path = FOLDER / "camt" / "reversal-marked-as-original.camt.053.001.02.xml"
    table = statements.tabulate([path], output="table")
    assert [row["amount_minor"] for row in table.rows] == [-3_000, 3_000]
    assert [row["digest"] for row in table.rows] == [line.digest for line in statements.read(path).lines]


def test_progress_counts_every_byte_twice() -> None:
    told: list[tuple[int, int]] = []
    statements.tabulate([CAMT, BROKEN, CSV], output="table", progress=lambda *now: told.append(now))
    total = 2 * sum(path.stat().st_size for path in (CAMT, BROKEN, CSV))
    assert told[-1] == (total, total)
    assert told == sorted(told)


@pytest.mark.parametrize("output", ["csv", "json", "parquet"])
def test_a_target_is_needed(output: str) -> None:
    with pytest.raises(ValueError, match=r"path|where"):
        statements.tabulate([CAMT], output=output)  # type: ignore[arg-type]  # the parameter is one of the outputs


def test_a_fault_on_the_way_leaves_no_file(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    path = tmp_path / "day.xml"
    path.write_bytes(bank.closed([Entry(5)]))

    def change(done: int, total: int) -> None:
        if done >= total // 2:
            path.write_bytes(bank.closed([Entry(6)]))

    with pytest.raises(Refused) as caught:
        statements.tabulate([path], output="csv", target=target, progress=change)
    assert caught.value.code is statements.StatementRefusal.FILE_CHANGED
    assert not target.exists()
    assert list(tmp_path.iterdir()) == [path]
