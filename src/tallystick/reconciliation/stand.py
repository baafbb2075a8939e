"""Where the reconciliations stand, and a unit that counts only while none of them goes on.

Whoever decides by what the runs left reads the stand first, then what he decides by, and holds the stand in the unit
that acts: a run in between makes that unit lose the race, and a run that began before it loses in its turn, looks
again, and finds the day closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tallystick import db
from tallystick.reconciliation import store, terms


@dataclass(frozen=True, slots=True)
class Stand:
    """Rows that every run moves, by id, with the version that was read."""

    versions: tuple[tuple[str, str, int], ...]
    """(head, its last run, version)."""


async def stand(database: db.Database, *, livemode: bool, processors: Iterable[str]) -> Stand:
    """Where the reconciliations of a mode stand; one that never ran has no part in it."""
    names = [*(terms.books_name(name) for name in sorted(processors)), terms.BANK]
    heads = [await store.head(database, terms.head_id(name, livemode=livemode)) for name in names]
    return Stand(tuple((head["id"], head["run_id"], head["version"]) for head in heads if head is not None))


def hold(unit: db.Unit, seen: Stand) -> None:
    """Let the unit lose the race (LostRace) when a run was made since `seen`."""
    for head, run, version in seen.versions:
        unit.update(store.HOLD_HEAD, {"id": head, "run_id": run, "version": version})
