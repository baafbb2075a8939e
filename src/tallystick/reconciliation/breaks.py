"""What people do about a break: assign, comment, resolve, sign off. Each leaves a note with who, when and why.

* resolve: the difference is explained and gone. What the books still claim is written off to the processor's costs by
  the same unit, and the item leaves the open ones as "settled by hand".
* sign off: the difference stays; somebody takes it on. The item stays open and explained, and clears itself if its
  counterpart comes after all. The one it is assigned to cannot sign it off himself.
"""

from __future__ import annotations

from functools import partial

from tallystick import db, ledger
from tallystick.base import Instant, Refused
from tallystick.reconciliation import keep, postings, store, terms
from tallystick.reconciliation.gather import row_id
from tallystick.reconciliation.look import BreakRecord, break_
from tallystick.reconciliation.model import ReconciliationRefusal, Side

LONGEST_TEXT = 2000


async def assign(
    database: db.Database, break_id: str, *, owner: str, by: str, now: Instant, livemode: bool
) -> BreakRecord:
    """Give it to somebody. Raises Refused(BREAK_MISSING, BREAK_SETTLED, REASON_REQUIRED)."""

    async def step() -> None:
        found = await _open(database, break_id, livemode=livemode)
        _said(owner, "owner", "Say who is to deal with it.")
        async with database.unit() as unit:
            unit.update(store.ASSIGN_BREAK, {"id": found.id, "version": found.version, "owner": owner.strip()[:200]})
            keep.note(unit, found.id, by, "assigned", owner.strip(), now=now)

    await database.retry(step)
    return await break_(database, break_id, livemode=livemode)


async def comment(
    database: db.Database, break_id: str, *, text: str, by: str, now: Instant, livemode: bool
) -> BreakRecord:
    """Say something about it. Raises Refused(BREAK_MISSING, REASON_REQUIRED)."""
    found = await break_(database, break_id, livemode=livemode)
    _said(text, "text", "Say something.")
    async with database.unit() as unit:
        keep.note(unit, found.id, by, "commented", text.strip(), now=now)
    return found


async def resolve(
    database: db.Database, break_id: str, *, reason: str, by: str, now: Instant, livemode: bool
) -> BreakRecord:
    """The difference is explained and corrected.

    Raises Refused(BREAK_MISSING, BREAK_SETTLED, REASON_REQUIRED), and NOT_RESOLVABLE for a payout that has not come:
    that money is the bank's or the processor's to find.
    """
    await database.retry(partial(_settle, database, break_id, "resolved", reason, by, now=now, livemode=livemode))
    return await break_(database, break_id, livemode=livemode)


async def sign_off(
    database: db.Database, break_id: str, *, reason: str, by: str, now: Instant, livemode: bool
) -> BreakRecord:
    """The difference stays, and `by` takes it on with a reason.

    Raises Refused(BREAK_MISSING, BREAK_SETTLED, REASON_REQUIRED, SAME_PERSON).
    """
    await database.retry(partial(_settle, database, break_id, "signed_off", reason, by, now=now, livemode=livemode))
    return await break_(database, break_id, livemode=livemode)


async def _settle(
    database: db.Database, break_id: str, status: str, reason: str, by: str, *, now: Instant, livemode: bool
) -> None:
    found = await break_(database, break_id, livemode=livemode)
    if (found.status, found.settled_by, found.settled_reason) == (status, by, reason.strip()):
        return  # the same request again, after its server died
    found = await _open(database, break_id, livemode=livemode)
    _said(reason, "reason", "Give the reason: it is part of the proof of the day.")
    if status == "signed_off" and found.owner == by:
        message = (
            "A break is signed off by somebody else than the one it is assigned to. Assign it, or ask a colleague."
        )
        raise Refused(ReconciliationRefusal.SAME_PERSON, message)
    item = await _open_item(database, found) if status == "resolved" else None
    settled = {"settled_by": by[:200], "settled_reason": reason.strip()[:LONGEST_TEXT], "settled_at": now}
    async with database.unit() as unit:
        unit.update(store.SETTLE_BREAK, {"id": found.id, "version": found.version, "status": status, **settled})
        keep.note(unit, found.id, by, status, reason.strip(), now=now)
        if item is not None:
            await _write_off(database, unit, found, item, now=now)


async def _write_off(
    database: db.Database, unit: db.Unit, found: BreakRecord, item: store.Row, *, now: Instant
) -> None:
    """Take the item out of the open ones and its claim out of the books."""
    unit.update(store.SETTLE_ITEM, {"id": item["id"], "version": item["version"], "settled": True})
    if item["side"] != Side.LEFT:
        return
    transfers = postings.written_off(
        break_id=found.id,
        merchant=item["merchant_id"],
        livemode=found.livemode,
        processor=item["account"],
        currency=item["currency"],
        amount_minor=item["amount_minor"],
        payment=item["payment_id"],
    )
    locked = await ledger.locked_until(database, livemode=found.livemode)
    ledger.post(unit, transfers, now=now, day=found.run_day if locked is None or locked < found.run_day else None)


async def _open_item(database: db.Database, found: BreakRecord) -> store.Row | None:
    """The open item behind a break, if any."""
    if found.facet not in ("presence", "amount"):
        return None
    if found.name == terms.BANK and found.side is Side.LEFT:
        message = "A payout that has not come cannot be written off. Ask the bank or the processor, or sign it off."
        raise Refused(ReconciliationRefusal.NOT_RESOLVABLE, message)
    key = row_id(found.name, found.side, found.subject, livemode=found.livemode)
    row = (await store.items_by_id(database, [key])).get(key)
    return row if row is not None and row["state"] == "open" else None


async def _open(database: db.Database, break_id: str, *, livemode: bool) -> BreakRecord:
    found = await break_(database, break_id, livemode=livemode)
    if found.status != "open":
        message = f"This break is {found.status.replace('_', ' ')} already. Nothing is left to do about it."
        raise Refused(ReconciliationRefusal.BREAK_SETTLED, message)
    return found


def _said(text: str, param: str, message: str) -> None:
    if not text.strip():
        raise Refused(ReconciliationRefusal.REASON_REQUIRED, message, param=param)
