"""Tables `jobs` and `timers`, and every statement on them.

`due` is one column for two meanings that ask the same question, "may a worker take this now?": the time a waiting job
is to run, and the time a running job's lease ends. So one index finds work, and a crashed worker's jobs come back
without anybody looking for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Index, Table, bindparam, select

from tallystick import db
from tallystick.base import Instant
from tallystick.jobs.model import Job, State

JOBS = Table(
    "jobs",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text("kind", 100),
    db.long_text("payload"),
    db.text_id("state"),
    db.instant("due", nullable=True),
    db.text("owner", 100),
    db.integer("attempts"),
    db.text("last_error", 1000),
    db.instant("run_at"),
    db.integer("version"),
    Index("ix_jobs_due", "due"),
    Index("ix_jobs_state", "state", "id"),
)

TIMERS = Table(
    "timers",
    db.METADATA,
    db.text_id("name", primary_key=True),
    db.instant("due"),
    db.text("owner", 100),
    db.integer("failures"),
    db.integer("version"),
)

ADD = db.Insert(JOBS, duplicates="ignore")
SAVE = db.Update(JOBS, key=("id",), guard="version", set=("state", "due", "owner", "attempts", "last_error"))
REMOVE = db.Delete(JOBS, key=("id",))
ADD_TIMER = db.Insert(TIMERS)
SAVE_TIMER = db.Update(TIMERS, key=("name",), guard="version", set=("due", "owner", "failures"))

_ONE = db.Query(select(JOBS).where(JOBS.c.id == bindparam("id")))
_IN_STATE = db.Query(
    select(JOBS).where(JOBS.c.state == bindparam("state")).order_by(JOBS.c.id.desc()).limit(bindparam("limit"))
)
_OLD = db.Query(
    select(JOBS.c.id)
    .where(JOBS.c.state == State.DONE.value, JOBS.c.run_at < bindparam("before"))
    .limit(bindparam("limit"))
)
_TIMERS = db.Query(select(TIMERS))
_TIMER = db.Query(select(TIMERS).where(TIMERS.c.name == bindparam("name")))


async def due(database: db.Database, kinds: Iterable[str], now: Instant, limit: int) -> list[Job]:
    """Jobs of these kinds that a worker may take, longest due first."""
    wanted = select(JOBS).where(JOBS.c.due <= now, JOBS.c.kind.in_(sorted(kinds)))
    rows = await database.fetch(wanted.order_by(JOBS.c.due, JOBS.c.id).limit(limit), {})
    return [Job.from_row(row) for row in rows]


async def job(database: db.Database, job_id: str) -> Job | None:
    """One job."""
    row = await database.first(_ONE, {"id": job_id})
    return None if row is None else Job.from_row(row)


async def in_state(database: db.Database, state: State, limit: int) -> list[Job]:
    """Jobs in a state, the newest id first."""
    return [Job.from_row(row) for row in await database.fetch(_IN_STATE, {"state": state.value, "limit": limit})]


async def done_before(database: db.Database, before: Instant, limit: int) -> list[str]:
    """Ids of jobs that are done and were to run before an instant."""
    return [row["id"] for row in await database.fetch(_OLD, {"before": before, "limit": limit})]


def save(unit: db.Unit, job: Job, **changes: Any) -> None:
    """Write what changes in a job, provided that nobody has changed it since it was read."""
    unit.update(
        SAVE,
        {
            "id": job.id,
            "version": job.version,
            "state": job.state.value,
            "due": job.due,
            "owner": job.owner,
            "attempts": job.attempts,
            "last_error": job.last_error,
            **changes,
        },
    )


async def timers(database: db.Database) -> dict[str, dict[str, Any]]:
    """Every timer's row by name."""
    return {row["name"]: row for row in await database.fetch(_TIMERS, {})}


async def timer(database: db.Database, name: str) -> dict[str, Any] | None:
    """One timer's row."""
    return await database.first(_TIMER, {"name": name})
