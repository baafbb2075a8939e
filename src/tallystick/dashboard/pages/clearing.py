"""Money in clearing accounts, with the age of its oldest part.

What came in first is taken to leave first: walking back day by day, the balance is made of the latest debits that add
up to it, and the day that completes it is its age. Walking stops after `LOOKED_BACK_DAYS`; older money is shown as old
as that. The days are read at most every `KEPT_SECONDS`, because each is a sum over a day of transfers.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import NamedTuple

from tallystick import db, ledger
from tallystick.base import MICROSECONDS_PER_SECOND, Instant, day, start_of
from tallystick.dashboard import view, words
from tallystick.dashboard.view import Scope
from tallystick.money import Money

LOOKED_BACK_DAYS = 10
KEPT_SECONDS = 30
EXPECTED_DAYS = {"processor_receivable": 3, "payouts_in_transit": 2}
HOLDER = {"payouts_in_transit": "On the way to merchants"}


class Purse(NamedTuple):
    """What clearing money is told apart by."""

    name: str
    processor: str
    currency: str


Flows = dict[tuple[str, Purse], tuple[int, int]]
"""Debits and credits of one day by merchant and purse."""


class Clearings:
    """Clearing accounts of a scope, its merchants taken together."""

    def __init__(self, database: db.Database) -> None:
        self._database = database
        self._kept: dict[tuple[bool, date], tuple[Instant, Flows]] = {}

    async def of(self, scope: Scope, *, now: Instant) -> tuple[view.Clearing, ...]:
        """One line per purse that was ever used, those with money first."""
        balances: defaultdict[Purse, int] = defaultdict(int)
        for one in await ledger.balances(self._database, livemode=scope.livemode):
            if ledger.is_clearing(one.account) and one.account.merchant in scope.merchant_ids:
                balances[_purse(one.account)] += one.balance.net_debit
        ages = await self._oldest(scope, dict(balances), now)
        rows = [_line(purse, minor, ages.get(purse), now) for purse, minor in balances.items()]
        return tuple(sorted(rows, key=lambda row: (not row.balance.minor, row.holder, row.balance.currency)))

    async def _oldest(self, scope: Scope, balances: dict[Purse, int], now: Instant) -> dict[Purse, date]:
        left = {purse: abs(minor) for purse, minor in balances.items() if minor}
        oldest: dict[Purse, date] = {}
        for back in range(LOOKED_BACK_DAYS + 1):
            if not left:
                break
            wanted = day(now) - timedelta(days=back)
            for (merchant, purse), (debits, credits_) in (await self._flows(scope.livemode, wanted, now)).items():
                if merchant in scope.merchant_ids and purse in left:
                    came = debits if balances[purse] > 0 else credits_
                    left[purse] -= came
                    oldest[purse] = wanted if came else oldest.get(purse, wanted)
            left = {purse: minor for purse, minor in left.items() if minor > 0}
        return oldest | dict.fromkeys(left, day(now) - timedelta(days=LOOKED_BACK_DAYS))

    async def _flows(self, livemode: bool, wanted: date, now: Instant) -> Flows:
        read_at, flows = self._kept.get((livemode, wanted), (Instant(0), {}))
        if now - read_at > KEPT_SECONDS * MICROSECONDS_PER_SECOND:
            found = await ledger.movements(self._database, livemode=livemode, first=wanted, last=wanted)
            flows = {(one.account.merchant, _purse(one.account)): (one.debits, one.credits) for one in found}
            recent = day(now) - timedelta(days=LOOKED_BACK_DAYS)
            self._kept = {key: kept for key, kept in self._kept.items() if key[1] >= recent}
            self._kept[livemode, wanted] = (now, flows)
        return flows


def _purse(account: ledger.AccountRef) -> Purse:
    return Purse(account.name, account.processor, account.currency)


def _line(purse: Purse, minor: int, oldest: date | None, now: Instant) -> view.Clearing:
    expected = EXPECTED_DAYS.get(purse.name, 1)
    return view.Clearing(
        account=":".join(part for part in purse if part),
        name=words.plain(purse.name),
        holder=purse.processor or HOLDER.get(purse.name, "Ourselves"),
        balance=Money(minor, purse.currency),
        oldest=start_of(oldest) if oldest else None,
        expected_days=expected,
        overdue=oldest is not None and (day(now) - oldest).days > expected,
    )
