"""SQLite: one file, write-ahead log, synchronous=FULL, one writer.

Statements run in the event loop, because a hop to a thread costs more than they do; only COMMIT, which waits for the
disk, runs in a thread of its own, so that the next batch gathers meanwhile. Several processes may share the file:
BEGIN IMMEDIATE waits for its turn.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.statements import Compiled, Group, Query, Readable, Row, Statement, compiled_for
from tallystick.db.wording import quote_of, write_by_row

SCHEME = "sqlite"
BUSY_TIMEOUT_MS = 10_000
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",  # or INSERT OR REPLACE would remove a row past its delete trigger
    "PRAGMA cache_size=-65536",
    "PRAGMA wal_autocheckpoint=4000",
    "PRAGMA temp_store=MEMORY",
)


def connect(path: str) -> sqlite3.Connection:
    """A connection with the settings that the promises rest on."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


class SQLite:
    """See the module. A url is `sqlite:///relative`, `sqlite:////absolute` or `sqlite:///:memory:`.

    With `?commit=inline` COMMIT runs in the loop as well, for a simulation that wants no threads.
    """

    dialect: Dialect

    def __init__(self, path: str, *, inline: bool) -> None:
        self.dialect = sqlite_dialect()
        self._writer = connect(path)
        memory = path == ":memory:"
        self._reader = self._writer if memory else connect(path)
        self._thread = None if inline or memory else ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._wordings: dict[int, tuple[str, Any]] = {}

    @classmethod
    async def open(cls, url: str) -> SQLite:
        """Open the database at `url`."""
        path, _, query = url.removeprefix(f"{SCHEME}:///").partition("?")
        return cls(path or ":memory:", inline=parse_qs(query).get("commit") == ["inline"])

    async def begin(self) -> SQLiteTransaction:
        """Take the write lock."""
        self._writer.execute("BEGIN IMMEDIATE")
        return SQLiteTransaction(self)

    async def fetch(self, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read what is committed."""
        return read(self._reader, compiled, values)

    def write(self, statement: Statement, rows: Sequence[Row]) -> int:
        """Run one statement for all rows in the open transaction."""
        wording = self._wordings.get(id(statement))
        if wording is None:
            text, places = write_by_row(statement, quote_of(self.dialect), "?", " ON CONFLICT DO NOTHING")
            pick = None if places == tuple(range(len(places))) else _picker(places)
            wording = self._wordings[id(statement)] = (text, pick)
        text, pick = wording
        return self._writer.executemany(text, rows if pick is None else [pick(row) for row in rows]).rowcount

    async def commit(self) -> None:
        """Wait for the disk."""
        if self._thread is None:
            self._writer.execute("COMMIT")
        else:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._writer.execute, "COMMIT")

    def rollback(self) -> None:
        """Forget the open transaction, if there is one."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def read_inside(self, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read within the open transaction."""
        return read(self._writer, compiled, values)

    def next_order(self) -> int:
        """The next place in the order of commits."""
        cursor = self._writer.execute("UPDATE commit_order SET seq = seq + 1 WHERE id = 1 RETURNING seq")
        return int(cursor.fetchall()[0][0])

    async def close(self) -> None:
        """Close both connections."""
        if self._thread is not None:
            self._thread.shutdown()
        self._reader.close()
        self._writer.close()


def _picker(places: tuple[int, ...]) -> Any:
    if len(places) == 1:
        return lambda row: (row[places[0]],)
    return itemgetter(*places)


def read(connection: sqlite3.Connection, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows as dicts, with flags as bool."""
    names = compiled.names
    found = connection.execute(compiled.sql, compiled.arguments(values)).fetchall()
    rows = [dict(zip(names, row, strict=True)) for row in found]
    for name in compiled.flags:
        for row in rows:
            if row[name] is not None:
                row[name] = bool(row[name])
    return rows


class SQLiteTransaction:
    """The open write transaction."""

    def __init__(self, database: SQLite) -> None:
        self._database = database

    async def next_order(self, last: int) -> int:
        """See the contract."""
        return self._database.next_order()

    async def write(self, groups: Sequence[Group]) -> list[int]:
        """See the contract."""
        return [self._database.write(statement, rows) for statement, rows in groups]

    async def fetch(self, query: Query | Readable, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """See the contract."""
        return self._database.read_inside(compiled_for(query, self._database.dialect), values)

    async def commit(self) -> None:
        """See the contract."""
        await self._database.commit()

    async def rollback(self) -> None:
        """See the contract."""
        self._database.rollback()


BACKEND = SQLite
