"""The processor's day end: everything that moved and was not settled goes into one report and one payout a currency.

The day of a call is a label: what moved since the last day end is settled, whatever the clock says. The same day asked
for twice gives the same report again. A currency whose sum is zero waits for the next day; a negative sum is collected
from the bank account.
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Sequence

from tallystick.base import IdSource, Instant
from tallystick.sandbox import trouble
from tallystick.sandbox.bank import Bank
from tallystick.sandbox.book import Book
from tallystick.sandbox.model import DayEnd, Movement, Payout, Problem, Report, SandboxSettings
from tallystick.sandbox.report import render
from tallystick.sandbox.state import State
from tallystick.sandbox.trouble import Picks, Planted
from tallystick.sandbox.wire import ENCODE


class Settlement:
    """Settles one processor's days with its bank."""

    def __init__(self, settings: SandboxSettings, state: State, ids: IdSource, bank: Bank) -> None:
        self._settings = settings
        self._state = state
        self._ids = ids
        self._bank = bank
        self._book = Book(state, "processor")

    def day_end(self, asked: DayEnd, *, now: Instant) -> Report:
        """Settle, hand the payouts to the bank, and keep the report. Raises Problem when trouble cannot be planted."""
        day = asked.day.isoformat()
        if day in self._state.reports:
            return self._state.reports[day]
        chance = random.Random(f"{self._settings.seed}|{self._settings.name}|{day}")
        movements = [m for m in self._state.unsettled.values() if asked.release or not m.withheld]
        picks = Picks(movements, asked.plant, chance)
        payable = _without_zero_sums([m for m in movements if m not in picks.missing])
        _check_settled(payable, (*picks.wrong_fee, *picks.duplicate))
        currencies = sorted({m.currency for m in payable})
        late = trouble.late_currencies(asked.plant.late_payout, currencies, chance)
        strays = trouble.stray_lines(asked.plant.unknown_bank_line, currencies, chance)
        # Every refusal is above this line: from here on things change.
        planted = [*self._withhold(picks.missing), *self._overcharge(picks.wrong_fee)]
        planted += [trouble.told("duplicate_line", movement) for movement in picks.duplicate]
        payouts = [self._pay_out(payable, currency, asked.day, late=currency in late) for currency in currencies]
        planted += [_late(payout, asked.day) for payout in payouts if payout.currency in late]
        planted += [self._bank.stray(line, book_day=day) for line in strays]
        return self._keep(asked.day, _with_duplicates(payable, picks.duplicate), payouts, planted)

    def _withhold(self, missing: Sequence[Movement]) -> list[Planted]:
        for movement in missing:
            movement.withheld = True
            self._state.keep_movement(movement)
        return [trouble.told("missing_payment", movement) for movement in missing]

    def _overcharge(self, movements: Sequence[Movement]) -> list[Planted]:
        return [self._overcharge_one(movement) for movement in movements]

    def _overcharge_one(self, movement: Movement) -> Planted:
        right, more = movement.fee, trouble.wrong_fee_of(movement)
        movement.fee += more
        self._state.keep_movement(movement)
        self._book.post(debit="merchant", credit="fees", currency=movement.currency, amount=more, reference=movement.id)
        return trouble.told("wrong_fee", movement, expected_fee=right, reported_fee=movement.fee, difference=more)

    def _pay_out(self, movements: Sequence[Movement], currency: str, day: datetime.date, *, late: bool) -> Payout:
        mine = [movement for movement in movements if movement.currency == currency]
        lag = datetime.timedelta(days=self._settings.payout_lag_days + late)
        payout = Payout(
            self._ids.new("sbo"),
            day.isoformat(),
            currency,
            len(mine),
            sum(movement.gross for movement in mine),
            sum(movement.fee for movement in mine),
            (day + lag).isoformat(),
        )
        for movement in mine:
            movement.payout, movement.withheld = payout.id, False
            self._state.keep_movement(movement)
        self._state.keep(payout)
        self._book.post(debit="merchant", credit="bank", currency=currency, amount=payout.net, reference=payout.id)
        self._bank.receive(payout, processor=self._settings.name)
        return payout

    def _keep(
        self, day: datetime.date, movements: Sequence[Movement], payouts: Sequence[Payout], planted: list[Planted]
    ) -> Report:
        name = self._settings.name
        file = f"settlement_{name}_{day.isoformat()}.csv"
        text = render(
            processor=name,
            report=f"{name}-{day.isoformat()}",
            day=day.isoformat(),
            movements=movements,
            payouts=payouts,
        )
        answer = {
            "report_id": f"{name}-{day.isoformat()}",
            "file": file,
            "day": day.isoformat(),
            "movements": len(movements),
            "payouts": [_told(payout) for payout in payouts],
            "planted": planted,
        }
        report = Report(day.isoformat(), file, text, ENCODE(answer))
        self._state.keep(report)
        return report


def _check_settled(payable: Sequence[Movement], picked: Sequence[Movement]) -> None:
    settled = {movement.id for movement in payable}
    lost = [movement.key for movement in picked if movement.id not in settled]
    if lost:
        raise Problem(400, "cannot_plant", f"These are not settled today: {', '.join(lost)}.")


def _without_zero_sums(movements: Sequence[Movement]) -> list[Movement]:
    sums: dict[str, int] = {}
    for movement in movements:
        sums[movement.currency] = sums.get(movement.currency, 0) + movement.net
    return [movement for movement in movements if sums[movement.currency] != 0]


def _with_duplicates(movements: Sequence[Movement], duplicates: Sequence[Movement]) -> list[Movement]:
    """The rows of the report: a duplicated line stands right after the line it repeats."""
    twice = {movement.id for movement in duplicates}
    return [row for movement in movements for row in ([movement, movement] if movement.id in twice else [movement])]


def _told(payout: Payout) -> dict[str, str | int]:
    return {
        "payout_id": payout.id,
        "currency": payout.currency,
        "movements": payout.movements,
        "gross": payout.gross,
        "fee": payout.fee,
        "net": payout.net,
        "book_day": payout.book_day,
    }


def _late(payout: Payout, day: datetime.date) -> Planted:
    return {
        "kind": "late_payout",
        "payout_id": payout.id,
        "currency": payout.currency,
        "amount": payout.net,
        "report_day": day.isoformat(),
        "book_day": payout.book_day,
    }
