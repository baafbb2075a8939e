"""The database as the rooms see it: units that write, queries that read, retries for lost races."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from tallystick.base import Clock, IdSource, Kind, RefusalCode, Refused, SystemClock
from tallystick.db.backends import BACKENDS
from tallystick.db.commit import GroupCommit
from tallystick.db.contract import Backend
from tallystick.db.statements import Query, Readable, compiled_for
from tallystick.db.unit import LostRace, Unit

T = TypeVar("T")
MOST_TRIES = 256
_NOTHING: Mapping[str, Any] = {}
_OTHER_NAMES = {"postgres": "postgresql", "mariadb": "mysql"}


class DatabaseRefusal(RefusalCode):
    """Why the database refuses."""

    UNKNOWN_URL = "database_url_unknown", Kind.INVALID
    TOO_BUSY = "lock_timeout", Kind.CONFLICT


class Database:
    """Writes by `unit()`, reads by `fetch` and `first`. Made by `open`, or from a backend directly in simulations."""

    def __init__(self, backend: Backend, *, ids: IdSource, clock: Clock) -> None:
        self._backend = backend
        self._commit = GroupCommit(backend)
        self.ids = ids
        self.clock = clock
        self.dialect: str = "mysql" if backend.dialect.name == "mariadb" else backend.dialect.name

    def unit(self) -> Unit:
        """A unit of work; use it as `async with database.unit() as unit`."""
        return Unit(self._commit, self.ids)

    async def fetch(self, query: Query | Readable, values: Mapping[str, Any] = _NOTHING) -> list[dict[str, Any]]:
        """All rows of a read of committed state, as dicts by column name."""
        return await self._backend.fetch(compiled_for(query, self._backend.dialect), values)

    async def first(self, query: Query | Readable, values: Mapping[str, Any] = _NOTHING) -> dict[str, Any] | None:
        """The first row, or None."""
        rows = await self.fetch(query, values)
        return rows[0] if rows else None

    async def retry(self, step: Callable[[], Awaitable[T]]) -> T:
        """Await `step()`, again with fresh reads each time it loses a race.

        Raises Refused(TOO_BUSY) when it keeps losing: somebody else wins every time, which is progress for them only.
        """
        for _ in range(MOST_TRIES):
            try:
                return await step()
            except LostRace as lost:
                loser = lost
        raise Refused(
            DatabaseRefusal.TOO_BUSY, f"Too many requests change {loser.table} at once. Try again in a moment."
        )

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback`, which must not block, after each commit that carried news (sequenced rows)."""
        self._commit.on_commit(callback)

    async def close(self) -> None:
        """Finish what is under way and disconnect; further units fail."""
        await self._commit.idle()
        self._commit.closed = True
        await self._backend.close()


def backend_of(url: str) -> Any:
    """The backend module for the scheme of `url`. Raises Refused(UNKNOWN_URL)."""
    scheme = url.partition("://")[0].partition("+")[0]
    scheme = _OTHER_NAMES.get(scheme, scheme)
    for name in BACKENDS:
        module = import_module(f"tallystick.db.backends.{name}")
        if scheme == module.SCHEME:
            return module
    raise Refused(
        DatabaseRefusal.UNKNOWN_URL,
        f"No database speaks {scheme!r}. Use sqlite:///FILE, postgresql://… or mysql://….",
        param="database_url",
    )


async def open_database(url: str, *, ids: IdSource | None = None, clock: Clock | None = None) -> Database:
    """Connect to the database at `url`, whose tables must be there (`migrate`).

    Raises Refused(UNKNOWN_URL) for a scheme nobody speaks, and the driver's own error when it cannot be reached.
    """
    clock = clock or SystemClock()
    backend: Backend = await backend_of(url).BACKEND.open(url)
    return Database(backend, ids=ids or IdSource(clock), clock=clock)
