"""Day close, from the close room; which days there are, from payments and the ledger's lock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from tallystick import close, db, ledger, payments
from tallystick.base import Instant, ProcessorSettings, after, start_of
from tallystick.base import day as day_of
from tallystick.close import Closed, Preview
from tallystick.dashboard import view
from tallystick.dashboard.pages.proof import proof_of
from tallystick.dashboard.view import Scope

DAY_SECONDS = 86_400
LOOKED_BACK_DAYS = 60
"""How far back a platform that never closed a day is searched for its first one."""
PLACES = {"brk": "/breaks/", "rcn": "/reconciliation/", "pi": "/payments/", "att": "/payments?q="}


class Close:
    """Days of the scope's mode."""

    def __init__(self, database: db.Database, processors: Mapping[str, ProcessorSettings]) -> None:
        self._database = database
        self._processors = processors

    async def days(self, scope: Scope, month: date, *, now: Instant) -> view.DaysPage:
        """A month of days; none before the platform took its first payment."""
        later = (month + timedelta(days=32)).replace(day=1)
        counts = await self._counts(scope, month, later)
        closed = await self._closed(scope, month, later)
        locked = await ledger.locked_until(self._database, livemode=scope.livemode)
        pending = await self.next_day(scope, now=now)
        if not counts and not closed and pending is None and locked is None:
            return view.DaysPage(month, ())
        blocked = pending is not None and month <= pending < later and await self.blockers(scope, pending, now=now) > 0
        today = day_of(now)
        days = [month + timedelta(days=number) for number in range((later - month).days)]
        states = {
            one: _state(one, today=today, locked=locked, pending=pending, blocked=blocked, count=counts.get(one, 0))
            for one in days
        }
        return view.DaysPage(month, tuple(_row(one, states[one], counts.get(one, 0), closed.get(one)) for one in days))

    async def day(self, scope: Scope, day: date, *, now: Instant) -> view.DayPage | None:
        """One day with its checks, or with its proof once it is closed by itself."""
        if day > day_of(now):
            return None
        counts = await self._counts(scope, day, day + timedelta(days=1))
        locked = await ledger.locked_until(self._database, livemode=scope.livemode)
        if locked is not None and day <= locked:
            found = await self._closing(scope, day)
            row = _row(day, "closed", counts.get(day, 0), found)
            if found is None or found.day > day:
                return view.DayPage(row, (), False, None, found.day if found else None)
            return view.DayPage(row, (), False, proof_of(scope, found))
        seen = await self._preview(scope, day, now=now)
        state = "running" if day == day_of(now) else "ready" if seen.ready else "blocked"
        checks = tuple(_check(one) for one in seen.checks)
        return view.DayPage(_row(day, state, counts.get(day, 0), None), checks, seen.ready, None)

    async def close(self, scope: Scope, day: date, *, now: Instant) -> None:
        """Lock the day and everything before it. Raises Refused while something stands in the way."""
        await close.day(
            self._database,
            day,
            livemode=scope.livemode,
            processors=self._processors,
            by=scope.visitor.email,
            now=now,
        )

    async def next_day(self, scope: Scope, *, now: Instant) -> date | None:
        """The first day that is over and not closed, or None when all are."""
        locked = await ledger.locked_until(self._database, livemode=scope.livemode)
        wanted = locked + timedelta(days=1) if locked else await self._first(scope, now)
        return wanted if wanted is not None and wanted < day_of(now) else None

    async def blockers(self, scope: Scope, day: date, *, now: Instant) -> int:
        """How many checks of the day do not pass."""
        return sum(not check.passed for check in (await self._preview(scope, day, now=now)).checks)

    async def _preview(self, scope: Scope, day: date, *, now: Instant) -> Preview:
        return await close.preview(self._database, day, livemode=scope.livemode, processors=self._processors, now=now)

    async def _closing(self, scope: Scope, day: date) -> Closed | None:
        """The close of the day, its own or the next one after it."""
        found = await close.closes(self._database, livemode=scope.livemode, first=day, limit=1, backwards=True)
        return found[0] if found else None

    async def _closed(self, scope: Scope, first: date, later: date) -> dict[date, Closed]:
        found = await close.closes(self._database, livemode=scope.livemode, first=first, last=later - timedelta(days=1))
        return {one.day: one for one in found}

    async def _counts(self, scope: Scope, first: date, later: date) -> dict[date, int]:
        """Captured payments by day."""
        steps = await payments.volume(
            self._database,
            [merchant.id for merchant in scope.visitor.merchants],
            livemode=scope.livemode,
            since=start_of(first),
            until=start_of(later),
            step_seconds=DAY_SECONDS,
        )
        counts: dict[date, int] = {}
        for step in steps:
            counts[day_of(step.start)] = counts.get(day_of(step.start), 0) + step.count
        return counts

    async def _first(self, scope: Scope, now: Instant) -> date | None:
        since = day_of(after(now, days=-LOOKED_BACK_DAYS))
        return min(await self._counts(scope, since, day_of(now) + timedelta(days=1)), default=None)


def _state(wanted: date, *, today: date, locked: date | None, pending: date | None, blocked: bool, count: int) -> str:
    if wanted > today:
        return "future"
    if locked is not None and wanted <= locked:
        return "closed"
    if wanted == today:
        return "running"
    if wanted == pending:
        return "blocked" if blocked else "ready"
    return "not_closed" if count or (pending is not None and wanted > pending) else "empty"


def _row(day: date, state: str, count: int, closed: close.Closed | None) -> view.DayRow:
    if closed is None:
        return view.DayRow(day, state, count, None, "", "")
    return view.DayRow(day, state, count, closed.created, closed.closed_by, closed.digest)


def _check(found: close.Checked) -> view.Check:
    blockers = tuple(view.Blocker(finding.message, _href(finding.about)) for finding in found.findings)
    return view.Check(found.name, found.title, found.passed, found.detail, blockers)


def _href(about: str) -> str:
    place = PLACES.get(about.partition("_")[0])
    return f"{place}{about}" if place else "/ledger" if ":" in about else ""
