"""Where today's proof stands: the last run, open breaks, and the next day to close."""

from __future__ import annotations

from tallystick import db, ledger, reconciliation
from tallystick.base import Instant, start_of
from tallystick.dashboard import view
from tallystick.dashboard.pages.close import Close
from tallystick.dashboard.view import Scope

MOST = 100
"""Open breaks are counted this far: whoever has more needs no exact number."""
RUNS = 20
VERDICTS = ("incomplete", "breaks", "reconciled_with_pending", "reconciled")


class ProofStates:
    """Reconciliation and close in three lines."""

    def __init__(self, database: db.Database, close: Close) -> None:
        self._database = database
        self._close = close

    async def open_breaks(self, scope: Scope) -> int:
        """How many differences nobody has explained yet, counted to `MOST`."""
        return len(await self._open(scope))

    async def _open(self, scope: Scope) -> list[reconciliation.BreakRecord]:
        return await reconciliation.breaks(self._database, livemode=scope.livemode, statuses=("open",), limit=MOST)

    async def of(self, scope: Scope, *, now: Instant) -> view.ProofState:
        """For those who see all merchants. The verdict is the worst of the last day that was run."""
        runs = await reconciliation.runs(self._database, livemode=scope.livemode, limit=RUNS)
        broken = await self._open(scope)
        last = min((one for one in runs if one.day == runs[0].day), key=_worst, default=None)
        pending = await self._close.next_day(scope, now=now) if scope.visitor.platform else None
        return view.ProofState(
            run_id=last.id if last else None,
            run_verdict=last.verdict if last else None,
            run_finished=last.created if last else None,
            open_breaks=len(broken),
            oldest_break=start_of(min(one.opened_on for one in broken)) if broken else None,
            last_closed=await ledger.locked_until(self._database, livemode=scope.livemode),
            next_day=pending,
            blockers=await self._close.blockers(scope, pending, now=now) if pending else 0,
        )


def _worst(run: reconciliation.RunRecord) -> tuple[int, int]:
    """The worst verdict first, the latest of equal ones."""
    return VERDICTS.index(run.verdict), -run.seq
