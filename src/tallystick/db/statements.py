"""Writes and reads as values: declared once at import, compiled once per dialect, run on the bare driver.

A write is set-based: the group commit hands one statement the rows of every unit that uses it. What a row must hold
is said by the declaration, so a missing column is a programming error that shows at once (KeyError).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from sqlalchemy import Boolean, Select, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.selectable import CompoundSelect

Row = tuple[Any, ...]

DELETABLE: set[str] = set()
"""Tables whose rows may go and come back with an old version, so that remembered versions prove nothing there."""


Pick = Callable[[Any], Row]


def _picker(wanted: Sequence[Any]) -> Pick:
    """What takes these items out of a mapping or a row, as a tuple; this is the hot path of every write."""
    if len(wanted) == 1:
        only = wanted[0]
        return lambda source: (source[only],)
    return itemgetter(*wanted)


class Insert:
    """Add rows to `table`, giving every column.

    With `duplicates="fail"` a key that is taken fails the unit (LostRace); with "ignore" it is left as it is.
    `sequenced` names a column that the commit fills with its order.
    """

    def __init__(
        self, table: Table, *, duplicates: Literal["fail", "ignore"] = "fail", sequenced: str | None = None
    ) -> None:
        self.table, self.duplicates, self.sequenced = table, duplicates, sequenced
        self.columns = tuple(column.name for column in table.columns)
        self.key = tuple(column.name for column in table.primary_key.columns)
        self.sequence_place = self.columns.index(sequenced) if sequenced else -1
        self._pick = _picker([name for name in self.columns if name != sequenced])
        self.key_of: Pick = _picker([self.columns.index(name) for name in self.key])

    def row(self, values: Mapping[str, Any]) -> Row:
        """The values in column order."""
        row = self._pick(values)
        place = self.sequence_place
        return row if place < 0 else (*row[:place], None, *row[place:])


class Update:
    """Set the columns `set` of the row with this key.

    With a `guard` (a version column) the row must still carry the version that was read, and the version goes up by
    one; a row that moved or is gone fails the unit (LostRace).
    """

    def __init__(self, table: Table, *, key: tuple[str, ...], set: tuple[str, ...], guard: str | None = None) -> None:
        self.table, self.key, self.set, self.guard = table, key, set, guard
        self.columns = key + ((guard,) if guard else ()) + set
        self.row: Callable[[Mapping[str, Any]], Row] = _picker(self.columns)
        self.key_of: Pick = _picker(range(len(key)))


class Delete:
    """Remove the row with this key; one that is gone fails the unit (LostRace)."""

    def __init__(self, table: Table, *, key: tuple[str, ...]) -> None:
        self.table, self.key, self.columns = table, key, key
        self.row: Callable[[Mapping[str, Any]], Row] = _picker(key)
        self.key_of: Pick = _picker(range(len(key)))
        DELETABLE.add(table.name)


Statement = Insert | Update | Delete
Group = tuple[Statement, Sequence[Row]]
"""A statement with all the rows it is to be run for."""
Readable = Select[Any] | CompoundSelect[Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """SQL text for one dialect, the order of its parameters, constants, and what the answer's columns are."""

    sql: str
    parameters: tuple[str, ...]
    constants: Mapping[str, Any]
    names: tuple[str, ...]
    flags: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Parameters in the order the driver wants them."""
        constants = self.constants
        return [values[name] if name in values else constants[name] for name in self.parameters]


class Query:
    """A read with named parameters (`bindparam`), compiled once per dialect."""

    def __init__(self, statement: Readable) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        """The text for this dialect."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = compile_read(self._statement, dialect)
        return found


def compiled_for(query: Query | Readable, dialect: Dialect) -> Compiled:
    """The text of a declared query or of one made on the spot."""
    return query.compiled(dialect) if isinstance(query, Query) else compile_read(query, dialect)


def compile_read(statement: Readable, dialect: Dialect) -> Compiled:
    """Compile a select for a dialect; lists in `IN (…)` are expanded here."""
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    constants = compiled.params
    positions: Sequence[str] = getattr(compiled, "positiontup", None) or ()
    columns = statement.selected_columns
    return Compiled(
        sql=str(compiled),
        parameters=tuple(positions),
        constants=constants,
        names=tuple(str(name) for name in columns.keys()),  # noqa: SIM118  a column collection, not a dict
        flags=tuple(str(name) for name, column in columns.items() if isinstance(column.type, Boolean)),
    )
