"""What a database backend must offer: one file per database in `backends/`, proven by one contract suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.statements import Compiled, Query, Readable, Row, Statement


class ConnectionLost(Exception):
    """The database went away. Before COMMIT was sent nothing happened; after, the outcome is unknown."""


class Transaction(Protocol):
    """The one write transaction that a backend runs at a time."""

    async def next_order(self) -> int:
        """Take the place of this transaction in the order of all commits, holding off other processes until its end."""

    async def write(self, statement: Statement, rows: Sequence[Row]) -> int:
        """Run one statement for all rows; answers how many rows it touched."""

    async def fetch(self, query: Query | Readable, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read inside the transaction."""

    async def commit(self) -> None:
        """Make it durable. Raises ConnectionLost when the answer did not come."""

    async def rollback(self) -> None:
        """Forget it; never raises for a connection that is gone."""


class Backend(Protocol):
    """A database."""

    dialect: Dialect

    async def begin(self) -> Transaction:
        """Start the write transaction; reconnects when the connection was lost."""

    async def fetch(self, compiled: Compiled, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read committed state."""

    async def close(self) -> None:
        """Let go of every connection."""
