"""PostgreSQL through asyncpg: one connection writes, a small pool reads.

A statement is sent once for all rows of a batch (`unnest` of one array per column). The pool's reset query is
switched off: no session state is ever left behind, and it would double the round trips.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import asyncpg
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.contract import ConnectionLost
from tallystick.db.statements import Compiled, Insert, Query, Readable, Row, Statement, Update, compiled_for
from tallystick.db.wording import Quote, column_list, quote_of

SCHEME = "postgresql"
READERS = 8
NEXT_ORDER = "UPDATE commit_order SET seq = seq + 1 WHERE id = 1 RETURNING seq"
_GONE = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError, OSError)


def _array_type(table: Table, column: str) -> str:
    kind = table.columns[column].type
    for known, name in ((BigInteger, "bigint"), (Boolean, "boolean"), (Integer, "integer"), (LargeBinary, "bytea")):
        if isinstance(kind, known):
            return f"{name}[]"
    return "text[]"


def write_by_set(statement: Statement, quote: Quote) -> str:
    """Text that takes one array per column."""
    table, names = quote(statement.table.name), statement.columns
    arrays = ", ".join(f"${n}::{_array_type(statement.table, name)}" for n, name in enumerate(names, 1))
    listed = column_list(quote, names)
    if isinstance(statement, Insert):
        return f"INSERT INTO {table} ({listed}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING"
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


class Postgres:
    """See the module. A url is what libpq takes: `postgresql://user@host/name?host=/socket/folder`."""

    dialect: Dialect

    def __init__(self, url: str, pool: Any) -> None:
        self.dialect = cast(Callable[[], Dialect], asyncpg_dialect)()
        self._url = url
        self._pool = pool
        self._writer: Any = None
        self._wordings: dict[int, str] = {}

    @classmethod
    async def open(cls, url: str) -> Postgres:
        """Open the database at `url`."""
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=READERS, reset=_no_reset, init=_prepare, statement_cache_size=512
        )
        return cls(url, pool)

    async def begin(self) -> PostgresTransaction:
        """Start a transaction on the writing connection, which is made anew when it was lost."""
        try:
            if self._writer is None or self._writer.is_closed():
                self._writer = await asyncpg.connect(self._url, statement_cache_size=512)
                await _prepare(self._writer)
            await self._writer.execute("BEGIN")
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

    def __init__(self, connection: Any, wordings: dict[int, str], dialect: Dialect) -> None:
        self._connection = connection
        self._wordings = wordings
        self._dialect = dialect

    async def next_order(self) -> int:
        """See the contract."""
        try:
            return int(await self._connection.fetchval(NEXT_ORDER))
        except _GONE as error:
            raise ConnectionLost(str(error)) from error

    async def write(self, statement: Statement, rows: Sequence[Row]) -> int:
        """See the contract."""
        wording = self._wordings.get(id(statement))
        if wording is None:
            wording = self._wordings[id(statement)] = write_by_set(statement, quote_of(self._dialect))
        try:
            status: str = await self._connection.execute(wording, *zip(*rows, strict=True))
        except _GONE as error:
            raise ConnectionLost(str(error)) from error
        return int(status.rpartition(" ")[2])

    async def fetch(self, query: Query | Readable, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """See the contract."""
        compiled = compiled_for(query, self._dialect)
        try:
            found = await self._connection.fetch(compiled.sql, *compiled.arguments(values))
        except _GONE as error:
            raise ConnectionLost(str(error)) from error
        return [dict(zip(compiled.names, row, strict=True)) for row in found]

    async def commit(self) -> None:
        """See the contract."""
        try:
            await self._connection.execute("COMMIT")
        except _GONE as error:
            raise ConnectionLost(str(error)) from error

    async def rollback(self) -> None:
        """See the contract."""
        try:
            await self._connection.execute("ROLLBACK")
        except _GONE:
            self._connection.terminate()


BACKEND = Postgres
