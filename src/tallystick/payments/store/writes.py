"""Every write of the room, declared once. Money rows are guarded by their version: a row that moved fails the unit."""

from __future__ import annotations

from tallystick import db
from tallystick.payments.store import tables

ADD_PAYMENT = db.Insert(tables.PAYMENTS)
_FIXED = {"id", "merchant", "livemode", "created", "version", "secret"}
SAVE_PAYMENT = db.Update(
    tables.PAYMENTS,
    key=("id",),
    guard="version",
    set=tuple(column.name for column in tables.PAYMENTS.columns if column.name not in _FIXED),
)

ADD_ATTEMPT = db.Insert(tables.ATTEMPTS)
SAVE_ATTEMPT = db.Update(
    tables.ATTEMPTS,
    key=("id",),
    guard="version",
    set=("state", "reference", "code", "decline_code", "message", "settled", "asked", "ask_at"),
)

ADD_REFUND = db.Insert(tables.REFUNDS)
SAVE_REFUND = db.Update(
    tables.REFUNDS,
    key=("id",),
    guard="version",
    set=("status", "failure_reason", "balance_transaction", "metadata", "reason"),
)

ADD_DISPUTE = db.Insert(tables.DISPUTES)
SAVE_DISPUTE = db.Update(
    tables.DISPUTES, key=("id",), guard="version", set=("status", "amount", "closed", "transactions", "metadata")
)

ADD_BALANCE_TRANSACTION = db.Insert(tables.BALANCE_TRANSACTIONS)

ADD_CUSTOMER = db.Insert(tables.CUSTOMERS)
SAVE_CUSTOMER = db.Update(
    tables.CUSTOMERS,
    key=("id",),
    guard="version",
    set=("deleted", "email", "name", "phone", "description", "details", "metadata"),
)

ADD_PAYMENT_METHOD = db.Insert(tables.PAYMENT_METHODS)
SAVE_PAYMENT_METHOD = db.Update(
    tables.PAYMENT_METHODS,
    key=("id",),
    guard="version",
    set=("customer", "detached", "card", "billing", "metadata"),
)
GIVE_PAYMENT_METHOD = db.Update(tables.PAYMENT_METHODS, key=("id",), set=("customer",))

ADD_NOTIFICATION = db.Insert(tables.NOTIFICATIONS, duplicates="ignore")
ADD_TOKEN = db.Insert(tables.SEARCH_TOKENS, duplicates="ignore")
ADD_EVENT = db.Insert(tables.PAYMENT_EVENTS, duplicates="ignore")

ADD_SUM = db.Insert(tables.SUMS)
SAVE_SUM = db.Update(
    tables.SUMS,
    key=("kind", "merchant", "livemode", "step_seconds", "start", "name", "state"),
    guard="version",
    set=("minor", "count"),
)
ADD_SUMMED_HOUR = db.Insert(tables.SUMMED_HOURS)
SAVE_SUMMED_HOUR = db.Update(tables.SUMMED_HOURS, key=("start",), guard="version", set=("unsettled", "watched"))
