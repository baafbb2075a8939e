"""Writes and reads as values: declared once at import, compiled once per dialect, run on the bare driver.

A write is set-based: the group commit hands one statement the rows of every unit that uses it. What a row must hold
is said by the declaration, so a missing column is a programming error that shows at once (KeyError).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Boolean, Select, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.selectable import CompoundSelect

Row = tuple[Any, ...]

DELETABLE: set[str] = set()
"""Tables whose rows may go and come back with an old version, so that remembered versions prove nothing there."""


@dataclass(frozen=True, eq=False)
class Insert:
    """Add rows to `table`, giving every column.

    With `duplicates="fail"` a key that is taken fails the unit (LostRace); with "ignore" it is left as it is.
    `sequenced` names a column that the commit fills with its order.
    """

    table: Table
    duplicates: Literal["fail", "ignore"] = "fail"
    sequenced: str | None = None
    columns: tuple[str, ...] = field(init=False)
    key: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(column.name for column in self.table.columns))
        object.__setattr__(self, "key", tuple(column.name for column in self.table.primary_key.columns))

    def row(self, values: Mapping[str, Any]) -> Row:
        """The values in column order."""
        if self.sequenced is not None and self.sequenced not in values:
            values = {**values, self.sequenced: None}
        return tuple([values[name] for name in self.columns])

    def key_of(self, row: Row) -> Row:
        """The primary key within a row."""
        return tuple([row[self.columns.index(name)] for name in self.key])


@dataclass(frozen=True, eq=False)
class Update:
    """Set the columns `set` of the row with this key.

    With a `guard` (a version column) the row must still carry the version that was read, and the version goes up by
    one; a row that moved or is gone fails the unit (LostRace).
    """

    table: Table
    key: tuple[str, ...]
    set: tuple[str, ...]
    guard: str | None = None
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        guard = (self.guard,) if self.guard else ()
        object.__setattr__(self, "columns", self.key + guard + self.set)

    def row(self, values: Mapping[str, Any]) -> Row:
        """Key, guard and new values in that order."""
        return tuple([values[name] for name in self.columns])

    def key_of(self, row: Row) -> Row:
        """The key within a row."""
        return row[: len(self.key)]


@dataclass(frozen=True, eq=False)
class Delete:
    """Remove the row with this key; one that is gone fails the unit (LostRace)."""

    table: Table
    key: tuple[str, ...]

    def __post_init__(self) -> None:
        DELETABLE.add(self.table.name)

    @property
    def columns(self) -> tuple[str, ...]:
        """The key columns."""
        return self.key

    def row(self, values: Mapping[str, Any]) -> Row:
        """The key."""
        return tuple([values[name] for name in self.key])

    def key_of(self, row: Row) -> Row:
        """The row is the key."""
        return row


Statement = Insert | Update | Delete
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
