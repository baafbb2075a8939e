"""The same reads by the bare driver: what a request of the platform asked of the database, asked again without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

import asyncpg

from bench.search.shop import Asked
from tallystick.db.backends import sqlite


class Driver(Protocol):
    """One connection."""

    async def again(self, reads: Sequence[Asked]) -> float:
        """Seconds that these reads take, one after another."""

    async def plan(self, read: Asked) -> str:
        """How the database goes about it."""

    async def close(self) -> None:
        """Hang up."""


class SQLiteDriver:
    """The standard library's, with the platform's settings."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite.connect(url.removeprefix("sqlite:///"))

    async def again(self, reads: Sequence[Asked]) -> float:
        """See the protocol."""
        started = time.perf_counter()
        for text, values in reads:
            self._connection.execute(text, values).fetchall()
        return time.perf_counter() - started

    async def plan(self, read: Asked) -> str:
        """See the protocol."""
        rows = self._connection.execute(f"EXPLAIN QUERY PLAN {read[0]}", read[1]).fetchall()
        return "\n".join(row[-1] for row in rows)

    async def close(self) -> None:
        """See the protocol."""
        self._connection.close()


class PostgresDriver:
    """asyncpg, with its cache of prepared statements."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def again(self, reads: Sequence[Asked]) -> float:
        """See the protocol."""
        started = time.perf_counter()
        for text, values in reads:
            await self._connection.fetch(text, *values)
        return time.perf_counter() - started

    async def plan(self, read: Asked) -> str:
        """See the protocol."""
        rows = await self._connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {read[0]}", *read[1])
        return "\n".join(row[0] for row in rows)

    async def close(self) -> None:
        """See the protocol."""
        await self._connection.close()


async def driver_for(url: str) -> Driver:
    """The bare driver of the database at `url`."""
    return SQLiteDriver(url) if url.startswith("sqlite") else PostgresDriver(await asyncpg.connect(url))
