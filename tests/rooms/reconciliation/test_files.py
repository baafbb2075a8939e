"""Two files of one's own: what is written, what is carried on, what is refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
import pytest

from tallystick import reconciliation
from tallystick.base import Refused
from tallystick.reconciliation import ReconciliationRefusal

SPEC = """
name: invoices
tokens: {invoice: {identifies: payment}}
left: &side
  name: ours
  columns:
    key: [id]
    amount: {column: amount}
    currency: {value: EUR}
    day: {column: day}
    references: {invoice: {column: invoice}}
right:
  name: theirs
  columns:
    amount: {column: amount}
    currency: {value: EUR}
    day: {column: day}
    references: {invoice: {column: invoice}}
tiers: [{rule: strong_key, keys: [invoice]}]
"""
LEFT = "id,invoice,amount,day\n1,A-1,10.00,2026-11-20\n2,A-2,20.00,2026-11-20\n"
RIGHT = "invoice,amount,day\na-1,10.00,2026-11-20\n"
DAY = date(2026, 11, 20)


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.put("spec.yaml", SPEC)
        self.put("left.csv", LEFT)
        self.put("right.csv", RIGHT)

    def put(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, "utf-8")

    def reconcile(self, out: str = "out", **more: object) -> reconciliation.Run:
        named = {"spec": "spec.yaml", "left": "left.csv", "right": "right.csv"}
        paths = [self.path / str(more.pop(name, usual)) for name, usual in named.items()]
        return reconciliation.reconcile(*paths, self.path / out, **{"as_of": DAY, **more})  # type: ignore[arg-type]  # keyword arguments of several types

    def bytes(self, out: str = "out") -> dict[str, bytes]:
        return {
            str(path.relative_to(self.path / out)): path.read_bytes()
            for path in sorted((self.path / out).rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_everything_is_written_and_named_by_its_digest(folder: Folder) -> None:
    steps: list[str] = []
    run = folder.reconcile(progress=lambda step, done, total: steps.append(step), also_parquet=True)
    assert steps == ["read left", "read right", "match", "write", "done"]
    manifest = json.loads(folder.bytes()["run.json"])
    assert set(manifest["files"]) | {"run.json"} == set(folder.bytes())
    assert manifest["digest"] == run.digest
    assert manifest["verdict"] == "breaks"
    assert "matches.csv" in manifest["files"]
    assert "breaks.parquet" in manifest["files"]
    assert "residual" in folder.bytes()["proof.txt"].decode()
    (found,) = arrow_csv.read_csv(folder.path / "out/breaks.csv").to_pylist()
    assert (found["class"], found["amount_minor"], found["item_ids"]) == ("missing_right", 2000, "ours:2")


def test_the_same_files_give_the_same_bytes_in_any_row_order(folder: Folder) -> None:
    folder.reconcile("one")
    lines = LEFT.splitlines()
    folder.put("left.csv", "\n".join([lines[0], *lines[:0:-1]]) + "\n")
    folder.reconcile("two")
    one, two = folder.bytes("one"), folder.bytes("two")
    changed = {name for name in one if one[name] != two[name]}
    assert changed == {"run.json", "proof.json", "proof.txt"}, "only the digest of the input differs"


def test_what_is_open_is_carried_to_the_next_day(folder: Folder) -> None:
    folder.reconcile("monday")
    folder.put("left.csv", "id,invoice,amount,day\n")
    folder.put("right.csv", "invoice,amount,day\nA-2,20.00,2026-11-23\n")
    run = folder.reconcile("tuesday", carried_from=folder.path / "monday", as_of=date(2026, 11, 23))
    assert run.verdict == "reconciled"
    assert [line.opening_minor for line in run.bridge] == [2_000, 0]


def test_what_was_changed_is_not_carried(folder: Folder) -> None:
    folder.reconcile("monday")
    path = folder.path / "monday/carried/left_items.parquet"
    rows = parquet.read_table(path)
    amounts = rows.schema.get_field_index("amount")
    parquet.write_table(rows.set_column(amounts, "amount", pa.array([1] * rows.num_rows, pa.int64())), path)
    with pytest.raises(Refused) as refused:
        folder.reconcile("tuesday", carried_from=folder.path / "monday")
    assert "is not what the run wrote" in refused.value.message


def test_nothing_is_written_when_anything_is_refused(folder: Folder) -> None:
    folder.put("right.csv", "invoice,amount,day\nA-1,ten,2026-11-20\n")
    with pytest.raises(Refused):
        folder.reconcile()
    assert not (folder.path / "out").exists()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("right.csv", "invoice,amount,amount,day\n", "twice"),
        ("right.csv", "invoice,amount,day\nA-1,1.00\n", "not the CSV of the spec"),
        ("right.csv", "", "not the CSV of the spec"),
        ("right.csv", 'invoice,amount,day\nA-1,1.00,"2026-11-20\nA-2,2.00,2026-11-20\n', "a quote"),
    ],
)
def test_files_that_are_not_what_the_spec_says(folder: Folder, name: str, text: str, words: str) -> None:
    folder.put(name, text)
    with pytest.raises(Refused) as refused:
        folder.reconcile()
    assert refused.value.code is ReconciliationRefusal.FILE_UNREADABLE
    assert words in refused.value.message


def test_a_file_that_is_not_there(folder: Folder) -> None:
    with pytest.raises(Refused) as refused:
        folder.reconcile(left="nowhere.csv")
    assert refused.value.code is ReconciliationRefusal.FILE_UNREADABLE


def test_floating_amounts_need_a_word(folder: Folder) -> None:
    columns = {"id": ["1"], "invoice": ["A-1"], "amount": [10.1], "day": [DAY]}
    parquet.write_table(pa.table(columns), folder.path / "left.parquet")
    with pytest.raises(Refused) as refused:
        folder.reconcile(left="left.parquet")
    assert "shortest_decimal" in refused.value.message
    folder.put("spec.yaml", SPEC.replace("{column: amount}", "{column: amount, form: shortest_decimal}", 1))
    assert folder.reconcile(left="left.parquet").bridge[0].incoming_minor == 1_010
