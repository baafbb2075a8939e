"""/v1/payment_intents (docs.stripe.com/api/payment_intents)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from tallystick import money, web
from tallystick.base import Refused
from tallystick.payments import wire
from tallystick.payments.api import words
from tallystick.payments.api.sealing import PageParams, Room, Sealing, answer, confirmed, listed, owner, payment, window
from tallystick.payments.api.words import UNSET, Amount, Unset
from tallystick.payments.begin import payment_of
from tallystick.payments.cancel import cancel
from tallystick.payments.capture import capture
from tallystick.payments.confirm import confirm
from tallystick.payments.create import NewPayment, create
from tallystick.payments.customers import present
from tallystick.payments.methods import Offered, instrument, made, offered
from tallystick.payments.model import Options, Payment, PaymentRefusal
from tallystick.payments.rules import merged_metadata, to_text
from tallystick.payments.search import find, parsed
from tallystick.payments.store import lists, reads, tables
from tallystick.payments.update import changed, update

URL = "/v1/payment_intents"


class CreateParams(web.Params):
    """A new payment."""

    amount: Amount
    currency: words.Currency
    automatic_payment_methods: words.AutomaticMethods | None = None
    capture_method: words.CaptureMethod | None = None
    confirm: bool = False
    confirmation_method: words.ConfirmationMethod | None = None
    customer: web.Id | None = None
    description: words.Text | None = None
    error_on_requires_action: bool | None = None
    metadata: web.Metadata | None = None
    off_session: bool | None = None
    payment_method: web.Id | None = None
    payment_method_data: words.MethodData | None = None
    payment_method_types: words.MethodTypes | None = None
    receipt_email: words.Email | None = None
    return_url: words.Text | None = None
    setup_future_usage: words.FutureUsage | None = None
    shipping: words.Shipping | None = None
    statement_descriptor: words.Descriptor | None = None
    statement_descriptor_suffix: words.Descriptor | None = None
    transfer_group: words.Short | None = None
    use_stripe_sdk: bool | None = None


class UpdateParams(web.Params):
    """What is to change; an empty value unsets."""

    amount: Amount | Unset = UNSET
    currency: words.Currency | Unset = UNSET
    automatic_payment_methods: words.AutomaticMethods | Unset = UNSET
    capture_method: words.CaptureMethod | Unset = UNSET
    customer: web.Id | Unset | None = UNSET
    description: words.Text | Unset | None = UNSET
    metadata: web.Metadata | Unset | None = UNSET
    payment_method: web.Id | Unset = UNSET
    payment_method_data: words.MethodData | Unset = UNSET
    payment_method_types: words.MethodTypes | Unset = UNSET
    receipt_email: words.Email | Unset | None = UNSET
    setup_future_usage: words.FutureUsage | Unset | None = UNSET
    shipping: words.Shipping | Unset | None = UNSET
    statement_descriptor: words.Descriptor | Unset | None = UNSET
    statement_descriptor_suffix: words.Descriptor | Unset | None = UNSET
    transfer_group: words.Short | Unset | None = UNSET


class ConfirmParams(web.Params):
    """What to pay with, where it was not said before. There are no redirects, so `return_url` is taken and not used."""

    capture_method: words.CaptureMethod | Unset = UNSET
    client_secret: words.Short | None = None
    error_on_requires_action: bool | None = None
    off_session: bool | None = None
    payment_method: web.Id | Unset = UNSET
    payment_method_data: words.MethodData | Unset = UNSET
    payment_method_types: words.MethodTypes | Unset = UNSET
    receipt_email: words.Email | Unset | None = UNSET
    return_url: words.Text | None = None
    setup_future_usage: words.FutureUsage | Unset | None = UNSET
    shipping: words.Shipping | Unset | None = UNSET
    use_stripe_sdk: bool | None = None


class CaptureParams(web.Params):
    """How much; all of it unless said otherwise. What is not captured is released."""

    amount_to_capture: Amount | None = None
    metadata: web.Metadata | Unset | None = UNSET
    statement_descriptor: words.Descriptor | Unset | None = UNSET
    statement_descriptor_suffix: words.Descriptor | Unset | None = UNSET


class CancelParams(web.Params):
    """Why."""

    cancellation_reason: Literal["abandoned", "duplicate", "fraudulent", "requested_by_customer"] | None = None


class ListParams(PageParams):
    """Which payments."""

    customer: web.Id | None = None


class SearchParams(web.Params):
    """A query in Stripe's search language; `page` is `next_page` of the page before."""

    query: words.Text
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    page: web.Id | Unset = UNSET


