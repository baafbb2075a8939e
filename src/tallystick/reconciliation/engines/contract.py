"""What an engine must offer: tables of integers and text in, a small subset of SQL, tables out.

Every statement handed to an engine keeps to: projection, filter, equi-join, NOT EXISTS, integer + - *, comparisons,
CASE, GROUP BY with COUNT, SUM, MIN and MAX over integers (sums as DECIMAL(38,0)), ROW_NUMBER with a total order,
UNION ALL. No floats, division, regular expressions, engine hashes, NULLs in keys or unordered results: those are where
engines disagree (docs/reference/reconciliation.md, "Engines"). `tests/rooms/reconciliation/test_engine_subset.py` reads
every statement a run issues.
"""

from __future__ import annotations

from typing import Any, Protocol

import pyarrow as pa


class Engine(Protocol):
    """One run's workspace on one engine."""

    name: str

    def load(self, table: str, rows: pa.Table) -> None:
        """Make `rows` readable as `table`."""

    def create(self, table: str, sql: str) -> None:
        """Keep the result of `sql` as `table`."""

    def drop(self, *tables: str) -> None:
        """Forget tables no later step reads."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The result of `sql`, which ends in a total order; for small results."""

    def table(self, sql: str) -> pa.Table:
        """The result of `sql`, which ends in a total order."""

    def close(self) -> None:
        """Give everything back."""
