"""The overview, from payments, the ledger, reconciliation and the close."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from tallystick import db, payments
from tallystick.base import MICROSECONDS_PER_SECOND, Instant, ProcessorSettings
from tallystick.dashboard import view
from tallystick.dashboard.pages.clearing import Clearings
from tallystick.dashboard.pages.close import Close
from tallystick.dashboard.pages.proof_state import ProofStates
from tallystick.dashboard.pages.rows import row_of
from tallystick.dashboard.view import Period, Scope

HOUR, DAY = 3_600, 86_400
STEPS = {Period.DAY: (HOUR, 24), Period.WEEK: (DAY, 7), Period.MONTH: (DAY, 30)}
RECENT = 8


class Start:
    """What is worth knowing first."""

    def __init__(self, database: db.Database, close: Close, processors: Mapping[str, ProcessorSettings]) -> None:
        self._database = database
        self._clearings = Clearings(database, processors)
        self._proofs = ProofStates(database, close)

    async def open_breaks(self, scope: Scope) -> int:
        """The number beside the word in the navigation."""
        return await self._proofs.open_breaks(scope)

    async def overview(self, scope: Scope, period: Period, currency: str, *, now: Instant) -> view.Overview:
        """Everything on the first page."""
        volumes = await self._volumes(scope, period, now)
        busiest = max(volumes, key=lambda one: (volumes[one].count, one), default="")
        recent = await payments.find(
            self._database,
            scope.merchant_ids,
            payments.Wanted(),
            payments.Window(limit=RECENT),
            livemode=scope.livemode,
        )
        unsettled = await payments.unsettled(self._database, livemode=scope.livemode)
        return view.Overview(
            period=period,
            currencies=tuple(sorted(volumes)),
            volume=volumes.get(currency) or volumes.get(busiest),
            approvals=await self._approvals(scope, period, now),
            clearing=await self._clearings.of(scope, now=now),
            proof=await self._proofs.of(scope, now=now),
            recent=tuple(row_of(scope, payment) for payment in recent.payments),
            unresolved=unsettled.count if scope.visitor.platform else 0,
        )

    async def _volumes(self, scope: Scope, period: Period, now: Instant) -> dict[str, view.Volume]:
        step, count = STEPS[period]
        since = beginning(period, now)
        length = step * count * MICROSECONDS_PER_SECOND
        steps: defaultdict[str, list[payments.Step]] = defaultdict(list)
        before: Counter[str] = Counter()
        for one in await payments.volume(
            self._database,
            scope.merchant_ids,
            livemode=scope.livemode,
            since=Instant(since - length),
            until=Instant(since + length),
            step_seconds=step,
        ):
            if one.start < since:
                before[one.currency] += one.minor
            else:
                steps[one.currency].append(one)
        return {
            currency: view.Volume(
                currency=currency,
                step_seconds=step,
                points=_points(found, since, step, count),
                before_minor=before[currency],
            )
            for currency, found in steps.items()
        }

    async def _approvals(self, scope: Scope, period: Period, now: Instant) -> tuple[view.Approval, ...]:
        found = await payments.approval_by_processor(
            self._database,
            scope.merchant_ids,
            livemode=scope.livemode,
            since=beginning(period, now),
            until=Instant(now + 1),
        )
        return tuple(
            view.Approval(one.processor, one.approved, one.declined, one.unknown, one.not_sent) for one in found
        )


def beginning(period: Period, now: Instant) -> Instant:
    """The start of the first hour or day of a period whose last one is under way."""
    step, count = STEPS[period]
    step_us = step * MICROSECONDS_PER_SECOND
    return Instant((now // step_us - count + 1) * step_us)


def _points(steps: list[payments.Step], since: Instant, step: int, count: int) -> tuple[view.VolumePoint, ...]:
    known = {one.start: one for one in steps}
    starts = [Instant(since + number * step * MICROSECONDS_PER_SECOND) for number in range(count)]
    return tuple(
        view.VolumePoint(start, known[start].minor, known[start].count)
        if start in known
        else view.VolumePoint(start, 0, 0)
        for start in starts
    )
