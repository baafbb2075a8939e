"""Every statement a run issues keeps to what all engines do alike (docs/reference/reconciliation.md, "Engines")."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

from tallystick.reconciliation.engines import ENGINES, DuckDB, Engine
from tests.rooms.reconciliation.ledgerlike import item, run

FORBIDDEN = re.compile(
    r"/|%|\b(avg|round|float|double|real|hash|md5|sha256|lower|upper|like|similar|regexp\w*|qualify|asof|recursive|"
    r"list|array_agg|string_agg|any_value|first|last|limit|now|current_\w+|random|date_diff|timestamp|using|"
    r"distinct on|full|cross|natural|pivot|lateral|unnest|struct)\b",
    re.IGNORECASE,
)


class Listening(DuckDB):
    """Keeps the text of every statement."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.heard: list[str] = []

    def create(self, table: str, sql: str) -> None:
        self.heard.append(sql)
        super().create(table, sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        self.heard.append(sql)
        assert "ORDER BY" in sql or "GROUP BY" not in sql, "several rows need a total order"
        return super().rows(sql)

    def table(self, sql: str) -> pa.Table:
        self.heard.append(sql)
        assert "ORDER BY" in sql
        return super().table(sql)


def busy_run(engine: Engine) -> Any:
    left = [item("l1", 100, "order=a"), item("l2", 100, "order=b"), item("l3", 100, "order=b"), item("l4", 5, "auth=z"),
            item("l5", 10, batch="po")]  # fmt: skip
    right = [item("r1", 90, "order=a"), item("r2", 100, "order=b"), item("r3", 100, "order=b"), item("r4", 5, "auth=z"),
             item("r5", 10, "payout=po"), item("r6", 1, natural_key="k"), item("r6#2", 1, natural_key="k")]  # fmt: skip
    return run(left, right, engine=engine)


def test_no_statement_leaves_the_subset() -> None:
    engine = Listening()
    result = busy_run(engine)
    assert result.counts.groups == 4
    assert len(engine.heard) > 40
    for sql in engine.heard:
        found = FORBIDDEN.search(sql)
        assert found is None, f"{found and found.group()} in {sql}"


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_do_not_change_a_byte(engine: type[DuckDB]) -> None:
    assert busy_run(engine(threads=1)).digest == busy_run(engine(threads=2)).digest


def test_an_engine_that_was_handed_in_stays_open() -> None:
    engine = DuckDB()
    busy_run(engine)
    assert engine.rows("SELECT 1") == [(1,)]
    engine.close()
