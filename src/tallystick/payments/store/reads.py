"""Every read of the room, but lists, search and sums."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Table, bindparam, select

from tallystick import db
from tallystick.base import Instant
from tallystick.payments.model import Attempt, BalanceTransaction, Customer, Dispute, Payment, PaymentMethod, Refund
from tallystick.payments.store import tables

R = TypeVar("R", bound=msgspec.Struct)


def _by_id(table: Table) -> db.Query:
    return db.Query(select(table).where(table.c.id == bindparam("id")))


def _of_payment(table: Table) -> db.Query:
    return db.Query(select(table).where(table.c.payment == bindparam("payment")).order_by(table.c.id))


_PAYMENT = _by_id(tables.PAYMENTS)
_ATTEMPT = _by_id(tables.ATTEMPTS)
_REFUND = _by_id(tables.REFUNDS)
_DISPUTE = _by_id(tables.DISPUTES)
_CUSTOMER = _by_id(tables.CUSTOMERS)
_PAYMENT_METHOD = _by_id(tables.PAYMENT_METHODS)
_BALANCE_TRANSACTION = _by_id(tables.BALANCE_TRANSACTIONS)
_NOTIFICATION = _by_id(tables.NOTIFICATIONS)
_ATTEMPTS_OF = _of_payment(tables.ATTEMPTS)
_REFUNDS_OF = _of_payment(tables.REFUNDS)
_DISPUTES_OF = _of_payment(tables.DISPUTES)
_TRANSACTIONS_OF = _of_payment(tables.BALANCE_TRANSACTIONS)
_DISPUTE_BY_PROVIDER = db.Query(
    select(tables.DISPUTES).where(
        tables.DISPUTES.c.processor == bindparam("processor"),
        tables.DISPUTES.c.provider_id == bindparam("provider_id"),
    )
)
_DUE = db.Query(
    select(tables.ATTEMPTS)
    .where(tables.ATTEMPTS.c.ask_at <= bindparam("now"))
    .order_by(tables.ATTEMPTS.c.ask_at)
    .limit(bindparam("most"))
)


_EVENTS_OF = db.Query(
    select(tables.PAYMENT_EVENTS)
    .where(tables.PAYMENT_EVENTS.c.payment == bindparam("payment"))
    .order_by(tables.PAYMENT_EVENTS.c.event)
)


async def events_of(database: db.Database, payment_id: str) -> list[dict[str, Any]]:
    """Events that tell of a payment, oldest first: rows (payment, event, type, created)."""
    return await database.fetch(_EVENTS_OF, {"payment": payment_id})


async def payment(database: db.Database, payment_id: str) -> Payment | None:
    """The payment with this id."""
    row = await database.first(_PAYMENT, {"id": payment_id})
    return Payment(**row) if row else None


async def attempt(database: db.Database, attempt_id: str) -> Attempt | None:
    """The attempt with this id."""
    row = await database.first(_ATTEMPT, {"id": attempt_id})
    return Attempt(**row) if row else None


async def refund(database: db.Database, refund_id: str) -> Refund | None:
    """The refund with this id."""
    row = await database.first(_REFUND, {"id": refund_id})
    return Refund(**row) if row else None


async def dispute(database: db.Database, dispute_id: str) -> Dispute | None:
    """The dispute with this id."""
    row = await database.first(_DISPUTE, {"id": dispute_id})
    return Dispute(**row) if row else None


async def dispute_of_provider(database: db.Database, processor: str, provider_id: str) -> Dispute | None:
    """The dispute a processor knows by this id."""
    row = await database.first(_DISPUTE_BY_PROVIDER, {"processor": processor, "provider_id": provider_id})
    return Dispute(**row) if row else None


async def customer(database: db.Database, customer_id: str) -> Customer | None:
    """The customer with this id."""
    row = await database.first(_CUSTOMER, {"id": customer_id})
    return Customer(**row) if row else None


async def payment_method(database: db.Database, method_id: str) -> PaymentMethod | None:
    """The payment method with this id."""
    row = await database.first(_PAYMENT_METHOD, {"id": method_id})
    return PaymentMethod(**row) if row else None


async def balance_transaction(database: db.Database, transaction_id: str) -> BalanceTransaction | None:
    """The balance transaction with this id."""
    row = await database.first(_BALANCE_TRANSACTION, {"id": transaction_id})
    return BalanceTransaction(**row) if row else None


async def notified(database: db.Database, notification_id: str) -> bool:
    """Whether this notification was taken before."""
    return await database.first(_NOTIFICATION, {"id": notification_id}) is not None


async def attempts_of(database: db.Database, payment_id: str) -> list[Attempt]:
    """A payment's attempts, oldest first."""
    rows = [Attempt(**row) for row in await database.fetch(_ATTEMPTS_OF, {"payment": payment_id})]
    return sorted(rows, key=lambda found: (found.created, found.number, found.id))


async def refunds_of(database: db.Database, payment_id: str) -> list[Refund]:
    """A payment's refunds, oldest first."""
    return [Refund(**row) for row in await database.fetch(_REFUNDS_OF, {"payment": payment_id})]


async def disputes_of(database: db.Database, payment_id: str) -> list[Dispute]:
    """A payment's disputes, oldest first."""
    return [Dispute(**row) for row in await database.fetch(_DISPUTES_OF, {"payment": payment_id})]


async def transactions_of(database: db.Database, payment_id: str) -> list[BalanceTransaction]:
    """What a payment changed in the merchant's balance, oldest first."""
    return [BalanceTransaction(**row) for row in await database.fetch(_TRANSACTIONS_OF, {"payment": payment_id})]


async def due(database: db.Database, now: Instant, *, most: int) -> list[Attempt]:
    """Attempts without an outcome that are to be looked at by now, longest waiting first."""
    return [Attempt(**row) for row in await database.fetch(_DUE, {"now": now, "most": most})]


async def several(database: db.Database, name: str, kind: type[R], ids: Iterable[str]) -> dict[str, R]:
    """The rows of the table called `name` with these ids, by id, as `kind`."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    # Lists are filled up to a power of two with an id that is there already, so that few statements are ever built.
    places = 1 << (len(wanted) - 1).bit_length()
    values = {f"id{n}": wanted[min(n, len(wanted) - 1)] for n in range(places)}
    return {row["id"]: kind(**row) for row in await database.fetch(_with_ids(name, places), values)}


@lru_cache(maxsize=128)
def _with_ids(name: str, places: int) -> db.Query:
    table = db.METADATA.tables[name]
    return db.Query(select(table).where(table.c.id.in_([bindparam(f"id{n}") for n in range(places)])))
