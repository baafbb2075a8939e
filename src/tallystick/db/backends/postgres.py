"""PostgreSQL through asyncpg: one connection writes, a small pool reads.

Under load each way there and back costs a turn of a busy event loop, which is more than what is done there. So a batch
makes three: BEGIN with the place in the order of commits; all writes as one statement (`unnest` of one array per
column, `WITH` of one part per table); COMMIT. The pool needs no reset query: no session state is left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any, cast

import asyncpg
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.contract import ConnectionLost
from tallystick.db.statements import (
    Compiled,
    Delete,
    Group,
    Insert,
    Query,
    Readable,
    Row,
    Statement,
    Update,
    compiled_for,
)
from tallystick.db.wording import Quote, column_list, quote_of

SCHEME = "postgresql"
READERS = 8
NEXT_ORDER = "UPDATE commit_order SET seq = seq + 1 WHERE id = 1 RETURNING seq"
BEGIN_AFTER = "BEGIN; UPDATE commit_order SET seq = seq + 1 WHERE id = 1 AND seq = {}"
_GONE = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError, OSError)


def _array_type(table: Table, column: str) -> str:
    kind = table.columns[column].type
    for known, name in ((BigInteger, "bigint"), (Boolean, "boolean"), (Integer, "integer"), (LargeBinary, "bytea")):
        if isinstance(kind, known):
            return f"{name}[]"
    return "text[]"


def write_all(statements: Sequence[Statement], quote: Quote) -> str:
    """One text for several statements, which answers how many rows each touched."""
    parts, first = [], 1
    for number, statement in enumerate(statements):
        parts.append(f"w{number} AS ({write_by_set(statement, quote, first)} RETURNING 1)")
        first += len(statement.columns)
    counts = ", ".join(f"(SELECT count(*) FROM w{number})" for number in range(len(statements)))
    return f"WITH {', '.join(parts)} SELECT {counts}"


def write_by_set(statement: Statement, quote: Quote, first: int = 1) -> str:
    """Text that takes one array per column, the first as parameter number `first`."""
    table, names = quote(statement.table.name), statement.columns
    arrays = ", ".join(f"${n}::{_array_type(statement.table, name)}" for n, name in enumerate(names, first))
    listed = column_list(quote, names)
    if isinstance(statement, Insert):
        ignore = " ON CONFLICT DO NOTHING" if statement.duplicates == "ignore" else ""
        return f"INSERT INTO {table} ({listed}) SELECT * FROM unnest({arrays}){ignore}"
    source = f"unnest({arrays}) AS u({listed})"
    match = " AND ".join(f"t.{quote(name)} = u.{quote(name)}" for name in statement.key)
    if not isinstance(statement, Update):
        return f"DELETE FROM {table} AS t USING {source} WHERE {match}"
    sets = [f"{quote(name)} = u.{quote(name)}" for name in statement.set]
    if statement.guard:
        guard = quote(statement.guard)
        sets.append(f"{guard} = t.{guard} + 1")
        match += f" AND t.{guard} = u.{guard}"
    return f"UPDATE {table} AS t SET {', '.join(sets)} FROM {source} WHERE {match}"


def _whole(text: str) -> int | Decimal:
    """Sums of BIGINT come as numeric; they are whole numbers and stay exact."""
    return Decimal(text) if "." in text else int(text)


async def _no_reset(_connection: Any) -> None:
    return None


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=_whole, format="text")


READER_SETTINGS = {
    # What disks cost today. At the server's old price a plan made for a small table walks through it when it is large.
    "random_page_cost": "1.1",
    "jit": "off",
}
WRITER_SETTINGS = {
    # All that the writing connection does goes by key. Left to guess, the server plans for tables that were empty when
    # it was asked first, and walks through them once they are not.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
}


async def _writing(url: str) -> Any:
    connection = await asyncpg.connect(url, statement_cache_size=512, server_settings=WRITER_SETTINGS)
    await _prepare(connection)
    with suppress(asyncpg.PostgresError):  # a server before 14, or one built without it
        await connection.execute("SET default_toast_compression = lz4")  # long answers and events, at half the time
    return connection


class Postgres:
    """See the module. A url is what libpq takes: `postgresql://user@host/name?host=/socket/folder`."""

    dialect: Dialect

    def __init__(self, url: str, pool: Any) -> None:
        self.dialect = cast(Callable[[], Dialect], asyncpg_dialect)()
        self._url = url
        self._pool = pool
        self._writer: Any = None
        self._wordings: dict[tuple[int, ...], str] = {}

    @classmethod
    async def open(cls, url: str) -> Postgres:
        """Open the database at `url`."""
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=READERS,
            reset=_no_reset,
            init=_prepare,
            statement_cache_size=512,
            server_settings=READER_SETTINGS,
        )
        return cls(url, pool)

    async def begin(self) -> PostgresTransaction:
        """A transaction on the writing connection, which is made anew when it was lost; BEGIN goes with what is asked
        first."""
        try:
            if self._writer is None or self._writer.is_closed():
                self._writer = await _writing(self._url)
        except _GONE as error:
            raise ConnectionLost(str(error)) from error
        return PostgresTransaction(self._writer, self._wordings, self.dialect)

    async def fetch(self, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read what is committed."""
        found = await self._pool.fetch(compiled.sql, *compiled.arguments(values))
        names = compiled.names
        return [dict(zip(names, row, strict=True)) for row in found]

    async def close(self) -> None:
        """Close the pool and the writing connection."""
        if self._writer is not None and not self._writer.is_closed():
            await self._writer.close()
        await self._pool.close()


