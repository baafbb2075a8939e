"""DuckDB in this process: the engine of every run that fits one machine, also of the smallest day."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa


class DuckDB:
    """A private in-memory database, gone with the run.

    `threads` bounds the processor cores used; the result does not depend on it. `memory` (such as `4GB`) makes larger
    work spill to `spill`, a folder of the caller's.
    """

    name = f"duckdb {duckdb.__version__}"

    def __init__(self, *, threads: int | None = None, memory: str | None = None, spill: str | None = None) -> None:
        self._connection = duckdb.connect(":memory:")
        if threads is not None:
            self._connection.execute(f"SET threads = {int(threads)}")
        if memory is not None:
            self._connection.execute("SET memory_limit = ?", [memory])
        if spill is not None:
            self._connection.execute("SET temp_directory = ?", [spill])

    def load(self, table: str, rows: pa.Table) -> None:
        """Copy `rows` in, so that later steps scan the engine's own columns."""
        self._connection.register("arriving", rows)
        self._connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM arriving")
        self._connection.unregister("arriving")

    def create(self, table: str, sql: str) -> None:
        """Keep the result of `sql` as `table`."""
        self._connection.execute(f"CREATE TEMP TABLE {table} AS {sql}")

    def drop(self, *tables: str) -> None:
        """Forget tables no later step reads."""
        for table in tables:
            self._connection.execute(f"DROP TABLE {table}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of `sql` as tuples."""
        return self._connection.execute(sql).fetchall()

    def table(self, sql: str) -> pa.Table:
        """The result of `sql` as an Arrow table."""
        return self._connection.sql(sql).to_arrow_table()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