class Intents(Room):
    """The handlers."""

    async def create(self, call: web.Call) -> web.Answer:
        params: CreateParams = call.params
        currency = money.currency(params.currency).code
        if params.customer is not None:
            await present(self.till, owner(call), params.customer)
        offer = await self._offered(call, params.payment_method, params.payment_method_data, params.customer or "")
        seal = Sealing(call, confirmed if params.confirm else payment)
        await create(
            self.till,
            owner(call),
            _new(params, currency),
            offered=offer,
            confirm=params.confirm,
            save_for_later=params.setup_future_usage is not None,
            operation=call.operation,
            now=call.now,
            finish=seal,
        )
        return seal.answer

    async def update(self, call: web.Call) -> web.Answer:
        params: UpdateParams = call.params
        fields = _fields(params)
        customer = fields.get("customer")
        if customer is not None:
            await present(self.till, owner(call), customer)
        elif "customer" not in fields and (params.payment_method, params.payment_method_data) != (UNSET, UNSET):
            customer = (await payment_of(self.till, owner(call), call.path["intent"])).customer
        offer = await self._offered(call, params.payment_method, params.payment_method_data, customer or "")
        seal = Sealing(call, payment)
        await update(
            self.till,
            owner(call),
            call.path["intent"],
            fields,
            offered=offer,
            operation=call.operation,
            now=call.now,
            finish=seal,
        )
        return seal.answer

    async def confirm(self, call: web.Call) -> web.Answer:
        params: ConfirmParams = call.params
        found = await payment_of(self.till, owner(call), call.path["intent"])
        _check_secret(found, params.client_secret)
        offer = await self._offered(call, params.payment_method, params.payment_method_data, found.customer)
        fields = _fields(params)
        seal = Sealing(call, confirmed)
        await confirm(
            self.till,
            owner(call),
            found.id,
            offered=offer,
            changes=changed(found, fields) if fields else None,
            save_for_later=fields.get("setup_future_usage") is not None,
            operation=call.operation,
            now=call.now,
            finish=seal,
        )
        return seal.answer

    async def capture(self, call: web.Call) -> web.Answer:
        params: CaptureParams = call.params
        seal = Sealing(call, payment)
        await capture(
            self.till,
            owner(call),
            call.path["intent"],
            amount=params.amount_to_capture,
            fields=_fields(params),
            operation=call.operation,
            now=call.now,
            finish=seal,
        )
        return seal.answer

    async def cancel(self, call: web.Call) -> web.Answer:
        params: CancelParams = call.params
        seal = Sealing(call, payment)
        await cancel(
            self.till,
            owner(call),
            call.path["intent"],
            reason=params.cancellation_reason or "",
            operation=call.operation,
            now=call.now,
            finish=seal,
        )
        return seal.answer

    async def retrieve(self, call: web.Call) -> web.Answer:
        return answer(call, wire.payment_intent(await payment_of(self.till, owner(call), call.path["intent"])))

    async def list(self, call: web.Call) -> web.Answer:
        params: ListParams = call.params
        asks = owner(call)
        if params.cursor is not None:
            await payment_of(self.till, asks, params.cursor, param="starting_after")
        rows = await lists.page(
            self.database,
            tables.PAYMENTS,
            "pi",
            window(params),
            merchant=asks.merchant,
            livemode=asks.livemode,
            customer=params.customer,
        )
        return listed(call, URL, [wire.payment_intent(Payment(**row)) for row in rows])

    async def search(self, call: web.Call) -> web.Answer:
        params: SearchParams = call.params
        asks = owner(call)
        wanted, part = parsed(params.query, lists.Window(limit=params.limit, older_than=params.page or None))
        if params.page:
            await payment_of(self.till, asks, params.page, param="page")
        found = await find(self.database, [asks.merchant], wanted, part, livemode=asks.livemode)
        body = {
            "object": "search_result",
            "url": f"{URL}/search",
            "has_more": found.last is not None,
            "data": [wire.payment_intent(each) for each in found.payments],
            "next_page": found.last,
        }
        return answer(call, body)

    async def _offered(self, call: web.Call, name: Any, data: Any, customer: str) -> Offered | None:
        """What is to be paid with: a method by id or name, or one made from what was sent."""
        identifier = call.operation.resource_id("pm")
        if data not in (None, UNSET):
            if name not in (None, UNSET):
                raise Refused(
                    PaymentRefusal.PARAMETER_INVALID,
                    "Send payment_method or payment_method_data, not both.",
                    param="payment_method_data",
                )
            card = instrument(self.till, data.card.words(), now=call.now)
            billing = words.plain(data.billing_details)
            return Offered(made(owner(call), identifier, card, billing=billing, metadata=data.metadata), True)
        if name in (None, UNSET):
            return None
        if call.operation.resumed and (known := await reads.payment_method(self.database, identifier)) is not None:
            return Offered(known, False)
        return await offered(self.till, owner(call), name, identifier=identifier, customer=customer)


