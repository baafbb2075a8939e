"""A side of a reconciliation as Arrow columns: integers, epoch days and text, never NULL, never a float.

The same columns come from files (`files.py`), from the platform's own rows (`day.py`) and from a test's list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.reconciliation.model import Item, OpenItem, Role, Side, Standing, day_number

ITEM_SCHEMA = pa.schema(
    [
        ("item_id", pa.string()),
        ("source", pa.string()),
        ("account", pa.string()),
        ("currency", pa.string()),
        ("kind", pa.string()),
        ("role", pa.int8()),
        ("amount", pa.int64()),
        ("stated", pa.int64()),
        ("fee", pa.int64()),
        ("has_fee", pa.int8()),
        ("expected_fee", pa.int64()),
        ("has_expected_fee", pa.int8()),
        ("day", pa.int32()),
        ("batch", pa.string()),
        ("natural_key", pa.string()),
        ("content", pa.string()),
        ("label", pa.string()),
        ("standing", pa.int8()),
        ("settled", pa.int8()),
        ("opened_on", pa.int32()),
    ]
)
REFERENCE_SCHEMA = pa.schema([("row", pa.int64()), ("kind", pa.string()), ("token", pa.string())])
NOT_OPENED = -2_000_000
"""The day number that stands for "never a break": long before any calendar here."""


@dataclass(frozen=True, slots=True)
class Items:
    """`rows` (ITEM_SCHEMA) and the reference tokens of each, by row number (REFERENCE_SCHEMA).

    `inputs` names the files the rows were read from, with their SHA-256.
    """

    rows: pa.Table
    references: pa.Table
    inputs: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return int(self.rows.num_rows)


def of(items: Iterable[Item], inputs: tuple[tuple[str, str], ...] = ()) -> Items:
    """New items from Python rows."""
    wrapped = [OpenItem(item=item, side=Side.LEFT, role=_role(item)) for item in items]
    return _columns(wrapped, Standing.NEW, inputs)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a run inherits, per side: open items (and open differences), and items matched within the guard window."""

    left: Items
    right: Items


def carried(open_items: Iterable[OpenItem] = (), recent: Iterable[OpenItem] = ()) -> Carried:
    """An inheritance from Python rows."""
    opened, lately = list(open_items), list(recent)
    sides = []
    for side in Side:
        parts = ((opened, Standing.CARRIED), (lately, Standing.RECENT))
        sides.append(join(*[_columns([row for row in rows if row.side is side], how, ()) for rows, how in parts]))
    return Carried(*sides)


def join(*parts: Items) -> Items:
    """All rows of all parts; references keep pointing at their rows."""
    references, offset = [], 0
    for part in parts:
        table = part.references
        rows = pa.array([row + offset for row in table["row"].to_pylist()], pa.int64()) if offset else table["row"]
        references.append(table.set_column(0, "row", rows))
        offset += len(part)
    return Items(
        pa.concat_tables([part.rows for part in parts]),
        pa.concat_tables(references),
        tuple(entry for part in parts for entry in part.inputs),
    )


def since(rows: pa.Table, first_day: int) -> pa.Table:
    """Rows dated `first_day` or later."""
    return rows.filter(pc.greater_equal(rows["day"], first_day))


def restand(
    rows: pa.Table, references: pa.Table, side: Side, standing: Standing, opened_on: Mapping[str, int]
) -> Items:
    """The rows of one side of a finished run (they carry its `side` and `n`), as they come to the next one."""
    mine = rows.filter(pc.equal(rows["side"], int(side)))
    opened = [opened_on.get(item_id, before) for item_id, before in _pairs(mine, "item_id", "opened_on")]
    fresh = {"standing": pa.array([int(standing)] * len(opened), pa.int8()), "opened_on": pa.array(opened, pa.int32())}
    columns = [fresh.get(field.name, mine[field.name]) for field in ITEM_SCHEMA]
    row_of = pc.index_in(references["n"], value_set=mine["n"].combine_chunks())
    kept = references.set_column(0, "row", pc.cast(row_of, pa.int64())).filter(pc.is_valid(row_of))
    return Items(pa.Table.from_arrays(columns, schema=ITEM_SCHEMA), kept)


def _pairs(table: pa.Table, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _role(item: Item) -> Role:
    return Role.MONEY if item.states_minor is None else Role.CONTROL


def _columns(rows: Sequence[OpenItem], standing: Standing, inputs: tuple[tuple[str, str], ...]) -> Items:
    values = [_values(row, standing) for row in rows]
    columns = list(zip(*values, strict=True)) if values else [()] * len(ITEM_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, ITEM_SCHEMA, strict=True)]
    pairs = [(number, kind, token) for number, row in enumerate(rows) for kind, token in row.item.references if token]
    references = [pa.array([pair[at] for pair in pairs], field.type) for at, field in enumerate(REFERENCE_SCHEMA)]
    return Items(
        pa.Table.from_arrays(arrays, schema=ITEM_SCHEMA),
        pa.Table.from_arrays(references, schema=REFERENCE_SCHEMA),
        inputs,
    )


def _values(row: OpenItem, standing: Standing) -> tuple[object, ...]:
    item = row.item
    content = row.content or (item.content() if item.natural_key else "")
    return (
        item.item_id, item.source, item.account, item.currency, item.kind, int(row.role),
        0 if row.role is Role.CONTROL else item.amount_minor, item.states_minor or 0,
        item.fee_minor or 0, int(item.fee_minor is not None),
        item.expected_fee_minor or 0, int(item.expected_fee_minor is not None),
        day_number(item.day), item.batch, item.natural_key, content, item.label,
        int(standing), int(row.settled), NOT_OPENED if row.opened_on is None else day_number(row.opened_on),
    )  # fmt: skip