class PostgresTransaction:
    """The open write transaction."""

    def __init__(self, connection: Any, wordings: dict[tuple[int, ...], str], dialect: Dialect) -> None:
        self._connection = connection
        self._wordings = wordings
        self._dialect = dialect
        self._begun = False

    async def next_order(self, last: int) -> int:
        """See the contract."""
        with _connected():
            if not self._begun:
                self._begun = True
                if await self._connection.execute(BEGIN_AFTER.format(int(last))) == "UPDATE 1":
                    return last + 1
            return int(await self._connection.fetchval(NEXT_ORDER))

    async def write(self, groups: Sequence[Group]) -> list[int]:
        """See the contract."""
        touched: list[int] = []
        for together in one_statement_each(groups):
            place = tuple([id(statement) for statement, _ in together])
            wording = self._wordings.get(place)
            if wording is None:
                statements = [statement for statement, _ in together]
                wording = self._wordings[place] = write_all(statements, quote_of(self._dialect))
            columns = [column for _, rows in together for column in zip(*rows, strict=True)]
            try:
                touched += (await self._ask(wording, columns))[0]
            except asyncpg.UniqueViolationError as taken:
                # Cheaper than ON CONFLICT for every row: a taken key is rare, and the caller rolls back either way.
                names = [s.table.name if isinstance(s, Insert) else "" for s, _ in together]
                if taken.table_name not in names:
                    raise
                missed = [
                    0 if n == taken.table_name else len(rows) for n, (_, rows) in zip(names, together, strict=True)
                ]
                return touched + missed + [0] * (len(groups) - len(touched) - len(missed))
        return touched

    async def fetch(self, query: Query | Readable, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """See the contract."""
        compiled = compiled_for(query, self._dialect)
        found = await self._ask(compiled.sql, compiled.arguments(values))
        return [dict(zip(compiled.names, row, strict=True)) for row in found]

    async def commit(self) -> None:
        """See the contract."""
        if self._begun:
            with _connected():
                await self._connection.execute("COMMIT")

    async def rollback(self) -> None:
        """See the contract."""
        try:
            if self._begun:
                await self._connection.execute("ROLLBACK")
        except _GONE:
            self._connection.terminate()

    async def _ask(self, text: str, arguments: Sequence[Any]) -> list[Any]:
        with _connected():
            if not self._begun:
                self._begun = True
                await self._connection.execute("BEGIN")
            found: list[Any] = await self._connection.fetch(text, *arguments)
            return found


@contextmanager
def _connected() -> Iterator[None]:
    """Raises ConnectionLost for all that means it."""
    try:
        yield
    except _GONE as error:
        raise ConnectionLost(str(error)) from error


def one_statement_each(groups: Sequence[Group]) -> list[list[Group]]:
    """Groups that may run as one statement, whose parts all see the state before it.

    Within one a table is inserted to once and changed once, and no row that it inserts is changed.
    """
    runs: list[list[Group]] = []
    inserted: dict[str, Group] = {}
    changed: set[str] = set()
    for group in groups:
        statement, rows = group
        name = statement.table.name
        if isinstance(statement, Insert):
            apart = name in inserted or name in changed
        else:
            apart = name in changed or (name in inserted and _overlap(inserted[name], statement, rows))
        if apart or not runs:
            runs.append([])
            inserted, changed = {}, set()
        runs[-1].append(group)
        if isinstance(statement, Insert):
            inserted[name] = group
        else:
            changed.add(name)
    return runs


def _overlap(inserted: Group, statement: Update | Delete, rows: Sequence[Row]) -> bool:
    """Whether a change may concern rows that are inserted beside it."""
    insert, new = inserted
    if insert.key != statement.key:
        return True
    keys = {insert.key_of(row) for row in new}
    return any(statement.key_of(row) in keys for row in rows)


BACKEND = Postgres
