"""A database on which something else happens just before a unit is made durable: the moment that a race needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, cast

from tallystick import db

Deed = Callable[[], Awaitable[Any]]


class Meddled:
    """`database`, where `deeds[n]` is done when the block of unit number n ends; `units` counts them."""

    def __init__(self, database: db.Database, *deeds: Deed) -> None:
        self._database, self._deeds, self.units = database, deeds, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def unit(self) -> db.Unit:
        """The next unit, with its deed."""
        deed = self._deeds[self.units] if self.units < len(self._deeds) else None
        self.units += 1
        return cast(db.Unit, _Unit(self._database.unit(), deed))


class _Unit:
    def __init__(self, unit: db.Unit, deed: Deed | None) -> None:
        self._unit, self._deed = unit, deed

    async def __aenter__(self) -> db.Unit:
        return self._unit

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._deed is not None and kind is None:
            await self._deed()
        await self._unit.__aexit__(kind, error, trace)


def meddled(database: db.Database, *deeds: Deed) -> db.Database:
    """The database for a verb, which must not notice."""
    return cast(db.Database, Meddled(database, *deeds))
