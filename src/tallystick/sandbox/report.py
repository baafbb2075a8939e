"""The settlement report of a day as CSV. Its format is written down in docs/reference/sandbox.md.

One row per movement, one per payout, one total per currency, one trailer; amounts are decimal text in major units.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from tallystick import money
from tallystick.base import Instant, iso
from tallystick.sandbox.model import Movement, Payout

HEADER = (
    "record", "processor", "report_id", "day", "movement_id", "type", "merchant_reference", "processor_reference",
    "payment_reference", "currency", "gross", "fee", "net", "payout_id", "occurred_at",
)  # fmt: skip


def render(*, processor: str, report: str, day: str, movements: Sequence[Movement], payouts: Sequence[Payout]) -> str:
    """The file. `movements` are its rows in order, a duplicate included: totals and trailer count what is written."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    head = {"processor": processor, "report_id": report, "day": day}
    for row in (*map(_movement, movements), *map(_payout, payouts), *_totals(movements)):
        writer.writerow(head | row)
    writer.writerow(head | {"record": "trailer", "movement_id": str(len(movements))})
    return out.getvalue()


def _amounts(currency: str, gross: int, fee: int) -> dict[str, str]:
    places = money.exponent(currency)
    told = {"gross": gross, "fee": fee, "net": gross - fee}
    return {"currency": currency} | {name: money.minor_to_text(minor, places) for name, minor in told.items()}


def _movement(movement: Movement) -> dict[str, str]:
    return {
        "record": "movement",
        "movement_id": movement.id,
        "type": movement.type,
        "merchant_reference": movement.key,
        "processor_reference": movement.payment,
        "payment_reference": movement.reference,
        "payout_id": movement.payout,
        "occurred_at": iso(Instant(movement.occurred)),
    } | _amounts(movement.currency, movement.gross, movement.fee)


def _payout(payout: Payout) -> dict[str, str]:
    told = {"record": "payout", "movement_id": str(payout.movements), "payout_id": payout.id}
    return told | _amounts(payout.currency, payout.gross, payout.fee)


def _totals(movements: Iterable[Movement]) -> list[dict[str, str]]:
    sums: dict[str, list[int]] = {}
    for movement in movements:
        so_far = sums.setdefault(movement.currency, [0, 0, 0])
        for place, more in enumerate((1, movement.gross, movement.fee)):
            so_far[place] += more
    return [
        {"record": "total", "movement_id": str(count)} | _amounts(currency, gross, fee)
        for currency, (count, gross, fee) in sorted(sums.items())
    ]
