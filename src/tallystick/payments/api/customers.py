"""/v1/customers (docs.stripe.com/api/customers)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from tallystick import web
from tallystick.payments import customers, wire
from tallystick.payments.api import words
from tallystick.payments.api.sealing import PageParams, Room, Sealing, answer, listed, owner, window
from tallystick.payments.api.words import UNSET, Unset
from tallystick.payments.methods import offered
from tallystick.payments.model import Customer
from tallystick.payments.store import lists, tables

URL = "/v1/customers"


class InvoiceSettings(web.Params):
    """Only the default payment method is kept."""

    default_payment_method: web.Id | None = None


class CreateParams(web.Params):
    """A new customer."""

    address: words.Address | Unset | None = UNSET
    description: words.Text | Unset | None = UNSET
    email: words.Email | Unset | None = UNSET
    invoice_settings: InvoiceSettings | Unset = UNSET
    metadata: web.Metadata | Unset | None = UNSET
    name: Annotated[str, msgspec.Meta(max_length=256)] | Unset | None = UNSET
    payment_method: web.Id | Unset = UNSET
    phone: Annotated[str, msgspec.Meta(max_length=40)] | Unset | None = UNSET
    preferred_locales: Annotated[list[words.Short], msgspec.Meta(max_length=20)] | Unset = UNSET
    shipping: words.Shipping | Unset | None = UNSET


class UpdateParams(web.Params):
    """What is to change; an empty value unsets."""

    address: words.Address | Unset | None = UNSET
    description: words.Text | Unset | None = UNSET
    email: words.Email | Unset | None = UNSET
    invoice_settings: InvoiceSettings | Unset = UNSET
    metadata: web.Metadata | Unset | None = UNSET
    name: Annotated[str, msgspec.Meta(max_length=256)] | Unset | None = UNSET
    phone: Annotated[str, msgspec.Meta(max_length=40)] | Unset | None = UNSET
    preferred_locales: Annotated[list[words.Short], msgspec.Meta(max_length=20)] | Unset = UNSET
    shipping: words.Shipping | Unset | None = UNSET


class ListParams(PageParams):
    """Which customers."""

    email: words.Email | None = None


def _fields(params: CreateParams | UpdateParams) -> dict[str, Any]:
    names = ("address", "description", "email", "name", "phone", "preferred_locales", "shipping")
    fields = words.given(params, *names)
    if isinstance(params.invoice_settings, InvoiceSettings):
        fields["default_payment_method"] = params.invoice_settings.default_payment_method
    return fields


def _metadata(params: CreateParams | UpdateParams) -> dict[str, str] | None:
    return {} if isinstance(params.metadata, Unset) else params.metadata


class Customers(Room):
    """The handlers."""

    async def create(self, call: web.Call) -> web.Answer:
        params: CreateParams = call.params
        offer = None
        if not isinstance(params.payment_method, Unset) and not call.operation.resumed:
            identifier = call.operation.resource_id("pm")
            offer = await offered(self.till, owner(call), params.payment_method, identifier=identifier, customer="")
        seal = Sealing(call, lambda found: (wire.customer(found), 200))
        await customers.create(
            self.till,
            owner(call),
            _fields(params),
            _metadata(params) or {},
            offered=offer,
            operation=call.operation,
            now=call.now,
            seal=seal,
        )
        return seal.answer

    async def update(self, call: web.Call) -> web.Answer:
        params: UpdateParams = call.params
        seal = Sealing(call, lambda found: (wire.customer(found), 200))
        await customers.update(
            self.till,
            owner(call),
            call.path["customer"],
            _fields(params),
            _metadata(params),
            operation=call.operation,
            now=call.now,
            seal=seal,
        )
        return seal.answer

    async def retrieve(self, call: web.Call) -> web.Answer:
        found = await customers.customer_of(self.till, owner(call), call.path["customer"])
        return answer(call, wire.customer(found))

    async def delete(self, call: web.Call) -> web.Answer:
        gone = await customers.delete(
            self.till, owner(call), call.path["customer"], operation=call.operation, now=call.now
        )
        return answer(call, wire.deleted_customer(gone.id))

    async def list(self, call: web.Call) -> web.Answer:
        params: ListParams = call.params
        asks = owner(call)
        if params.cursor is not None:
            await customers.customer_of(self.till, asks, params.cursor, param="starting_after")
        rows = await lists.page(
            self.database,
            tables.CUSTOMERS,
            "cus",
            window(params),
            merchant=asks.merchant,
            livemode=asks.livemode,
            deleted=False,
            email=params.email,
        )
        return listed(call, URL, [wire.customer(Customer(**row)) for row in rows])


def endpoints(room: Customers) -> tuple[web.Endpoint, ...]:
    """The operations."""
    one = URL + "/{customer}"
    return (
        web.Endpoint("POST", URL, room.create, params=CreateParams, returns="customer", summary="Create a customer"),
        web.Endpoint("GET", URL, room.list, params=ListParams, returns="customer", summary="List customers"),
        web.Endpoint("GET", one, room.retrieve, returns="customer", summary="Retrieve a customer"),
        web.Endpoint("POST", one, room.update, params=UpdateParams, returns="customer", summary="Update a customer"),
        web.Endpoint("DELETE", one, room.delete, returns="customer", summary="Delete a customer"),
    )
