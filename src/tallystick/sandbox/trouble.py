"""Planted trouble: what goes wrong on purpose at a day end, and the list of it for whoever checks the finders.

Payments are picked by the seed and the day among those with a single movement, so that one trouble makes one break.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tallystick.sandbox.model import Movement, Plant, Problem, StrayLine

Planted = dict[str, Any]
"""One planted trouble: `kind`, the ids concerned, amounts in minor units."""


class Picks:
    """The movements of one day that something is to happen to; no two troubles hit the same payment."""

    def __init__(self, movements: Sequence[Movement], plant: Plant, chance: random.Random) -> None:
        per_payment = Counter(movement.payment for movement in movements)
        self._free = [m for m in movements if m.type == "charge" and per_payment[m.payment] == 1]
        self._chance = chance
        wanted = (plant.missing_payment, plant.wrong_fee, plant.duplicate_line)
        named = {name for names in wanted if isinstance(names, list) for name in names}
        self._spare = [m for m in self._free if not _names(m) & named]
        self.missing = self._pick("missing_payment", plant.missing_payment)
        self.wrong_fee = self._pick("wrong_fee", plant.wrong_fee)
        self.duplicate = self._pick("duplicate_line", plant.duplicate_line)

    def _pick(self, kind: str, wanted: int | list[str]) -> list[Movement]:
        if isinstance(wanted, list):
            return [self._called(kind, name) for name in wanted]
        if wanted > len(self._spare):
            raise Problem(400, "cannot_plant", f"{kind}: only {len(self._spare)} payments of the day are free for it.")
        picked = self._chance.sample(self._spare, wanted)
        self._spare = [movement for movement in self._spare if movement not in picked]
        return picked

    def _called(self, kind: str, name: str) -> Movement:
        found = next((movement for movement in self._free if name in _names(movement)), None)
        if found is None:
            raise Problem(400, "cannot_plant", f"{kind}: no unsettled single charge is called {name}.")
        return found


def _names(movement: Movement) -> set[str]:
    return {movement.key, movement.reference, movement.payment, movement.id}


def told(kind: str, movement: Movement, **more: Any) -> Planted:
    """The truth about a trouble with one movement."""
    return {
        "kind": kind,
        "movement_id": movement.id,
        "merchant_reference": movement.key,
        "processor_reference": movement.payment,
        "payment_reference": movement.reference,
        "currency": movement.currency,
        "gross": movement.gross,
        "fee": movement.fee,
        "net": movement.net,
    } | more


def wrong_fee_of(movement: Movement) -> int:
    """How much too much is charged: half the fee again, and at least one unit."""
    return max(1, movement.fee // 2)


def late_currencies(wanted: int | list[str], currencies: Sequence[str], chance: random.Random) -> set[str]:
    """The currencies whose payout reaches the bank a day late. Raises Problem when there are not so many."""
    if isinstance(wanted, list):
        strangers = set(wanted) - set(currencies)
        if strangers:
            raise Problem(400, "cannot_plant", f"late_payout: nothing is paid out in {', '.join(sorted(strangers))}.")
        return set(wanted)
    if wanted > len(currencies):
        raise Problem(400, "cannot_plant", f"late_payout: only {len(currencies)} payouts today.")
    return set(chance.sample(sorted(currencies), wanted))


def stray_lines(wanted: int | list[StrayLine], currencies: Sequence[str], chance: random.Random) -> list[StrayLine]:
    """Bank lines nobody knows. Raises Problem when there is no account for them."""
    if isinstance(wanted, list):
        return wanted
    if wanted and not currencies:
        raise Problem(400, "cannot_plant", "unknown_bank_line: no payout today, so name currency and amount.")
    return [StrayLine(chance.choice(sorted(currencies)), chance.randrange(1_000, 100_000)) for _ in range(wanted)]
