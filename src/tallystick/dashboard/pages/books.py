"""The trial balance, from the ledger."""

from __future__ import annotations

from collections import defaultdict

from tallystick import db, ledger
from tallystick.dashboard import view, words
from tallystick.dashboard.view import Scope


class Books:
    """Balances of the scope's accounts."""

    def __init__(self, database: db.Database) -> None:
        self._database = database

    async def trial_balance(self, scope: Scope) -> view.TrialBalance:
        """Every account of the scope's merchants, and of the platform for those who see it."""
        found = await ledger.trial_balance(self._database, livemode=scope.livemode)
        shown = [one for one in found if one.account.merchant in scope.merchant_ids]
        return view.TrialBalance(tuple(_row(scope, one) for one in shown), _totals(shown))


def account_name(account: ledger.AccountRef) -> str:
    """An account in words: its name, and whose it is."""
    return words.plain(account.name) + (f" · {account.processor}" if account.processor else "")


def _row(scope: Scope, one: ledger.AccountBalance) -> view.AccountRow:
    return view.AccountRow(
        path=one.account.path,
        name=account_name(one.account),
        merchant=scope.merchant_name(one.account.merchant),
        currency=one.account.currency,
        debits_minor=one.balance.debits_posted,
        credits_minor=one.balance.credits_posted,
        pending_debits_minor=one.balance.debits_pending,
        pending_credits_minor=one.balance.credits_pending,
    )


def _totals(shown: list[ledger.AccountBalance]) -> tuple[view.CurrencyTotal, ...]:
    debits: defaultdict[str, int] = defaultdict(int)
    credits_: defaultdict[str, int] = defaultdict(int)
    for one in shown:
        debits[one.account.currency] += one.balance.debits_posted
        credits_[one.account.currency] += one.balance.credits_posted
    return tuple(view.CurrencyTotal(currency, debits[currency], credits_[currency]) for currency in sorted(debits))
