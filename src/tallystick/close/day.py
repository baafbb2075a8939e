"""Closing a day: look, lock, prove. In that order, so that the proof is of numbers that can no longer change.

The books are locked first; then the proof is computed from them and stored, chained to the one before. A crash between
the two leaves a locked day without a proof; closing it again finishes the work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from tallystick import db, ledger
from tallystick.base import Instant, ProcessorSettings, Refused, iso, log
from tallystick.close import facts as reading
from tallystick.close import store
from tallystick.close.checks import CHECKS
from tallystick.close.look import closed_of
from tallystick.close.model import Checked, Closed, CloseRefusal, Facts, Preview
from tallystick.close.proof import document

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
    return _checked(await reading.gather(database, business_day, livemode=livemode, processors=processors, now=now))


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

    Raises Refused(ALREADY_CLOSED), and NOT_READY with `findings` (check, code, message, about) naming exactly what
    stands in the way.
    """
    if await store.one(database, business_day, livemode=livemode) is not None:
        message = f"{business_day.isoformat()} is closed already. Corrections are new entries on a later day."
        raise Refused(CloseRefusal.ALREADY_CLOSED, message)
    locked = await ledger.locked_until(database, livemode=livemode)
    if locked is None or locked < business_day:
        await _must_be_ready(database, business_day, livemode=livemode, processors=processors, now=now)
        async with database.unit() as unit:
            ledger.lock(unit, day=business_day, livemode=livemode)
    elif locked > business_day:
        message = f"The books are closed up to {locked.isoformat()}, so {business_day.isoformat()} is closed with them."
        raise Refused(CloseRefusal.ALREADY_CLOSED, message)
    return await _prove(database, business_day, livemode=livemode, processors=processors, by=by, now=now)


async def _must_be_ready(
    database: db.Database,
    business_day: date,
    *,
    livemode: bool,
    processors: Mapping[str, ProcessorSettings],
    now: Instant,
) -> None:
    seen = await preview(database, business_day, livemode=livemode, processors=processors, now=now)
    if seen.ready:
        return
    findings = seen.findings
    first = findings[0].message
    more = f" And {len(findings) - 1} more." if len(findings) > 1 else ""
    raise Refused(
        CloseRefusal.NOT_READY,
        f"{business_day.isoformat()} cannot close yet. {first}{more}",
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


async def _prove(
    database: db.Database,
    business_day: date,
    *,
    livemode: bool,
    processors: Mapping[str, ProcessorSettings],
    by: str,
    now: Instant,
) -> Closed:
    found = await reading.gather(database, business_day, livemode=livemode, processors=processors, now=now)
    previous = await store.before(database, business_day, livemode=livemode)
    before = previous["digest"] if previous else ""
    proof = document(found, closed_by=by, closed_at=iso(now), previous_digest=before)
    digest = sha256(proof).hexdigest()
    row = {
        "id": f"cls_{'live' if livemode else 'test'}_{business_day.isoformat()}",
        "livemode": livemode,
        "day": store.number(business_day),
        "created": now,
        "closed_by": by[:200],
        "digest": digest,
        "previous_digest": before,
        "proof": proof.decode(),
    }
    try:
        async with database.unit() as unit:
            unit.insert(store.ADD_CLOSE, row)
    except db.LostRace:
        _log.info("closed_by_another", day=business_day.isoformat())
    residuals = sum(bool(one.residual_minor) for one in found.clearing)
    _log.info("closed", day=business_day.isoformat(), digest=digest, residuals=residuals)
    stored = await store.one(database, business_day, livemode=livemode)
    assert stored is not None, "the close is durable, ours or another's"
    return closed_of(stored)
