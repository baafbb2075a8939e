"""The ledger's accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from tallystick.dashboard.desk import Desk
from tallystick.dashboard.view import AccountRow

ORDERS: Final[dict[str, Callable[[AccountRow], Any]]] = {
    "account": lambda row: (row.name, row.merchant, row.currency, row.path),
    "debits": lambda row: row.debits_minor,
    "credits": lambda row: row.credits_minor,
    "balance": lambda row: row.balance_minor,
}


async def trial_balance(desk: Desk, _: Mapping[str, str]) -> Response:
    """Every account of one currency or of all, in the order asked for."""
    balance = await desk.doors.books.trial_balance(desk.scope)
    currency, order = desk.asked("currency").upper(), desk.asked("sort") or "account"
    rows = [row for row in balance.rows if currency in ("", row.currency)]
    rows.sort(key=ORDERS.get(order.lstrip("-"), ORDERS["account"]), reverse=order.startswith("-"))
    return await desk.page("ledger.html", balance=balance, rows=rows, currency=currency, order=order)
