"""Which ids in an answer can be expanded, and how the objects are loaded: one read per field, for a whole list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tallystick import web
from tallystick.payments import wire
from tallystick.payments.api.sealing import owner
from tallystick.payments.model import Attempt, BalanceTransaction, Customer, Payment, PaymentMethod, Refund
from tallystick.payments.rules import attempt_id, charge_id
from tallystick.payments.store import reads

Objects = dict[str, dict[str, Any]]


def _plain(body: wire.Json) -> dict[str, Any]:
    """A shape without stored JSON in it, so that more can be expanded inside."""
    plain: dict[str, Any] = msgspec.json.decode(web.encode(body))
    return plain


def _loader(name: str, kind: type[Any], show: Callable[[Any, web.Call], wire.Json]) -> web.Loader:
    async def load(call: web.Call, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        asks = owner(call)
        found = await reads.several(call.db, name, kind, ids)
        return {
            key: _plain(show(row, call))
            for key, row in found.items()
            if (row.merchant, row.livemode) == (asks.merchant, asks.livemode)
        }

    return load


async def charges(call: web.Call, ids: Sequence[str]) -> Objects:
    """Charges by id."""
    asks = owner(call)
    attempts = await reads.several(call.db, "attempts", Attempt, (attempt_id(one) for one in ids))
    payments = await reads.several(call.db, "payment_intents", Payment, (each.payment for each in attempts.values()))
    return {
        charge_id(key): _plain(wire.charge(payments[each.payment], each))
        for key, each in attempts.items()
        if asks.owns(each)
    }


customers = _loader("customers", Customer, lambda row, call: wire.customer(row))
payments = _loader("payment_intents", Payment, lambda row, call: wire.payment_intent(row))
methods = _loader("payment_methods", PaymentMethod, lambda row, call: wire.payment_method(row))
refunds = _loader("refunds", Refund, lambda row, call: wire.refund(row))
transactions = _loader(
    "balance_transactions", BalanceTransaction, lambda row, call: wire.balance_transaction(row, call.now)
)


async def sources(call: web.Call, ids: Sequence[str]) -> Objects:
    """What is behind balance transactions: charges and refunds."""
    return {
        **await charges(call, [one for one in ids if one.startswith("ch_")]),
        **await refunds(call, [one for one in ids if one.startswith("re_")]),
    }


EXPANSIONS = (
    web.Expansion("payment_intent", "customer", ("customer",), customers),
    web.Expansion("payment_intent", "latest_charge", ("charge",), charges),
    web.Expansion("payment_intent", "payment_method", ("payment_method",), methods),
    web.Expansion("charge", "balance_transaction", ("balance_transaction",), transactions),
    web.Expansion("charge", "customer", ("customer",), customers),
    web.Expansion("charge", "payment_intent", ("payment_intent",), payments),
    web.Expansion("refund", "balance_transaction", ("balance_transaction",), transactions),
    web.Expansion("refund", "charge", ("charge",), charges),
    web.Expansion("refund", "payment_intent", ("payment_intent",), payments),
    web.Expansion("dispute", "charge", ("charge",), charges),
    web.Expansion("dispute", "payment_intent", ("payment_intent",), payments),
    web.Expansion("balance_transaction", "source", ("charge", "refund"), sources),
    web.Expansion("payment_method", "customer", ("customer",), customers),
)
"""All of this room's."""
