"""What the platform charges a merchant."""

from __future__ import annotations

from collections.abc import Mapping

from tallystick import money
from tallystick.base import MICROSECONDS_PER_SECOND, Instant, Refused
from tallystick.db import Database
from tallystick.merchants import store
from tallystick.merchants.enrol import missing
from tallystick.merchants.model import FeePlan, MerchantRefusal

FRESH_SECONDS = 2


async def set_fee_plan(
    database: Database, *, merchant_id: str, basis_points: int, fixed_minor: Mapping[str, int] | None = None
) -> FeePlan:
    """Charge `basis_points` (0 to 10,000) and, per currency in capitals, a fixed amount in minor units.

    Currencies not named keep their fixed amount. Payments captured earlier keep their fee. Raises Refused:
    FEE_INVALID, MERCHANT_MISSING, money's UNSUPPORTED_CURRENCY.
    """
    fixed = dict(fixed_minor or {})
    if not 0 <= basis_points <= money.BASIS_POINTS or any(amount < 0 for amount in fixed.values()):
        raise Refused(
            MerchantRefusal.FEE_INVALID,
            f"Give 0 to {money.BASIS_POINTS} basis points and fixed amounts that are not negative.",
        )
    for currency in fixed:
        money.currency(currency)
    await database.retry(lambda: _write(database, merchant_id, basis_points, fixed))
    return await fee_plan(database, merchant_id)


async def _write(database: Database, merchant_id: str, basis_points: int, fixed: Mapping[str, int]) -> None:
    found = await store.merchant(database, merchant_id)
    if found is None:
        raise missing(merchant_id)
    present = {row["currency"]: row["version"] for row in await store.fee_rows(database, merchant_id)}
    async with database.unit() as unit:
        unit.update(store.SET_BASIS_POINTS, {"id": merchant_id, "version": found[2], "fee_basis_points": basis_points})
        for currency, amount in fixed.items():
            row = {"merchant_id": merchant_id, "currency": currency, "fixed_minor": amount}
            if currency in present:
                unit.update(store.SET_FEE, row | {"version": present[currency]})
            else:
                unit.insert(store.ADD_FEE, row | {"version": 0})


async def fee_plan(database: Database, merchant_id: str) -> FeePlan:
    """The merchant's fee plan. Raises Refused(MERCHANT_MISSING)."""
    plan = await store.fee_plan(database, merchant_id)
    if plan is None:
        raise missing(merchant_id)
    return plan


class Fees:
    """Fee plans for the hot path: what was read is believed for two seconds. One per process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[FeePlan, int]] = {}

    async def plan(self, merchant_id: str, *, now: Instant) -> FeePlan:
        """As `fee_plan`."""
        known = self._known.get(merchant_id)
        if known is not None and now < known[1]:
            return known[0]
        plan = await fee_plan(self._database, merchant_id)
        self._known[merchant_id] = (plan, now + FRESH_SECONDS * MICROSECONDS_PER_SECOND)
        return plan
