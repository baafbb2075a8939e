"""The sandbox's own file: one SQLite table of records, written behind.

Changes are written together some milliseconds after they were answered, one transaction per moment, so the file is
always a state the sandbox really had. A sandbox that is stopped loses nothing; one that is killed forgets its last
moment. It stands in for a company that does not crash when ours does: kill the platform, not the sandbox.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tallystick.sandbox.state import Row

_MAKE = "CREATE TABLE IF NOT EXISTS things (kind TEXT, id TEXT, body BLOB, PRIMARY KEY (kind, id))"
_PUT = "INSERT INTO things VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
_DROP = "DELETE FROM things WHERE kind = ? AND id = ?"
_ALL = "SELECT kind, id, body FROM things ORDER BY rowid"


class Store:
    """A sandbox's file; it may be used from any one thread at a time."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(_MAKE)

    def load(self) -> list[Row]:
        """Every record, oldest first."""
        return list(self._connection.execute(_ALL))

    def save(self, rows: list[Row]) -> None:
        """Write one moment's changes, all or none."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(_PUT, [row for row in rows if row[2] is not None])
            self._connection.executemany(_DROP, [row[:2] for row in rows if row[2] is None])
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
