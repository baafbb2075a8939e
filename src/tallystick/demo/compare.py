"""Planted trouble against breaks found, by identity: the same payment, movement, payout or bank line, the same kind of
difference, the same amount. One break answers for one planted trouble; what is left over on either side is a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tallystick import db, reconciliation, statements
from tallystick.reconciliation import BreakRecord

CLASSES = {
    "missing_payment": ("missing_right",),
    "duplicate_line": ("duplicate",),
    "wrong_fee": ("fee",),
    "late_payout": ("late",),
    "unknown_bank_line": ("missing_left", "orphan"),
}
"""The classes of break that tell the truth about each kind of trouble."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One trouble that was planted, as the sandbox that did it tells."""

    processor: str
    told: dict[str, Any]

    @property
    def kind(self) -> str:
        """Which of CLASSES."""
        return str(self.told["kind"])

    @property
    def amount(self) -> int:
        """The money in question, minor units."""
        names = {"wrong_fee": "difference", "missing_payment": "gross", "duplicate_line": "gross"}
        return int(self.told[names.get(self.kind, "amount")])

    @property
    def about(self) -> str:
        """The id by which it must be recognised."""
        names = {"late_payout": "payout_id", "unknown_bank_line": "bank_reference"}
        return str(self.told[names.get(self.kind, "payment_reference")])


@dataclass(frozen=True, slots=True)
class Verdict:
    """Pairs of planted and found; what was not found; what was found and not planted."""

    found: tuple[tuple[Planted, BreakRecord], ...]
    missed: tuple[Planted, ...]
    unplanted: tuple[BreakRecord, ...]

    @property
    def exact(self) -> bool:
        """Every planted trouble, and nothing else."""
        return not self.missed and not self.unplanted


async def compare(database: db.Database, planted: Sequence[Planted], breaks: Sequence[BreakRecord]) -> Verdict:
    """Pair them off."""
    left = list(breaks)
    pairs, missed = [], []
    for one in planted:
        same = [each for each in left if _same_facts(one, each) and await _same_thing(database, one, each)]
        if not same:
            missed.append(one)
        else:
            left.remove(same[0])
            pairs.append((one, same[0]))
    return Verdict(tuple(pairs), tuple(missed), tuple(left))


def _same_facts(one: Planted, found: BreakRecord) -> bool:
    return (
        found.break_class in CLASSES[one.kind]
        and found.currency == one.told["currency"]
        and abs(found.amount_minor) == abs(one.amount)
    )


async def _same_thing(database: db.Database, one: Planted, found: BreakRecord) -> bool:
    match one.kind:
        case "late_payout":
            items = await reconciliation.items_of_break(database, found)
            return any(one.about.lower() in f"{item.label} {item.batch}".lower() for item in items)
        case "unknown_bank_line":
            lines = {line.id for line in await statements.find(database, one.about, livemode=False)}
            items = await reconciliation.items_of_break(database, found)
            return bool(lines & {item.line_id for item in items}) and found.account == one.told["account"]
        case "duplicate_line":
            items = await reconciliation.items_of_break(database, found)
            return one.about in {found.payment_id, *(item.payment_id for item in items)}
    return found.payment_id == one.about and found.name == reconciliation.books_name(one.processor)
