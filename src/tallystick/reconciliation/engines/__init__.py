"""The rack of engines: one file each, one name in the tuple."""

from tallystick.reconciliation.engines.contract import Engine
from tallystick.reconciliation.engines.duckdb import DuckDB

ENGINES = (DuckDB,)

__all__ = ["ENGINES", "DuckDB", "Engine"]
