"""What is read only: charges, disputes, the balance, its transactions, and events."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tallystick import money, outbox, web
from tallystick.payments import look, wire
from tallystick.payments.api.sealing import PageParams, Room, answer, listed, owner, times, window
from tallystick.payments.api.words import Currency
from tallystick.payments.begin import Owner
from tallystick.payments.model import Attempt, AttemptKind, BalanceTransaction, Dispute, Payment
from tallystick.payments.rules import attempt_id, missing, read_instrument
from tallystick.payments.store import lists, reads, tables

EventType = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class ChargesParams(PageParams):
    """Which charges."""

    payment_intent: web.Id | None = None


class DisputesParams(PageParams):
    """Which disputes."""

    payment_intent: web.Id | None = None
    charge: web.Id | None = None


class TransactionsParams(PageParams):
    """Which balance transactions."""

    currency: Currency | None = None
    source: web.Id | None = None
    type: Literal["charge", "refund", "adjustment"] | None = None


class EventsParams(PageParams):
    """Which events: of a type or group (`payment_intent.*`), or of several."""

    type: EventType | None = None
    types: Annotated[list[EventType], msgspec.Meta(max_length=20)] | None = None


class Records(Room):
    """The handlers."""

    # --- charges ---

    async def charge(self, call: web.Call) -> web.Answer:
        attempt = await self._attempt(owner(call), call.path["charge"])
        found = await reads.payment(self.database, attempt.payment)
        assert found is not None, "an attempt has a payment"
        return answer(call, wire.charge(found, attempt))

    async def charges(self, call: web.Call) -> web.Answer:
        params: ChargesParams = call.params
        asks = owner(call)
        cursor = attempt_id(params.cursor) if params.cursor is not None else None
        if params.cursor is not None:
            await self._attempt(asks, params.cursor, param="starting_after")
        rows = await lists.page(
            self.database,
            tables.ATTEMPTS,
            "att",
            window(params, cursor=cursor),
            merchant=asks.merchant,
            livemode=asks.livemode,
            kind=AttemptKind.AUTHORIZE.value,
            payment=params.payment_intent,
        )
        attempts = [Attempt(**row) for row in rows]
        found = await reads.several(self.database, "payment_intents", Payment, (each.payment for each in attempts))
        return listed(call, "/v1/charges", [wire.charge(found[each.payment], each) for each in attempts])

    async def _attempt(self, asks: Owner, charge: str, *, param: str = "charge") -> Attempt:
        attempt = await reads.attempt(self.database, attempt_id(charge))
        if attempt is None or not asks.owns(attempt) or attempt.kind != AttemptKind.AUTHORIZE:
            raise missing("charge", charge, param=param)
        return attempt

    # --- disputes ---

    async def dispute(self, call: web.Call) -> web.Answer:
        found = await self._dispute(owner(call), call.path["dispute"])
        return answer(call, (await self._shown(call, [found]))[0])

    async def disputes(self, call: web.Call) -> web.Answer:
        params: DisputesParams = call.params
        asks = owner(call)
        if params.cursor is not None:
            await self._dispute(asks, params.cursor, param="starting_after")
        rows = await lists.page(
            self.database,
            tables.DISPUTES,
            "dp",
            window(params),
            merchant=asks.merchant,
            livemode=asks.livemode,
            payment=params.payment_intent or await self._payment_behind(params.charge),
            charge=attempt_id(params.charge) if params.charge is not None else None,
        )
        return listed(call, "/v1/disputes", await self._shown(call, [Dispute(**row) for row in rows]))

    async def _dispute(self, asks: Owner, dispute_id: str, *, param: str = "dispute") -> Dispute:
        found = await reads.dispute(self.database, dispute_id)
        if found is None or (found.merchant, found.livemode) != (asks.merchant, asks.livemode):
            raise missing("dispute", dispute_id, param=param)
        return found

    async def _shown(self, call: web.Call, disputes: list[Dispute]) -> list[wire.Json]:
        ids = {each.id: msgspec.json.decode(each.transactions, type=list[str]) for each in disputes}
        wanted = [one for several in ids.values() for one in several]
        rows = await reads.several(self.database, "balance_transactions", BalanceTransaction, wanted)
        charges = await reads.several(self.database, "attempts", Attempt, (each.charge for each in disputes))
        return [
            wire.dispute(
                each,
                [rows[one] for one in ids[each.id]],
                read_instrument(charges[each.charge].card) if each.charge in charges else None,
                call.now,
            )
            for each in disputes
        ]

    # --- balance ---

    async def balance(self, call: web.Call) -> web.Answer:
        asks = owner(call)
        funds = await look.balance(self.database, asks.merchant, livemode=asks.livemode, now=call.now)
        return answer(call, wire.balance(funds.available, funds.pending, livemode=asks.livemode))

    async def transaction(self, call: web.Call) -> web.Answer:
        return answer(call, wire.balance_transaction(await self._transaction(owner(call), call.path["id"]), call.now))

    async def transactions(self, call: web.Call) -> web.Answer:
        params: TransactionsParams = call.params
        asks = owner(call)
        if params.cursor is not None:
            await self._transaction(asks, params.cursor, param="starting_after")
        rows = await lists.page(
            self.database,
            tables.BALANCE_TRANSACTIONS,
            "txn",
            window(params),
            merchant=asks.merchant,
            livemode=asks.livemode,
            currency=money.currency(params.currency).code if params.currency is not None else None,
            source=params.source,
            payment=await self._payment_behind(params.source),
            type=params.type,
        )
        shown = [wire.balance_transaction(BalanceTransaction(**row), call.now) for row in rows]
        return listed(call, "/v1/balance_transactions", shown)

    async def _transaction(self, asks: Owner, transaction_id: str, *, param: str = "id") -> BalanceTransaction:
        found = await reads.balance_transaction(self.database, transaction_id)
        if found is None or (found.merchant, found.livemode) != (asks.merchant, asks.livemode):
            raise missing("balance transaction", transaction_id, param=param)
        return found

    async def _payment_behind(self, source: str | None) -> str | None:
        """The payment of a charge, refund or dispute, by which its transactions are found along an index."""
        if source is None:
            return None
        prefix = source.partition("_")[0]
        if prefix == "ch":
            attempt = await reads.attempt(self.database, attempt_id(source))
            return attempt.payment if attempt else ""
        if prefix == "re":
            refund = await reads.refund(self.database, source)
            return refund.payment if refund else ""
        dispute = await reads.dispute(self.database, source)
        return dispute.payment if dispute else ""

    # --- events ---

    async def event(self, call: web.Call) -> web.Answer:
        asks = owner(call)
        found = await outbox.event(self.database, call.path["event"])
        if found is None or (found.merchant_id, found.livemode) != (asks.merchant, asks.livemode):
            raise missing("event", call.path["event"], param="id")
        return web.Answer(found.payload)

    async def events(self, call: web.Call) -> web.Answer:
        params: EventsParams = call.params
        asks = owner(call)
        start, end = times(params.created)
        rows = await outbox.events(
            self.database,
            merchant_id=asks.merchant,
            livemode=asks.livemode,
            types=[*(params.types or []), *([params.type] if params.type else [])],
            created_from=start,
            created_before=end,
            starting_after=params.starting_after or None,
            ending_before=params.ending_before or None,
            limit=params.limit + 1,
        )
        page = web.page(
            "/v1/events", [msgspec.Raw(row.payload) for row in rows], params.limit, backwards=params.backwards
        )
        return answer(call, page)


def endpoints(room: Records) -> tuple[web.Endpoint, ...]:
    """The operations."""
    return (
        web.Endpoint("GET", "/v1/charges/{charge}", room.charge, returns="charge", summary="Retrieve a charge"),
        web.Endpoint(
            "GET", "/v1/charges", room.charges, params=ChargesParams, returns="charge", summary="List charges"
        ),
        web.Endpoint("GET", "/v1/disputes/{dispute}", room.dispute, returns="dispute", summary="Retrieve a dispute"),
        web.Endpoint(
            "GET", "/v1/disputes", room.disputes, params=DisputesParams, returns="dispute", summary="List disputes"
        ),
        web.Endpoint("GET", "/v1/balance", room.balance, returns="balance", summary="Retrieve the balance"),
        web.Endpoint(
            "GET",
            "/v1/balance_transactions/{id}",
            room.transaction,
            returns="balance_transaction",
            summary="Retrieve a balance transaction",
        ),
        web.Endpoint(
            "GET",
            "/v1/balance_transactions",
            room.transactions,
            params=TransactionsParams,
            returns="balance_transaction",
            summary="List balance transactions",
        ),
        web.Endpoint("GET", "/v1/events/{event}", room.event, returns="event", summary="Retrieve an event"),
        web.Endpoint("GET", "/v1/events", room.events, params=EventsParams, returns="event", summary="List events"),
    )
