"""What a database backend must offer: one file per database in `backends/`, proven by one contract suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.engine.interfaces import Dialect

from tallystick.db.statements import Compiled, Group, Query, Readable


class ConnectionLost(Exception):
    """The database went away. Before COMMIT was sent nothing happened; after, the outcome is unknown."""


class Transaction(Protocol):
    """The one write transaction that a backend runs at a time."""

    async def next_order(self, last: int) -> int:
        """Take the place of this transaction in the order of all commits, holding off other processes until its end.

        `last` is the place this process took last, or -1: a guess that may save time, and nothing else.
        """

    async def write(self, groups: Sequence[Group]) -> list[int]:
        """Run statements, each for all its rows, with the effect of running them in the order given.

        Answers how many rows each touched. After a short count the caller rolls back.
        """

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
