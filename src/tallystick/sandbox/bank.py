"""The stand-in bank: one account per currency for the platform, a double-entry book, a statement a day.

It takes payouts from the processor on the day they are due, carries each closing balance to the next opening, and
writes camt.053.001.08. Payouts carry their id as EndToEndId.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from tallystick.base import IdSource, Instant
from tallystick.sandbox import camt
from tallystick.sandbox.book import Book
from tallystick.sandbox.model import BankStatement, Payout, Problem, SandboxSettings, StrayLine, Transfer
from tallystick.sandbox.state import State

_STRANGERS = ("Nordlicht Handels GmbH", "Bellweather & Sons", "Atelier Fontaine", "Kurosawa Shoji", "Lumen Works Ltd")


class Bank:
    """Where the platform's money arrives."""

    def __init__(self, settings: SandboxSettings, state: State, ids: IdSource) -> None:
        self._settings = settings
        self._state = state
        self._ids = ids
        self._book = Book(state, "bank")
        for currency, opening in settings.opening_balances.items():
            if not self._book.balance("customer", currency):
                self._post(currency, opening, "opening balance")

    def receive(self, payout: Payout, *, processor: str) -> None:
        """Take over a payout; it is booked on its `book_day`."""
        self._take(
            Transfer(
                self._ids.new("sbt"),
                payout.currency,
                payout.net,
                payout.id,
                f"{processor} payments",
                f"Payout {payout.id} of {processor}, report {payout.report}",
                payout.book_day,
            )
        )

    def stray(self, line: StrayLine, *, book_day: str) -> dict[str, Any]:
        """Take a credit nobody has announced; returns the truth about it."""
        name = self._ids.new("sbt")
        party = _STRANGERS[int.from_bytes(name.encode()[-2:], "big") % len(_STRANGERS)]
        self._take(
            Transfer(name, line.currency, line.amount, "NOTPROVIDED", party, "Rechnung 4711 / invoice", book_day)
        )
        return {
            "kind": "unknown_bank_line",
            "bank_reference": name,
            "account": self.account(line.currency),
            "currency": line.currency,
            "amount": line.amount,
            "book_day": book_day,
        }

    def day_end(self, day: datetime.date, *, now: Instant) -> list[tuple[str, str, dict[str, Any]]]:
        """Close the day for every account: file name, camt.053 text and what the control call tells of each.

        The same day asked for twice gives the same files. Raises Problem for a day before one already closed.
        """
        return [self._close(currency, day.isoformat(), now) for currency in self._currencies()]

    def account(self, currency: str) -> str:
        """The platform's IBAN for a currency: made up from the sandbox's name, with right check digits (ISO 13616)."""
        seed = hashlib.blake2b(f"{self._settings.name}|{currency}".encode(), digest_size=8).digest()
        bban = f"{99900000:08d}{int.from_bytes(seed, 'big') % 10**10:010d}"
        check = 98 - int(f"{bban}131400") % 97
        return f"DE{check:02d}{bban}"

    def _take(self, transfer: Transfer) -> None:
        self._state.keep(transfer)
        self._post(transfer.currency, transfer.amount, transfer.id)

    def _post(self, currency: str, amount: int, reference: str) -> None:
        self._book.post(
            debit="correspondents", credit="customer", currency=currency, amount=amount, reference=reference
        )

    def _currencies(self) -> list[str]:
        used = {transfer.currency for transfer in self._state.transfers.values()}
        return sorted(used | self._settings.opening_balances.keys())

    def _close(self, currency: str, day: str, now: Instant) -> tuple[str, str, dict[str, Any]]:
        name = f"{currency}:{day}"
        statement = self._state.statements.get(name) or self._make(name, currency, day, now)
        lines = [t for t in self._state.transfers.values() if t.currency == currency and t.statement == name]
        account = self.account(currency)
        assert statement.opening + sum(t.amount for t in lines) == statement.closing, "a statement that does not add up"
        text = camt.render(statement, lines, account=account, currency=currency, day=day, bank=self._settings.name)
        told = {
            "account": account,
            "currency": currency,
            "file": f"camt053_{account}_{day}.xml",
            "opening": statement.opening,
            "closing": statement.closing,
            "entries": len(lines),
        }
        return f"camt053_{account}_{day}.xml", text, told

    def _make(self, name: str, currency: str, day: str, now: Instant) -> BankStatement:
        earlier = [s for s in self._state.statements.values() if s.id.startswith(f"{currency}:")]
        if earlier and earlier[-1].id > name:
            raise Problem(400, "day_over", f"A later day than {day} was closed before; statements go forward only.")
        opening = earlier[-1].closing if earlier else self._settings.opening_balances.get(currency, 0)
        closing = opening
        for transfer in self._state.transfers.values():
            if transfer.currency == currency and not transfer.statement and transfer.book_day <= day:
                transfer.statement = name
                self._state.keep(transfer)
                closing += transfer.amount
        statement = BankStatement(name, len(earlier) + 1, opening, closing, now)
        self._state.keep(statement)
        return statement
