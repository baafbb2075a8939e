"""Every choice is kept with its reason, so that a payment's page can say why it went where it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tallystick import db
from tallystick.base import Instant
from tallystick.routing import store
from tallystick.routing.model import Decision


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision that was kept, with the payment it was about."""

    payment_id: str
    decision: Decision
    created: Instant


def record(
    unit: db.Unit,
    decision: Decision,
    *,
    payment_id: str,
    merchant_id: str,
    livemode: bool,
    attempt_id: str,
    now: Instant,
) -> None:
    """Keep `decision` with the unit's other writes.

    `attempt_id` is the attempt the decision led to or, where it chose nobody, the one that ended the cascade. The
    row's id derives from it, so that recording again after a crash changes nothing.
    """
    suffix = attempt_id.rpartition("_")[2]
    unit.insert(
        store.INSERT_ONCE,
        {
            "id": f"rd_{suffix}" if decision.chosen is not None else f"rdend_{suffix}",
            "payment_id": payment_id,
            "merchant_id": merchant_id,
            "livemode": livemode,
            "position": decision.position,
            "candidates": msgspec.json.encode(decision.candidates).decode(),
            "chosen": decision.chosen,
            "why": decision.why[:500],
            "created": now,
        },
    )


async def decisions_of(database: db.Database, payment_id: str) -> list[Recorded]:
    """The choices made for a payment, in order."""
    rows = await database.fetch(store.OF_PAYMENT, {"payment_id": payment_id})
    return [_recorded(row) for row in rows]


def _recorded(row: dict[str, Any]) -> Recorded:
    candidates = msgspec.json.decode(row["candidates"], type=tuple[str, ...])
    decision = Decision(candidates, row["chosen"], row["why"], row["position"])
    return Recorded(row["payment_id"], decision, Instant(row["created"]))
