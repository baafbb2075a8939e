"""Trying again after a lost race, with fresh reads: somebody else changed the same row first.

Only races for this room's own rows are tried again. A race lost for an idempotency key means that another server has
the request now, and travels up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tallystick import db
from tallystick.base import Refused
from tallystick.payments.model import PaymentRefusal

T = TypeVar("T")
MOST_TRIES = 32
GUARDED = frozenset(
    {"payment_intents", "attempts", "refunds", "disputes", "customers", "payment_methods", "balance_transactions"}
)
"""This room's tables."""
Seal = Callable[[db.Unit, Any], None]
"""Stores the answer to the request, made from the object given, with the writes of the unit."""


def unsealed(unit: db.Unit, thing: Any) -> None:
    """For those who answer nobody."""


async def until_won(step: Callable[[], Awaitable[T]]) -> T:
    """Await `step()`, again each time it loses a race for a row of this room.

    Raises LostRace for other rows and Refused(LOCK_TIMEOUT) when it keeps losing.
    """
    for _ in range(MOST_TRIES):
        try:
            return await step()
        except db.LostRace as lost:
            if lost.table not in GUARDED:
                raise
    raise Refused(
        PaymentRefusal.LOCK_TIMEOUT, "Too many requests change the same object at once. Try again in a moment."
    )
