"""Customers: who pays, as far as a merchant wants to remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick import db
from tallystick.base import Instant
from tallystick.idempotency import Operation
from tallystick.payments import books, wire
from tallystick.payments.again import Seal, unsealed, until_won
from tallystick.payments.begin import Owner
from tallystick.payments.methods import Offered, give
from tallystick.payments.model import Customer
from tallystick.payments.rules import made_at, merged_metadata, missing, to_text
from tallystick.payments.store import reads, writes
from tallystick.payments.till import Till

_replace = msgspec.structs.replace
_row = msgspec.structs.asdict
PLAIN = ("email", "name", "phone", "description")
KEPT = ("address", "shipping", "preferred_locales", "default_payment_method")
"""What is kept in `details`."""


async def customer_of(till: Till, owner: Owner, customer_id: str, *, param: str = "customer") -> Customer:
    """The merchant's customer, who may be deleted. Raises Refused(RESOURCE_MISSING)."""
    customer = await reads.customer(till.database, customer_id)
    if customer is None or (customer.merchant, customer.livemode) != (owner.merchant, owner.livemode):
        raise missing("customer", customer_id, param=param)
    return customer


async def present(till: Till, owner: Owner, customer_id: str, *, param: str = "customer") -> Customer:
    """The merchant's customer. Raises Refused(RESOURCE_MISSING), also for a deleted one."""
    customer = await customer_of(till, owner, customer_id, param=param)
    if customer.deleted:
        raise missing("customer", customer_id, param=param)
    return customer


def changed(customer: Customer, fields: Mapping[str, Any], metadata: Mapping[str, str] | None) -> Customer:
    """The customer with `fields` set (None clears one) and metadata merged (None clears it)."""
    plain = {name: fields[name] or "" for name in PLAIN if name in fields}
    details = msgspec.json.decode(customer.details, type=dict[str, Any])
    details |= {name: fields[name] for name in KEPT if name in fields}
    kept = {name: value for name, value in details.items() if value is not None}
    return _replace(customer, **plain, details=to_text(kept), metadata=merged_metadata(customer.metadata, metadata))


async def create(
    till: Till,
    owner: Owner,
    fields: Mapping[str, Any],
    metadata: Mapping[str, str],
    *,
    offered: Offered | None = None,
    operation: Operation,
    now: Instant,
    seal: Seal = unsealed,
) -> Customer:
    """A new customer, to whom a payment method is attached where one is offered."""
    identifier = operation.resource_id("cus")
    blank = Customer(
        id=identifier,
        merchant=owner.merchant,
        livemode=owner.livemode,
        created=made_at(identifier),
        version=0,
        deleted=False,
        email="",
        name="",
        phone="",
        description="",
        details="{}",
        metadata="{}",
    )
    customer = changed(blank, fields, metadata)

    async def step() -> Customer:
        known = await reads.customer(till.database, identifier) if operation.resumed else None
        async with till.database.unit() as unit:
            operation.begin(unit)
            if known is None:
                unit.insert(writes.ADD_CUSTOMER, _row(customer))
                if offered is not None:
                    give(unit, offered, identifier, now=now)
                _tell(unit, "customer.created", customer, now=now)
            seal(unit, known or customer)
        return known or customer

    return await until_won(step)


async def update(
    till: Till,
    owner: Owner,
    customer_id: str,
    fields: Mapping[str, Any],
    metadata: Mapping[str, str] | None,
    *,
    operation: Operation,
    now: Instant,
    seal: Seal = unsealed,
) -> Customer:
    """Change a customer."""

    async def step() -> Customer:
        after = changed(await present(till, owner, customer_id), fields, metadata)
        async with till.database.unit() as unit:
            operation.begin(unit)
            unit.update(writes.SAVE_CUSTOMER, _row(after))
            _tell(unit, "customer.updated", after, now=now)
            seal(unit, after)
        return after

    return await until_won(step)


async def delete(till: Till, owner: Owner, customer_id: str, *, operation: Operation, now: Instant) -> Customer:
    """Forget what is known of a customer; the id stays, because payments name it."""

    async def step() -> Customer:
        customer = await customer_of(till, owner, customer_id)
        if customer.deleted:
            return customer
        gone = _replace(
            customer, deleted=True, email="", name="", phone="", description="", details="{}", metadata="{}"
        )
        async with till.database.unit() as unit:
            operation.begin(unit)
            unit.update(writes.SAVE_CUSTOMER, _row(gone))
            _tell(unit, "customer.deleted", customer, now=now)
        return gone

    return await until_won(step)


def _tell(unit: db.Unit, kind: str, customer: Customer, *, now: Instant) -> None:
    shown = wire.customer(customer)
    books.tell(unit, kind, shown, merchant=customer.merchant, livemode=customer.livemode, now=now)
