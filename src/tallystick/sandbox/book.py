"""Double-entry books of the processor and of the bank: a posting takes from one account what it gives to another."""

from __future__ import annotations

from collections import defaultdict

from tallystick.sandbox.model import Balance, Entry
from tallystick.sandbox.state import State


class Book:
    """One book; `name` keeps it apart from others in the same state."""

    def __init__(self, state: State, name: str) -> None:
        self._state = state
        self._name = name

    def post(self, *, debit: str, credit: str, currency: str, amount: int, reference: str) -> None:
        """Move `amount` (negative: the other way round; zero: nothing) from `credit` to `debit`."""
        if amount < 0:
            debit, credit, amount = credit, debit, -amount
        if amount == 0:
            return
        self._change(debit, currency, amount)
        self._change(credit, currency, -amount)
        self._state.keep(
            Entry(self._state.next_entry(), self._name, debit, credit, currency, amount, reference),
        )

    def balance(self, account: str, currency: str) -> int:
        """Debits less credits."""
        held = self._state.balances.get(f"{self._name}:{account}:{currency}")
        return held.amount if held else 0

    def balances(self) -> dict[str, dict[str, int]]:
        """Every account's balance, by currency."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for held in self._state.balances.values():
            book, account, currency = held.id.split(":")
            if book == self._name:
                found[currency][account] = held.amount
        return dict(found)

    def _change(self, account: str, currency: str, amount: int) -> None:
        name = f"{self._name}:{account}:{currency}"
        held = self._state.balances.get(name) or Balance(name)
        held.amount += amount
        self._state.keep(held)
