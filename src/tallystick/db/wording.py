"""SQL text of a write that is the same on every database but for its placeholders."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.statements import Insert, Statement, Update

Quote = Callable[[str], str]


def quote_of(dialect: Dialect) -> Quote:
    """How this dialect quotes a name that needs it."""
    return dialect.identifier_preparer.quote


def column_list(quote: Quote, names: tuple[str, ...]) -> str:
    """Names with commas between."""
    return ", ".join(map(quote, names))


def write_by_row(statement: Statement, quote: Quote, mark: str, ignore: str) -> tuple[str, tuple[int, ...]]:
    """Text for one row, with `mark` as placeholder, and which places of a row its parameters come from.

    `ignore` ends an insert that leaves rows with a taken key alone.
    """
    table = quote(statement.table.name)
    if isinstance(statement, Insert):
        marks = ", ".join([mark] * len(statement.columns))
        text = f"INSERT INTO {table} ({column_list(quote, statement.columns)}) VALUES ({marks}){ignore}"
        return text, tuple(range(len(statement.columns)))
    width = len(statement.key)
    conditions = [f"{quote(name)} = {mark}" for name in statement.key]
    if not isinstance(statement, Update):
        return f"DELETE FROM {table} WHERE {' AND '.join(conditions)}", tuple(range(width))
    sets = [f"{quote(name)} = {mark}" for name in statement.set]
    places = list(range(width))
    if statement.guard:
        guard = quote(statement.guard)
        sets.append(f"{guard} = {guard} + 1")
        conditions.append(f"{guard} = {mark}")
        places.append(width)
    values = range(len(places), len(statement.columns))
    text = f"UPDATE {table} SET {', '.join(sets)} WHERE {' AND '.join(conditions)}"
    return text, (*values, *places)