def _new(params: CreateParams, currency: str) -> NewPayment:
    options = Options(
        confirmation_method=params.confirmation_method or "automatic",
        payment_method_types=tuple(params.payment_method_types or ("card",)),
        automatic_payment_methods=words.plain(params.automatic_payment_methods),
        setup_future_usage=params.setup_future_usage,
        shipping=words.plain(params.shipping),
        statement_descriptor_suffix=params.statement_descriptor_suffix,
        transfer_group=params.transfer_group,
    )
    return NewPayment(
        amount=params.amount,
        currency=currency,
        capture_method=_capture_method(params.capture_method),
        customer=params.customer or "",
        description=params.description or "",
        receipt_email=params.receipt_email or "",
        statement_descriptor=params.statement_descriptor or "",
        metadata=merged_metadata("{}", params.metadata) if params.metadata else "{}",
        options=to_text(options),
    )


_KNOWN = (
    "amount",
    "currency",
    "automatic_payment_methods",
    "capture_method",
    "customer",
    "description",
    "metadata",
    "payment_method_types",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def _fields(params: web.Params) -> dict[str, Any]:
    """What was sent to be changed, as `update.changed` takes it."""
    fields = words.given(params, *(name for name in _KNOWN if hasattr(params, name)))
    if "currency" in fields:
        fields["currency"] = money.currency(fields["currency"]).code
    if "capture_method" in fields:
        fields["capture_method"] = _capture_method(fields["capture_method"])
    return fields


def _capture_method(sent: str | None) -> str:
    """`automatic_async` is another way to be told, not another way to capture."""
    return "manual" if sent == "manual" else "automatic"


def _check_secret(found: Payment, secret: str | None) -> None:
    if secret is not None and secret != f"{found.id}_secret_{found.secret}":
        raise Refused(
            PaymentRefusal.PARAMETER_INVALID,
            "The client_secret does not belong to this payment. Leave it out when you use a secret key.",
            param="client_secret",
        )


def endpoints(room: Intents) -> tuple[web.Endpoint, ...]:
    """The operations."""
    one, intent = URL + "/{intent}", "payment_intent"
    return (
        web.Endpoint("POST", URL, room.create, params=CreateParams, returns=intent, summary="Create a payment"),
        web.Endpoint("GET", URL, room.list, params=ListParams, returns=intent, summary="List payments"),
        web.Endpoint(
            "GET", URL + "/search", room.search, params=SearchParams, returns=intent, many=True, summary="Find payments"
        ),
        web.Endpoint("GET", one, room.retrieve, returns=intent, summary="Retrieve a payment"),
        web.Endpoint("POST", one, room.update, params=UpdateParams, returns=intent, summary="Update a payment"),
        web.Endpoint(
            "POST", one + "/confirm", room.confirm, params=ConfirmParams, returns=intent, summary="Confirm a payment"
        ),
        web.Endpoint(
            "POST", one + "/capture", room.capture, params=CaptureParams, returns=intent, summary="Capture a payment"
        ),
        web.Endpoint(
            "POST", one + "/cancel", room.cancel, params=CancelParams, returns=intent, summary="Cancel a payment"
        ),
    )
