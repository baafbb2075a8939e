"""What a job is: a promise, written with the business change that needs it, that a handler will run.

Handlers are idempotent by contract: a worker may die after its handler's work and before the job is marked done, and
then another worker runs it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from tallystick.base import Instant, Kind, RefusalCode

MAX_ATTEMPTS = 12
"""Tries before a job is dead; with the pauses below that is about five hours."""
FIRST_PAUSE_SECONDS = 5
MOST_PAUSE_SECONDS = 3_600
LEASE_SECONDS = 60
"""How long a worker may hold a job without a sign of life."""
KEPT_DAYS = 7
"""How long done jobs are kept; so long a key stays taken."""


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    """Not begun, or to be tried again once it is due."""
    RUNNING = "running"
    """Held by a worker until its lease ends."""
    DONE = "done"
    """Its handler returned."""
    DEAD = "dead"
    """Tried as often as allowed; runs again only when somebody says so."""


class JobRefusal(RefusalCode):
    """Why something cannot be done with a job."""

    MISSING = "job_missing", Kind.MISSING
    NOT_DEAD = "job_not_dead", Kind.STATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One promise. `due` is when any worker may take it; None for one that is finished."""

    id: str
    kind: str
    payload: Mapping[str, Any]
    state: State
    due: Instant | None
    owner: str
    attempts: int
    last_error: str
    run_at: Instant
    version: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Job:
        """A job as stored."""
        return cls(
            **{
                **row,
                "payload": msgspec.json.decode(row["payload"]),
                "state": State(row["state"]),
            }
        )

    def held_like(self, other: Job) -> bool:
        """True when both are the same holding: taken by the same owner in the same try, and still held."""
        mine, its = (self.owner, self.attempts), (other.owner, other.attempts)
        return self.state is State.RUNNING and mine == its


Handler = Callable[[Job, Instant], Awaitable[None]]
"""Does the work of one kind of job; raising anything means "try again later"."""


class Ending(StrEnum):
    """How one job of a round ended."""

    DONE = "done"
    RETRIED = "retried"
    DEAD = "dead"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one round did; `lost` are jobs that another worker had already taken or took over."""

    done: int = 0
    retried: int = 0
    dead: int = 0
    lost: int = 0

    @classmethod
    def of(cls, endings: Iterable[Ending]) -> Ran:
        """Count them."""
        listed = list(endings)
        return cls(**{ending.value: listed.count(ending) for ending in Ending})

    @property
    def any(self) -> bool:
        """True when there was something to do."""
        return bool(self.done or self.retried or self.dead or self.lost)
