"""A unit of work: writes collected in memory, made durable together or not at all when its block is left."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol

from tallystick.base import IdSource
from tallystick.db.contract import Transaction
from tallystick.db.statements import Delete, Insert, Row, Statement, Update


class LostRace(Exception):
    """A row that this unit read has moved, or a key it wanted is taken. It wrote nothing; reload and try again."""

    def __init__(self, table: str, key: Row) -> None:
        super().__init__(f"lost the race for {table} {'/'.join(map(str, key))}")
        self.table = table
        self.key = key


class CommitUnknown(Exception):
    """The connection broke while the commit was under way: it may or may not have happened. Read before writing."""


class Stage(Protocol):
    """A part of the group commit that decides in order, inside the transaction: the ledger's checks.

    One stage object serves one database in one process and may keep state between batches.
    """

    async def check(
        self, transaction: Transaction, order: int, *, current: bool, batch: list[tuple[int, list[Any]]]
    ) -> dict[int, Exception]:
        """Look at (unit number, items) in order; answer why which units are refused.

        `current` says that no other process has committed since this stage's last batch.
        """

    def writes(self) -> list[tuple[Statement, list[Row]]]:
        """What the accepted items write."""

    def committed(self) -> None:
        """The batch is durable: keep its state."""

    def rolled_back(self) -> None:
        """The batch is not: forget its state."""


class Committer(Protocol):
    """What makes units durable: the group commit."""

    async def submit(self, unit: Unit) -> None:
        """Wait until the unit is durable, or raise why it is not."""


class Unit:
    """Collects writes; leaving the `async with` block without an exception waits for the group commit.

    Leaving raises LostRace, the Refused of a stage, or CommitUnknown; then nothing of the unit was written (or, for
    CommitUnknown, it cannot be told). Inside one unit, inserts run first, then updates, then deletes.
    """

    __slots__ = ("_commit", "ids", "staged", "writes")

    def __init__(self, commit: Committer, ids: IdSource) -> None:
        self._commit = commit
        self.ids = ids
        self.writes: list[tuple[Statement, Row]] = []
        self.staged: dict[type[Any], list[Any]] = {}

    def new_id(self, prefix: str) -> str:
        """A new id."""
        return self.ids.new(prefix)

    def insert(self, statement: Insert, values: Mapping[str, Any]) -> None:
        """Add a row; `values` gives every column."""
        self.writes.append((statement, statement.row(values)))

    def update(self, statement: Update, values: Mapping[str, Any]) -> None:
        """Change a row; `values` gives its key, the version read (if guarded) and the new values."""
        self.writes.append((statement, statement.row(values)))

    def delete(self, statement: Delete, key: Mapping[str, Any]) -> None:
        """Remove a row."""
        self.writes.append((statement, statement.row(key)))

    def enlist(self, stage: type[Any], item: Any) -> None:
        """Hand `item` to the stage of this type, which the database makes on first use."""
        self.staged.setdefault(stage, []).append(item)

    async def __aenter__(self) -> Unit:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and (self.writes or self.staged):
            await self._commit.submit(self)
