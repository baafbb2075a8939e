"""Writes a run into a folder a person can open and a program can read back.

`matches.csv` has one row per linked item, `groups.csv` one per match with its evidence, `breaks.csv`, `open_items.csv`
and `superseded.csv` what their names say; `proof.txt` is for signing, `proof.json` for machines; `carried/` is what the
next run takes over. `run.json` comes last and names the SHA-256 of each.
"""

from __future__ import annotations

import os
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from tallystick import money
from tallystick.base import Refused
from tallystick.reconciliation import proof
from tallystick.reconciliation.arrive import by_distinct
from tallystick.reconciliation.items import Carried, Items
from tallystick.reconciliation.model import Break, ReconciliationRefusal, Side
from tallystick.reconciliation.result import Run

MANIFEST = "run.json"


def write(run: Run, folder: Path, *, also_parquet: bool = False) -> dict[str, str]:
    """Write everything; returns the SHA-256 of each file by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(MANIFEST).unlink(missing_ok=True)
    written: dict[str, str] = {}
    for name, table in _tables(run).items():
        written |= _put(folder, f"{name}.csv", proof.csv_bytes(table))
        if also_parquet:
            parquet.write_table(table, folder.joinpath(f"{name}.parquet"), compression="zstd")
            written[f"{name}.parquet"] = sha256((folder.joinpath(f"{name}.parquet")).read_bytes()).hexdigest()
    written |= _put(folder, "proof.json", _json(proof.record(run)))
    written |= _put(folder, "proof.txt", proof.text(run).encode())
    written |= _write_carried(run.carry(), folder.joinpath("carried"))
    whole = {**proof.record(run), "engine": run.engine, "files": written}
    _put(folder, MANIFEST, _json(whole))
    return written


def read_carried(folder: Path) -> Carried:
    """What the run in `folder` left open. Raises Refused when it holds no finished run or a file of it was changed."""
    try:
        manifest = msgspec.json.decode(folder.joinpath(MANIFEST).read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        message = f"{folder} holds no finished run (no readable {MANIFEST})."
        raise Refused(ReconciliationRefusal.FILE_UNREADABLE, message) from error
    sides = []
    for side in Side:
        rows, references = (
            _checked(folder, f"carried/{side.name.lower()}_{what}.parquet", manifest["files"])
            for what in ("items", "references")
        )
        sides.append(Items(rows, references))
    return Carried(*sides)


def _checked(folder: Path, name: str, known: dict[str, str]) -> pa.Table:
    found = sha256(folder.joinpath(name).read_bytes()).hexdigest()
    if known.get(name) != found:
        message = f"{folder.joinpath(name)} is not what the run wrote; reconcile that day again."
        raise Refused(ReconciliationRefusal.FILE_UNREADABLE, message)
    return parquet.read_table(folder.joinpath(name))


def _write_carried(carried: Carried, folder: Path) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    written = {}
    for side, part in zip(Side, (carried.left, carried.right), strict=True):
        for what, table in (("items", part.rows), ("references", part.references)):
            path = folder.joinpath(f"{side.name.lower()}_{what}.parquet")
            parquet.write_table(table, path, compression="zstd")
            written[f"carried/{path.name}"] = sha256(path.read_bytes()).hexdigest()
    return written


def _put(folder: Path, name: str, content: bytes) -> dict[str, str]:
    partial = folder.joinpath(f".{name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(folder.joinpath(name))
    return {name: sha256(content).hexdigest()}


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2) + b"\n"


def _tables(run: Run) -> dict[str, pa.Table]:
    return {
        "matches": _matches(run),
        "groups": proof.outside(run.groups),
        "breaks": _breaks(run),
        "open_items": _shown(run.open_items()),
        "superseded": proof.outside(run.superseded),
    }


def _matches(run: Run) -> pa.Table:
    rows = run.known.rows.take(run.links["n"])
    by_group = pc.index_in(run.links["group_id"], value_set=run.groups["group_id"].combine_chunks())
    table = _shown(rows.append_column("state", pa.array(["matched"] * rows.num_rows, pa.string())))
    for at, name in enumerate(("group_id", "rule", "key_kind", "key_token")):
        values = run.groups[name].combine_chunks().take(by_group)
        table = table.add_column(at, name, values)
    return table.drop_columns(["state"])


def _shown(rows: pa.Table) -> pa.Table:
    """Items for a reader: side and day in words, the amount also as decimal text."""
    sides = pc.if_else(pc.equal(rows["side"], 0), "left", "right")
    coded = pc.binary_join_element_wise(pc.cast(rows["amount"], pa.string()), rows["currency"], " ")
    columns = {
        "side": sides,
        **{name: rows[name] for name in ("source", "item_id", "account", "kind")},
        "day": pc.cast(pc.cast(rows["day"], pa.date32()), pa.string()),
        "amount": by_distinct(coded, _amount_text, pa.string()),
        "currency": rows["currency"],
        "amount_minor": rows["amount"],
        "batch": rows["batch"],
        **{name: rows[name] for name in ("state", "class", "reason") if name in rows.column_names},
        "label": rows["label"],
    }
    return pa.table(columns)


def _amount_text(coded: str) -> str:
    minor, _, currency = coded.partition(" ")
    return money.minor_to_text(int(minor), money.exponent(currency))


def _breaks(run: Run) -> pa.Table:
    names = [field.name for field in fields(Break)]
    columns = {name: [_plain(getattr(one, name)) for one in run.breaks] for name in names}
    columns["class"] = columns.pop("break_class")
    table = pa.table(
        {name: pa.array(values, pa.int64() if _whole(name) else pa.string()) for name, values in columns.items()}
    )
    return table.select(
        ["break_id", "class", *(name for name in table.column_names if name not in ("break_id", "class"))]
    )


def _whole(name: str) -> bool:
    return name in ("amount_minor", "age_days")


def _plain(value: Any) -> Any:
    if isinstance(value, Side):
        return value.name.lower()
    if isinstance(value, tuple):
        return " ".join(value)
    return value if isinstance(value, int) else str(value)
