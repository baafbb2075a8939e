"""Money in clearing accounts, with the age of its oldest part.

What came in first is taken to leave first: walking back day by day, the balance is made of the latest debits that add
up to it. The day that completes it is asked when its oldest part came. Walking stops after `LOOKED_BACK_DAYS`; older
money is shown as old as that. Ages are worked out at most every `KEPT_SECONDS`, because each day is a sum over its
transfers; money that has none yet has them worked out anew, from balances and days that are read together.

Only a processor's terms make money overdue: its report comes on the day after, its payout `payout_lag_days` later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tallystick import db, ledger
from tallystick.base import MICROSECONDS_PER_SECOND, Instant, ProcessorSettings, day, start_of
from tallystick.dashboard import view, words
from tallystick.dashboard.view import Scope
from tallystick.money import Money

LOOKED_BACK_DAYS = 10
KEPT_SECONDS = 30
REPORT_DAYS = 1
HOLDER = {"payouts_in_transit": "On the way to merchants"}


class Purse(NamedTuple):
    """What clearing money is told apart by."""

    name: str
    processor: str
    currency: str


Ages = dict[Purse, Instant]
"""When the oldest part of each balance that is not zero came in."""
Held = Mapping[Purse, Sequence[ledger.AccountBalance]]


class Clearings:
    """Clearing accounts of a scope, its merchants taken together."""

    def __init__(self, database: db.Database, processors: Mapping[str, ProcessorSettings]) -> None:
        self._database = database
        self._processors = processors
        self._kept: dict[tuple[bool, tuple[str, ...]], tuple[Instant, Ages]] = {}

    async def of(self, scope: Scope, *, now: Instant) -> tuple[view.Clearing, ...]:
        """One line per purse that was ever used, those with money first."""
        held: defaultdict[Purse, list[ledger.AccountBalance]] = defaultdict(list)
        for one in await ledger.balances(self._database, livemode=scope.livemode):
            if ledger.is_clearing(one.account) and one.account.merchant in scope.merchant_ids:
                held[_purse(one.account)].append(one)
        ages = await self._ages(scope, held, now)
        rows = [self._line(purse, _sum(held[purse]), ages.get(purse), now) for purse in held]
        return tuple(sorted(rows, key=lambda row: (not row.balance.minor, row.holder, row.balance.currency)))

    async def _ages(self, scope: Scope, held: Held, now: Instant) -> Ages:
        self._kept = {
            key: kept for key, kept in self._kept.items() if now - kept[0] <= KEPT_SECONDS * MICROSECONDS_PER_SECOND
        }
        key = scope.livemode, scope.merchant_ids
        _, ages = self._kept.get(key, (now, {}))
        if any(_sum(accounts) and purse not in ages for purse, accounts in held.items()):
            ages = await self._oldest(scope, held, now)
            self._kept[key] = now, ages
        return ages

    async def _oldest(self, scope: Scope, held: Held, now: Instant) -> Ages:
        """By day first, because a sum is cheap; then to the moment within the day."""
        left = {purse: abs(_sum(accounts)) for purse, accounts in held.items() if _sum(accounts)}
        ages: Ages = {}
        wanted = await self._last_day(scope, now)
        first = day(now) - timedelta(days=LOOKED_BACK_DAYS)
        while left and wanted >= first:
            for purse, (debits, credits_) in (await self._flows(scope, wanted)).items():
                came = debits if _sum(held.get(purse, ())) > 0 else credits_
                if purse in left and came >= left[purse]:
                    ages[purse] = await self._moment(held[purse], wanted, gone=came - left.pop(purse))
                elif purse in left:
                    left[purse] -= came
            wanted -= timedelta(days=1)
        return ages | dict.fromkeys(left, start_of(first))

    async def _last_day(self, scope: Scope, now: Instant) -> date:
        """What comes in on a day that is closed already is booked on the first one that is not."""
        locked = await ledger.locked_until(self._database, livemode=scope.livemode)
        return day(now) if locked is None else max(day(now), locked + timedelta(days=1))

    async def _flows(self, scope: Scope, wanted: date) -> dict[Purse, tuple[int, int]]:
        found: defaultdict[Purse, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for one in await ledger.movements(self._database, livemode=scope.livemode, first=wanted, last=wanted):
            if one.account.merchant in scope.merchant_ids:
                debits, credits_ = found[_purse(one.account)]
                found[_purse(one.account)] = debits + one.debits, credits_ + one.credits
        return found

    async def _moment(self, accounts: Sequence[ledger.AccountBalance], wanted: date, *, gone: int) -> Instant:
        debits = _sum(accounts) > 0
        refs = [one.account for one in accounts]
        moment = await ledger.exceeded(self._database, refs, wanted, debits=debits, beyond=gone)
        return start_of(wanted) if moment is None else moment

    def _line(self, purse: Purse, minor: int, oldest: Instant | None, now: Instant) -> view.Clearing:
        terms = self._processors.get(purse.processor)
        expected = None if terms is None else REPORT_DAYS + terms.payout_lag_days
        return view.Clearing(
            account=":".join(part for part in purse if part),
            name=words.plain(purse.name),
            holder=purse.processor or HOLDER.get(purse.name, "Ourselves"),
            balance=Money(minor, purse.currency),
            oldest=oldest,
            expected_days=expected,
            overdue=_overdue(oldest, expected, now),
        )


def _purse(account: ledger.AccountRef) -> Purse:
    return Purse(account.name, account.processor, account.currency)


def _sum(accounts: Sequence[ledger.AccountBalance]) -> int:
    return sum(one.balance.net_debit for one in accounts)


def _overdue(oldest: Instant | None, expected_days: int | None, now: Instant) -> bool:
    return oldest is not None and expected_days is not None and (day(now) - day(oldest)).days > expected_days
