"""MySQL and MariaDB through PyMySQL: one connection writes and one reads, each in a thread of its own.

Rows touched are counted as found rows, not changed rows, so that an update to equal values is no lost race. The
session runs at READ COMMITTED; strict mode and utf8mb4 are asked for, not assumed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import pymysql
from pymysql.constants import CLIENT, FIELD_TYPE
from pymysql.converters import conversions
from sqlalchemy.dialects.mysql.pymysql import dialect as pymysql_dialect
from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.contract import ConnectionLost
from tallystick.db.statements import Compiled, Group, Insert, Query, Readable, Row, Statement, compiled_for
from tallystick.db.wording import quote_of, write_by_row

SCHEME = "mysql"
_T = TypeVar("_T")
_GONE = (pymysql.err.OperationalError, pymysql.err.InterfaceError, ConnectionError, OSError)
_LOST_CODES = {0, 1927, 2006, 2013, 2055, 4031}
SESSION = (
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,ANSI_QUOTES'",
)


def _whole(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)


_CONVERSIONS: dict[Any, Any] = {**conversions, FIELD_TYPE.NEWDECIMAL: _whole, FIELD_TYPE.DECIMAL: _whole}


def connect(url: str) -> Any:
    """A connection to `mysql://user:password@host:port/name` or `…?unix_socket=/path`."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    connection = pymysql.connect(
        host=parts.hostname or "localhost",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/") or None,
        unix_socket=unquote(query["unix_socket"]) if "unix_socket" in query else None,
        charset="utf8mb4",
        autocommit=True,
        client_flag=CLIENT.FOUND_ROWS,
        conv=_CONVERSIONS,
    )
    with connection.cursor() as cursor:
        for setting in SESSION:
            cursor.execute(setting)
    return connection


class _Lane:
    """A connection and the one thread that uses it."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self.connection: Any = None

    async def run(self, work: Callable[[Any], _T]) -> _T:
        """Do `work` with the connection. Raises ConnectionLost when it is gone."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, work)

    def _guarded(self, work: Callable[[Any], _T]) -> _T:
        try:
            if self.connection is None:
                self.connection = connect(self._url)
            return work(self.connection)
        except _GONE as error:
            if isinstance(error, pymysql.err.MySQLError) and error.args and error.args[0] not in _LOST_CODES:
                raise
            self.connection = None
            raise ConnectionLost(str(error)) from error

    async def close(self) -> None:
        """Close the connection and end the thread."""
        if self.connection is not None:
            await self.run(lambda connection: connection.close())
        self._thread.shutdown()


class MySQL:
    """See the module."""

    dialect: Dialect

    def __init__(self, url: str) -> None:
        self.dialect = pymysql_dialect()
        self._writer = _Lane(url, "mysql-write")
        self._reader = _Lane(url, "mysql-read")
        self._wordings: dict[int, tuple[str, tuple[int, ...]]] = {}

    @classmethod
    async def open(cls, url: str) -> MySQL:
        """Open the database at `url`."""
        database = cls(url)
        await database._reader.run(lambda connection: connection.ping())
        return database

    async def begin(self) -> MySQLTransaction:
        """Start a transaction on the writing connection."""
        await self._writer.run(lambda connection: connection.begin())
        return MySQLTransaction(self, self._writer)

    async def fetch(self, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read what is committed; a reading connection that was lost is made anew once."""
        try:
            return await self._reader.run(lambda connection: read(connection, compiled, values))
        except ConnectionLost:
            return await self._reader.run(lambda connection: read(connection, compiled, values))

    def wording(self, statement: Statement) -> tuple[str, tuple[int, ...]]:
        """Text for one row and where its parameters come from."""
        found = self._wordings.get(id(statement))
        if found is None:
            ignore = ""
            if isinstance(statement, Insert):
                key = quote_of(self.dialect)(statement.key[0])
                ignore = f" ON DUPLICATE KEY UPDATE {key} = {key}"
            found = self._wordings[id(statement)] = write_by_row(statement, quote_of(self.dialect), "%s", ignore)
        return found

    async def close(self) -> None:
        """Close both connections."""
        await self._writer.close()
        await self._reader.close()


def read(connection: Any, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as dicts, with flags as bool."""
    with connection.cursor() as cursor:
        cursor.execute(compiled.sql, compiled.arguments(values))
        rows = [dict(zip(compiled.names, row, strict=True)) for row in cursor.fetchall()]
    for name in compiled.flags:
        for row in rows:
            if row[name] is not None:
                row[name] = bool(row[name])
    return rows


def write(connection: Any, statement: Statement, wording: str, places: tuple[int, ...], rows: Sequence[Row]) -> int:
    """Run the statement; answers how many rows it touched.

    With found rows counted, an insert that changed nothing counts as touched; so inserts first count the taken keys.
    """
    if isinstance(statement, Insert) and statement.duplicates == "fail":
        wording = wording.partition(" ON DUPLICATE")[0]
    pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    with connection.cursor() as cursor:
        cursor.executemany(wording, [pick(row) for row in rows])
        return int(cursor.rowcount)


class MySQLTransaction:
    """The open write transaction."""

    def __init__(self, database: MySQL, lane: _Lane) -> None:
        self._database = database
        self._lane = lane

    async def next_order(self, last: int) -> int:
        """See the contract."""

        def take(connection: Any) -> int:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE commit_order SET seq = seq + 1 WHERE id = 1")
                cursor.execute("SELECT seq FROM commit_order WHERE id = 1")
                return int(cursor.fetchone()[0])

        return await self._lane.run(take)

    async def write(self, groups: Sequence[Group]) -> list[int]:
        """See the contract. A taken key shows as fewer rows, and ends the writing."""
        worded = [(statement, *self._database.wording(statement), rows) for statement, rows in groups]

        def all_of_them(connection: Any) -> list[int]:
            touched: list[int] = []
            try:
                for one in worded:
                    touched.append(write(connection, *one))
            except pymysql.err.IntegrityError as error:
                if not error.args or error.args[0] != DUPLICATE_ENTRY:
                    raise
            return touched + [0] * (len(worded) - len(touched))

        return await self._lane.run(all_of_them)

    async def fetch(self, query: Query | Readable, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """See the contract."""
        compiled = compiled_for(query, self._database.dialect)
        return await self._lane.run(lambda connection: read(connection, compiled, values))

    async def commit(self) -> None:
        """See the contract."""
        await self._lane.run(lambda connection: connection.commit())

    async def rollback(self) -> None:
        """See the contract."""
        try:
            await self._lane.run(lambda connection: connection.rollback())
        except ConnectionLost:
            return


DUPLICATE_ENTRY = 1062
BACKEND = MySQL
