"""What a day came to in money, without ids and moments: two plays of one script must agree in all of it.

The digest covers, per payment description, amount, currency, status, captured and refunded; every account of the
ledger with its four sums; and count and sum of the movements per merchant, processor, kind and currency.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec

from tallystick import db, ledger
from tallystick import payments as room
from tallystick.demo.play import Clients


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """One payment as the SDK shows it; amounts in minor units."""

    description: str
    id: str
    currency: str
    amount: int
    status: str
    captured: int
    refunded: int

    def plain(self) -> tuple[str, str, int, str, int, int]:
        """Without what differs from play to play."""
        return self.description, self.currency, self.amount, self.status, self.captured, self.refunded


@dataclass(frozen=True, slots=True)
class Facts:
    """The payments of a day and the movements they made."""

    payments: tuple[PaymentFact, ...]
    movements: tuple[room.Movement, ...]

    def volumes(self) -> dict[str, tuple[int, int, int]]:
        """By currency: payments, captured and refunded minor units."""
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for one in self.payments:
            for place, number in enumerate((1, one.captured, one.refunded)):
                sums[one.currency][place] += number
        return {currency: (found[0], found[1], found[2]) for currency, found in sorted(sums.items())}

    def statuses(self) -> Counter[str]:
        """How many payments ended how."""
        return Counter(one.status for one in self.payments)


async def of_day(clients: Clients, database: db.Database) -> Facts:
    """Payments from outside, through the SDK; movements from the books."""
    seen = [_fact(payment) async for payment in clients.payments()]
    moved = await room.movements(database, livemode=False)
    return Facts(tuple(sorted(seen, key=lambda one: one.description)), tuple(moved))


def _fact(payment: dict[str, Any]) -> PaymentFact:
    charge = payment["latest_charge"]
    return PaymentFact(
        description=payment["description"],
        id=payment["id"],
        currency=payment["currency"].upper(),
        amount=payment["amount"],
        status=payment["status"],
        captured=payment["amount_received"],
        refunded=0 if charge is None else charge["amount_refunded"],
    )


@dataclass(frozen=True, slots=True)
class Books:
    """The comparable part of a day as data, one section after the other, and its SHA-256."""

    sections: dict[str, list[list[Any]]]
    digest: str


async def books(facts: Facts, database: db.Database) -> Books:
    """The whole day in the form in which two plays are compared."""
    sums: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for one in facts.movements:
        found = sums[one.merchant, one.processor, str(one.kind), one.currency]
        found[0] += 1
        found[1] += one.amount
    accounts = await ledger.trial_balance(database, livemode=False)
    sections: dict[str, list[list[Any]]] = {
        "payments": [list(one.plain()) for one in facts.payments],
        "movements": [[*key, *found] for key, found in sorted(sums.items())],
        "accounts": sorted(
            [
                one.account.path,
                one.balance.debits_pending,
                one.balance.debits_posted,
                one.balance.credits_pending,
                one.balance.credits_posted,
            ]
            for one in accounts
        ),
    }
    return Books(sections, sha256(msgspec.json.encode(sections)).hexdigest())


def differences(plain: Books, other: Books) -> list[str]:
    """What two plays do not agree in, in words."""
    found = []
    for section, rows in plain.sections.items():
        here, there = ({tuple(row) for row in each} for each in (rows, other.sections[section]))
        found += [f"{section}: only without kills {row}" for row in sorted(here - there, key=repr)]
        found += [f"{section}: only with kills {row}" for row in sorted(there - here, key=repr)]
    return found


def off_balance(accounts: Sequence[ledger.AccountBalance]) -> dict[str, int]:
    """Currencies whose posted debits and credits differ, and by how much; empty when the books balance."""
    sums: Counter[str] = Counter()
    for one in accounts:
        sums[one.account.currency] += one.balance.debits_posted - one.balance.credits_posted
    return {currency: amount for currency, amount in sums.items() if amount}
