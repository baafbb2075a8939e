"""/v1/payment_methods (docs.stripe.com/api/payment_methods)."""

from __future__ import annotations

from typing import Literal

from tallystick import web
from tallystick.payments import methods, wire
from tallystick.payments.api import words
from tallystick.payments.api.sealing import Room, Sealing, answer, listed, owner, window
from tallystick.payments.api.words import UNSET, Unset
from tallystick.payments.customers import present
from tallystick.payments.model import PaymentMethod
from tallystick.payments.rules import missing
from tallystick.payments.store import lists, tables

URL = "/v1/payment_methods"


class CreateParams(words.MethodData):
    """A new payment method."""


class UpdateParams(web.Params):
    """What is to change."""

    billing_details: words.Billing | Unset = UNSET
    metadata: web.Metadata | Unset | None = UNSET


class AttachParams(web.Params):
    """Whose it will be."""

    customer: web.Id


class ListParams(web.ListParams, kw_only=True):
    """Whose payment methods."""

    customer: web.Id
    type: Literal["card"] | None = None


class OfCustomerParams(web.ListParams):
    """Which of a customer's payment methods."""

    type: Literal["card"] | None = None


class Methods(Room):
    """The handlers."""

    async def create(self, call: web.Call) -> web.Answer:
        params: CreateParams = call.params
        card = methods.instrument(self.till, params.card.words(), now=call.now)
        billing = words.plain(params.billing_details)
        identifier = call.operation.resource_id("pm")
        method = methods.made(owner(call), identifier, card, billing=billing, metadata=params.metadata)
        seal = Sealing(call, _shown)
        await methods.create(self.till, method, operation=call.operation, seal=seal)
        return seal.answer

    async def retrieve(self, call: web.Call) -> web.Answer:
        return answer(call, wire.payment_method(await methods.method_of(self.till, owner(call), call.path["method"])))

    async def update(self, call: web.Call) -> web.Answer:
        params: UpdateParams = call.params
        seal = Sealing(call, _shown)
        await methods.update(
            self.till,
            owner(call),
            call.path["method"],
            billing=None if isinstance(params.billing_details, Unset) else words.plain(params.billing_details),
            metadata={} if isinstance(params.metadata, Unset) else params.metadata,
            operation=call.operation,
            now=call.now,
            seal=seal,
        )
        return seal.answer

    async def attach(self, call: web.Call) -> web.Answer:
        params: AttachParams = call.params
        customer = await present(self.till, owner(call), params.customer)
        seal = Sealing(call, _shown)
        await methods.attach(
            self.till,
            owner(call),
            call.path["method"],
            customer,
            operation=call.operation,
            now=call.now,
            seal=seal,
        )
        return seal.answer

    async def detach(self, call: web.Call) -> web.Answer:
        seal = Sealing(call, _shown)
        await methods.detach(
            self.till, owner(call), call.path["method"], operation=call.operation, now=call.now, seal=seal
        )
        return seal.answer

    async def list(self, call: web.Call) -> web.Answer:
        params: ListParams = call.params
        return await self._page(call, URL, params.customer)

    async def of_customer(self, call: web.Call) -> web.Answer:
        customer = call.path["customer"]
        return await self._page(call, f"/v1/customers/{customer}/payment_methods", customer)

    async def of_customer_one(self, call: web.Call) -> web.Answer:
        customer = await present(self.till, owner(call), call.path["customer"])
        method = await methods.method_of(self.till, owner(call), call.path["method"])
        if method.customer != customer.id:
            raise missing("PaymentMethod", method.id, param="payment_method")
        return answer(call, wire.payment_method(method))

    async def _page(self, call: web.Call, url: str, customer_id: str) -> web.Answer:
        params: web.ListParams = call.params
        asks = owner(call)
        await present(self.till, asks, customer_id)
        if params.cursor is not None:
            await methods.method_of(self.till, asks, params.cursor, param="starting_after")
        rows = await lists.page(
            self.database,
            tables.PAYMENT_METHODS,
            "pm",
            window(params),
            merchant=asks.merchant,
            livemode=asks.livemode,
            customer=customer_id,
        )
        return listed(call, url, [wire.payment_method(PaymentMethod(**row)) for row in rows])


def _shown(method: PaymentMethod) -> tuple[wire.Json, int]:
    return wire.payment_method(method), 200


def endpoints(room: Methods) -> tuple[web.Endpoint, ...]:
    """The operations."""
    one, name, customers = URL + "/{method}", "payment_method", "/v1/customers/{customer}/payment_methods"
    return (
        web.Endpoint("POST", URL, room.create, params=CreateParams, returns=name, summary="Create a payment method"),
        web.Endpoint("GET", URL, room.list, params=ListParams, returns=name, summary="List payment methods"),
        web.Endpoint("GET", one, room.retrieve, returns=name, summary="Retrieve a payment method"),
        web.Endpoint("POST", one, room.update, params=UpdateParams, returns=name, summary="Update a payment method"),
        web.Endpoint(
            "POST", one + "/attach", room.attach, params=AttachParams, returns=name, summary="Attach it to a customer"
        ),
        web.Endpoint("POST", one + "/detach", room.detach, returns=name, summary="Detach it from its customer"),
        web.Endpoint(
            "GET",
            customers,
            room.of_customer,
            params=OfCustomerParams,
            returns=name,
            summary="List a customer's payment methods",
        ),
        web.Endpoint(
            "GET",
            customers + "/{method}",
            room.of_customer_one,
            returns=name,
            summary="Retrieve a customer's payment method",
        ),
    )
