"""Write a change, all of it in one unit: rows, ledger transfers, news."""

from __future__ import annotations

import datetime

import msgspec

from tallystick import db, ledger, outbox, web
from tallystick.base import Instant
from tallystick.payments import wire
from tallystick.payments.change import Change
from tallystick.payments.model import Attempt, Dispute, Payment, Refund
from tallystick.payments.store import writes

_row = msgspec.structs.asdict


def write(
    unit: db.Unit,
    change: Change,
    *,
    owner: Payment | Attempt | Dispute | Refund,
    now: Instant,
    day: datetime.date | None = None,
) -> None:
    """Put a change into `unit`. `day` is the business day of its postings, the day of `now` unless given."""
    for statement, thing in (
        (writes.SAVE_PAYMENT, change.payment),
        (writes.SAVE_ATTEMPT, change.attempt),
        (writes.SAVE_REFUND, change.refund),
        (writes.SAVE_DISPUTE, change.dispute),
    ):
        if thing is not None:
            unit.update(statement, _row(thing))
    if change.begun is not None:
        unit.insert(writes.ADD_ATTEMPT, _row(change.begun))
    for transaction in change.transactions:
        unit.insert(writes.ADD_BALANCE_TRANSACTION, _row(transaction))
    ledger.post(unit, change.transfers, now=now, day=day)
    for kind, about in change.news:
        tell(unit, kind, about, merchant=owner.merchant, livemode=owner.livemode, now=now)


def tell(unit: db.Unit, kind: str, thing: wire.Json, *, merchant: str, livemode: bool, now: Instant) -> None:
    """Put news into `unit`: an event of this type about the object as it is after the unit."""
    event = outbox.compose(unit, kind, thing, merchant_id=merchant, livemode=livemode, now=now, api_version=web.VERSION)
    outbox.add(unit, event)


def saved(change: Change, payment: Payment) -> Payment:
    """The payment as it is once the unit is committed."""
    after = change.payment
    return payment if after is None else msgspec.structs.replace(after, version=after.version + 1)
