"""The payments list and the payment page, from the payments room."""

from __future__ import annotations

from tallystick import db, ledger, money, payments
from tallystick.base import Instant
from tallystick.dashboard import view
from tallystick.dashboard.pages.rows import row_of
from tallystick.dashboard.pages.story import Stories
from tallystick.dashboard.view import Scope


class Payments:
    """Payments of the scope's merchants."""

    def __init__(self, database: db.Database, processors: tuple[str, ...]) -> None:
        self._database = database
        self._processors = processors
        self._stories = Stories(database)

    async def payments(self, scope: Scope, wanted: view.PaymentFilter, *, now: Instant) -> view.PaymentsPage:
        """One page, newest first; a page towards newer ones is asked for oldest first and turned."""
        found = await payments.find(
            self._database,
            scope.merchant_ids,
            await payments.typed(
                self._database,
                wanted.query,
                status=wanted.status,
                processor=wanted.processor,
                currency=wanted.currency if wanted.currency in money.CURRENCIES else "",
            ),
            payments.Window(
                limit=wanted.limit,
                older_than=wanted.before or None,
                newer_than=(wanted.after or None) if not wanted.before else None,
            ),
            livemode=scope.livemode,
        )
        towards_newer = bool(wanted.after and not wanted.before)
        shown = found.payments[::-1] if towards_newer else found.payments
        rows = tuple(row_of(scope, payment) for payment in shown)
        first, last = (rows[0].id, rows[-1].id) if rows else (None, None)
        older = last if towards_newer else found.last
        newer = found.last if towards_newer else (first if wanted.before else None)
        return view.PaymentsPage(rows, older, newer, self._processors, await self._currencies(scope))

    async def payment(self, scope: Scope, payment_id: str, *, now: Instant) -> view.PaymentPage | None:
        """One payment of the scope's merchants and mode."""
        found = await payments.payment(self._database, payment_id)
        if found is None or found.merchant not in scope.merchant_ids or found.livemode != scope.livemode:
            return None
        return await self._stories.of(scope, found)

    async def _currencies(self, scope: Scope) -> tuple[str, ...]:
        accounts = await ledger.balances(self._database, livemode=scope.livemode, name="merchant_payable")
        return tuple(sorted({one.account.currency for one in accounts if one.account.merchant in scope.merchant_ids}))
