"""/v1/refunds (docs.stripe.com/api/refunds)."""

from __future__ import annotations

from typing import Literal

from tallystick import money, web
from tallystick.base import Refused
from tallystick.payments import wire
from tallystick.payments.api.sealing import PageParams, Room, Sealing, Shown, answer, listed, owner, window
from tallystick.payments.api.words import UNSET, Amount, Currency, Unset
from tallystick.payments.begin import payment_of
from tallystick.payments.change import Settled
from tallystick.payments.model import AttemptKind, PaymentRefusal, Refund
from tallystick.payments.refund import refund, refund_of, update
from tallystick.payments.rules import attempt_id, merged_metadata, missing
from tallystick.payments.store import lists, reads, tables

URL = "/v1/refunds"


class CreateParams(web.Params):
    """What to refund: a payment or its charge, and how much of it (all that is left unless said otherwise)."""

    payment_intent: web.Id | None = None
    charge: web.Id | None = None
    amount: Amount | None = None
    currency: Currency | None = None
    metadata: web.Metadata | None = None
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class UpdateParams(web.Params):
    """Only metadata can change."""

    metadata: web.Metadata | Unset | None = UNSET


class ListParams(PageParams):
    """Which refunds."""

    payment_intent: web.Id | None = None
    charge: web.Id | None = None


def shown(settled: Settled) -> Shown:
    """A refund."""
    assert settled.refund is not None, "a refund was asked for"
    return wire.refund(settled.refund), 200


class Refunds(Room):
    """The handlers."""

    async def create(self, call: web.Call) -> web.Answer:
        params: CreateParams = call.params
        if params.payment_intent is None and params.charge is None:
            raise Refused(
                PaymentRefusal.PARAMETER_MISSING, "Send the payment_intent or charge to refund.", param="payment_intent"
            )
        if params.currency is not None and params.payment_intent is not None:
            found = await payment_of(self.till, owner(call), params.payment_intent, param="payment_intent")
            if money.currency(params.currency).code != found.currency:
                raise Refused(
                    PaymentRefusal.PARAMETER_INVALID,
                    f"A payment is refunded in its own currency, {found.currency.lower()}. Leave currency out.",
                    param="currency",
                )
        seal = Sealing(call, shown)
        await refund(
            self.till,
            owner(call),
            payment_id=params.payment_intent,
            charge=params.charge,
            amount=params.amount,
            reason=params.reason or "",
            metadata=merged_metadata("{}", params.metadata) if params.metadata else "{}",
            operation=call.operation,
            now=call.now,
            finish=seal,
        )
        return seal.answer

    async def retrieve(self, call: web.Call) -> web.Answer:
        return answer(call, wire.refund(await refund_of(self.till, owner(call), call.path["refund"])))

    async def update(self, call: web.Call) -> web.Answer:
        params: UpdateParams = call.params
        seal = Sealing(call, lambda found: (wire.refund(found), 200))
        changes = {} if params.metadata is UNSET else params.metadata
        await update(
            self.till,
            owner(call),
            call.path["refund"],
            changes,
            operation=call.operation,
            now=call.now,
            seal=seal,
        )
        return seal.answer

    async def list(self, call: web.Call) -> web.Answer:
        params: ListParams = call.params
        if params.charge is None:
            return await self._page(call, URL, payment=params.payment_intent)
        attempt = await reads.attempt(self.database, attempt_id(params.charge))
        of_payment = params.payment_intent or (attempt.payment if attempt else "")
        return await self._page(call, URL, payment=of_payment, charge=attempt_id(params.charge))

    async def of_charge(self, call: web.Call) -> web.Answer:
        charge, asks = call.path["charge"], owner(call)
        attempt = await reads.attempt(self.database, attempt_id(charge))
        if attempt is None or not asks.owns(attempt) or attempt.kind != AttemptKind.AUTHORIZE:
            raise missing("charge", charge, param="charge")
        return await self._page(call, f"/v1/charges/{charge}/refunds", payment=attempt.payment, charge=attempt.id)

    async def _page(self, call: web.Call, url: str, **equals: str | None) -> web.Answer:
        params: web.ListParams = call.params
        asks = owner(call)
        if params.cursor is not None:
            await refund_of(self.till, asks, params.cursor)
        rows = await lists.page(
            self.database,
            tables.REFUNDS,
            "re",
            window(params),
            merchant=asks.merchant,
            livemode=asks.livemode,
            **equals,
        )
        return listed(call, url, [wire.refund(Refund(**row)) for row in rows])


def endpoints(room: Refunds) -> tuple[web.Endpoint, ...]:
    """The operations."""
    one = URL + "/{refund}"
    return (
        web.Endpoint("POST", URL, room.create, params=CreateParams, returns="refund", summary="Refund a payment"),
        web.Endpoint("GET", URL, room.list, params=ListParams, returns="refund", summary="List refunds"),
        web.Endpoint("GET", one, room.retrieve, returns="refund", summary="Retrieve a refund"),
        web.Endpoint("POST", one, room.update, params=UpdateParams, returns="refund", summary="Update a refund"),
        web.Endpoint(
            "GET",
            "/v1/charges/{charge}/refunds",
            room.of_charge,
            params=web.ListParams,
            returns="refund",
            summary="List a charge's refunds",
        ),
    )
