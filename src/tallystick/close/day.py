"""Closing a day: look, then lock and prove in one unit.

The facts are read once, the checks decide on them, the proof is written from them, and the unit that locks the books
stores the proof with them. It carries what it rests on: the last transfer that was seen, and where the
reconciliations stood. When a transfer came to the days being closed, or a run was made (only a run opens a break, or
leaves one open), the unit loses the race and everything is read again. So a stored proof always is of facts that
passed, no day is ever locked without its proof, and after a crash the day is closed with its proof or still open.

What may still come between reading and locking comes too late for the day, as if it had come after: a file is taken up
by the run of a later day, an attempt without an outcome is booked on a later day. A break that somebody settles in
between was open when the facts were read, and stood in the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from tallystick import db, ledger, reconciliation
from tallystick.base import Instant, ProcessorSettings, Refused, iso, log
from tallystick.close import facts as reading
from tallystick.close import store
from tallystick.close.checks import CHECKS
from tallystick.close.look import closed
from tallystick.close.model import Checked, Closed, CloseRefusal, Facts, Preview
from tallystick.close.proof import document

MOST_TRIES = 5
"""A day that is over rests; each further look means that somebody still books or reconciles it."""
_log = log.get("close")


async def preview(
    database: db.Database,
    business_day: date,
    *,
    livemode: bool,
    processors: Mapping[str, ProcessorSettings],
    now: Instant,
) -> Preview:
    """Every check of the day as it stands at `now`, without closing anything."""
    seen = await reading.gather(database, business_day, livemode=livemode, processors=processors, now=now)
    return _checked(seen.facts)


async def day(
    database: db.Database,
    business_day: date,
    *,
    livemode: bool,
    processors: Mapping[str, ProcessorSettings],
    by: str,
    now: Instant,
) -> Closed:
    """Close `business_day`, which is over at `now`, and everything before it.

    Raises Refused(ALREADY_CLOSED); NOT_READY with `findings` (check, code, message, about) naming exactly what stands
    in the way; OVERTAKEN when the books of the day do not come to rest.
    """
    for _ in range(MOST_TRIES):
        await _must_be_open(database, business_day, livemode=livemode)
        seen = await reading.gather(database, business_day, livemode=livemode, processors=processors, now=now)
        _must_be_ready(seen.facts)
        try:
            await _close(database, seen, by=by, now=now)
        except db.LostRace as lost:
            _log.info("close_overtaken", day=business_day.isoformat(), by=lost.table)
            continue
        return await closed(database, business_day, livemode=livemode)
    message = f"The books of {business_day.isoformat()} kept moving while they were checked. Try again in a moment."
    raise Refused(CloseRefusal.OVERTAKEN, message)


async def _must_be_open(database: db.Database, business_day: date, *, livemode: bool) -> None:
    """Not locked; or locked up to this very day, by somebody who left no proof."""
    if await store.one(database, business_day, livemode=livemode) is not None:
        message = f"{business_day.isoformat()} is closed already. Corrections are new entries on a later day."
        raise Refused(CloseRefusal.ALREADY_CLOSED, message)
    locked = await ledger.locked_until(database, livemode=livemode)
    if locked is not None and locked > business_day:
        message = f"The books are closed up to {locked.isoformat()}, so {business_day.isoformat()} is closed with them."
        raise Refused(CloseRefusal.ALREADY_CLOSED, message)


def _must_be_ready(found: Facts) -> None:
    seen = _checked(found)
    if seen.ready:
        return
    findings = seen.findings
    first = findings[0].message
    more = f" And {len(findings) - 1} more." if len(findings) > 1 else ""
    raise Refused(
        CloseRefusal.NOT_READY,
        f"{found.day.isoformat()} cannot close yet. {first}{more}",
        findings=[
            {"check": one.check, "code": one.code, "message": one.message, "about": one.about} for one in findings
        ],
    )


def _checked(found: Facts) -> Preview:
    checks = []
    for check in CHECKS:
        findings = tuple(check.findings(found))
        checks.append(
            Checked(
                name=check.name,
                title=check.title,
                passed=not findings,
                detail=check.detail(found),
                findings=findings,
            )
        )
    return Preview(day=found.day, livemode=found.livemode, checks=tuple(checks))


async def _close(database: db.Database, seen: reading.Seen, *, by: str, now: Instant) -> None:
    """Lock and prove, if what was seen still stands. Raises LostRace when it does not."""
    found = seen.facts
    previous = await store.before(database, found.day, livemode=found.livemode)
    before = previous["digest"] if previous else ""
    proof = document(found, closed_by=by, closed_at=iso(now), previous_digest=before)
    digest = sha256(proof).hexdigest()
    row = {
        "id": f"cls_{'live' if found.livemode else 'test'}_{found.day.isoformat()}",
        "livemode": found.livemode,
        "day": store.number(found.day),
        "created": now,
        "closed_by": by[:200],
        "digest": digest,
        "previous_digest": before,
        "proof": proof.decode(),
    }
    async with database.unit() as unit:
        ledger.lock(unit, day=found.day, livemode=found.livemode, seen=seen.upto)
        reconciliation.hold(unit, seen.stand)
        unit.insert(store.ADD_CLOSE, row)
    _log.info("closed", day=found.day.isoformat(), digest=digest)
