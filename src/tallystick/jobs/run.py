"""Run what is due. Every step is one guarded commit, so a crash between any two leaves a job that comes back.

    take (lease, attempts + 1)  ->  handler  ->  done | waiting with a pause | dead

Taking is a versioned update: of two workers one wins, the other is told LostRace and goes on. Nothing is locked while
a handler runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tallystick import db
from tallystick.base import Clock, Instant, Refused, after, log
from tallystick.jobs import store
from tallystick.jobs.backoff import pause_us
from tallystick.jobs.lease import hold
from tallystick.jobs.model import (
    FIRST_PAUSE_SECONDS,
    KEPT_DAYS,
    LEASE_SECONDS,
    MAX_ATTEMPTS,
    MOST_PAUSE_SECONDS,
    Ending,
    Handler,
    Job,
    JobRefusal,
    Ran,
    State,
)

_ERROR_LENGTH = 1000
_log = log.get("jobs")


async def run(
    database: db.Database,
    handlers: Mapping[str, Handler],
    now: Instant,
    *,
    owner: str,
    limit: int = 50,
    clock: Clock | None = None,
) -> Ran:
    """Take up to `limit` due jobs of the kinds in `handlers` and run them side by side; answers how they ended.

    `owner` names this worker and must differ between workers. With a `clock` the lease of a long handler is renewed;
    without one a handler that outlasts LEASE_SECONDS may be run by another worker as well.
    """
    found = await store.due(database, handlers, now, limit) if handlers else []
    endings = await asyncio.gather(
        *[_one(database, handlers[job.kind], job, now, owner=owner, clock=clock) for job in found]
    )
    return Ran.of(endings)


async def _one(
    database: db.Database, handler: Handler, job: Job, now: Instant, *, owner: str, clock: Clock | None
) -> Ending:
    if job.attempts >= MAX_ATTEMPTS:
        # Its lease ran out in its last try: the worker died, perhaps of this very job.
        return await _bury(database, job, "the worker died in the last try")
    held = await _take(database, job, now, owner)
    if held is None:
        return Ending.LOST
    try:
        await hold(
            _call(handler, held, now),
            lambda: _settle(database, held, due=_lease_end(clock.now() if clock else now)),
            clock,
            every_seconds=LEASE_SECONDS / 3,
        )
    except Exception as fault:
        return await _failed(database, held, fault, clock.now() if clock else now)
    kept = await _settle(database, held, state=State.DONE.value, due=None, last_error="")
    return Ending.DONE if kept else Ending.LOST


async def _call(handler: Handler, job: Job, now: Instant) -> None:
    await handler(job, now)


def _lease_end(now: Instant) -> Instant:
    return after(now, seconds=LEASE_SECONDS)


async def _take(database: db.Database, job: Job, now: Instant, owner: str) -> Job | None:
    """Hold the job, or None when another worker was first."""
    held = replace(
        job, state=State.RUNNING, due=_lease_end(now), owner=owner, attempts=job.attempts + 1, version=job.version + 1
    )
    try:
        async with database.unit() as unit:
            store.save(unit, replace(held, version=job.version))
    except db.LostRace:
        return None
    return held


async def _settle(database: db.Database, held: Job, **changes: Any) -> bool:
    """Write `changes` if the job is still ours; False when its lease ended and somebody else took it.

    The version alone would not tell: a renewal that was interrupted may or may not have raised it.
    """

    async def step() -> bool:
        current = await store.job(database, held.id)
        if current is None or not current.held_like(held):
            return False
        async with database.unit() as unit:
            store.save(unit, current, **changes)
        return True

    return await database.retry(step)


async def _failed(database: db.Database, held: Job, fault: Exception, now: Instant) -> Ending:
    error = f"{type(fault).__name__}: {fault}"[:_ERROR_LENGTH]
    last = held.attempts >= MAX_ATTEMPTS
    report = _log.error if last else _log.warning
    report("job_failed", job=held.id, kind=held.kind, attempt=held.attempts, dead=last, error=error)
    if last:
        kept = await _settle(database, held, state=State.DEAD.value, due=None, last_error=error)
        return Ending.DEAD if kept else Ending.LOST
    pause = pause_us(held.id, held.attempts, first_seconds=FIRST_PAUSE_SECONDS, most_seconds=MOST_PAUSE_SECONDS)
    kept = await _settle(
        database, held, state=State.WAITING.value, due=Instant(now + pause), owner="", last_error=error
    )
    return Ending.RETRIED if kept else Ending.LOST


async def _bury(database: db.Database, job: Job, error: str) -> Ending:
    try:
        async with database.unit() as unit:
            store.save(unit, job, state=State.DEAD.value, due=None, last_error=error)
    except db.LostRace:
        return Ending.LOST
    _log.error("job_failed", job=job.id, kind=job.kind, attempt=job.attempts, dead=True, error=error)
    return Ending.DEAD


# --- what people do with jobs --------------------------------------------------------------------------------


async def job(database: db.Database, job_id: str) -> Job | None:
    """The job with this id."""
    return await store.job(database, job_id)


async def dead(database: db.Database, *, limit: int = 100) -> list[Job]:
    """Jobs that were given up, with their last error."""
    return await store.in_state(database, State.DEAD, limit)


async def again(database: db.Database, job_id: str, now: Instant) -> Job:
    """Let a dead job run once more from its first try; raises Refused when there is none or it is not dead."""

    async def step() -> Job:
        current = await store.job(database, job_id)
        if current is None:
            raise Refused(JobRefusal.MISSING, f"no job {job_id}; list dead jobs to find its id", param="id")
        if current.state is not State.DEAD:
            raise Refused(JobRefusal.NOT_DEAD, f"job {job_id} is {current.state}; only a dead job is run again")
        revived = replace(current, state=State.WAITING, due=now, owner="", attempts=0)
        async with database.unit() as unit:
            store.save(unit, revived)
        return replace(revived, version=current.version + 1)

    return await database.retry(step)


async def prune(database: db.Database, now: Instant, *, limit: int = 500) -> int:
    """Forget jobs that have been done for KEPT_DAYS; answers how many. Dead ones stay until somebody looks."""
    old = await store.done_before(database, after(now, days=-KEPT_DAYS), limit)
    try:
        async with database.unit() as unit:
            for job_id in old:
                unit.delete(store.REMOVE, {"id": job_id})
    except db.LostRace:
        return 0
    return len(old)
