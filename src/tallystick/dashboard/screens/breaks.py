"""Breaks: the list, one break, and what people do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.responses import Response

from tallystick import merchants
from tallystick.dashboard.desk import Desk
from tallystick.dashboard.view import BreakRow
from tallystick.merchants import Permission

Act = Callable[[Desk, str, str], Awaitable[None]]

ORDERS: Final[dict[str, Callable[[BreakRow], Any]]] = {
    "age": lambda row: -row.opened,
    "amount": lambda row: (row.amount.currency, abs(row.amount.minor)),
    "class": lambda row: (row.kind, row.opened),
    "owner": lambda row: (row.owner, row.opened),
}

TEXT_LENGTH: Final = 2_000


async def index(desk: Desk, _: Mapping[str, str]) -> Response:
    """Open or finished breaks, oldest first unless asked otherwise."""
    tab, kind, owner, order = (desk.asked(name) for name in ("tab", "kind", "owner", "sort"))
    wanted = desk.scope.visitor.email if tab == "mine" else owner
    page = await desk.doors.reconciliation.breaks(desk.scope, done=tab == "done", kind=kind, owner=wanted)
    order = order or "-age"
    rows = sorted(page.rows, key=ORDERS.get(order.lstrip("-"), ORDERS["age"]), reverse=order.startswith("-"))
    return await desk.page("breaks.html", page=page, rows=rows, tab=tab, kind=kind, owner=owner, order=order)


async def one(desk: Desk, _: Mapping[str, str]) -> Response:
    """One break."""
    page = await desk.doors.reconciliation.break_(desk.scope, desk.request.path_params["id"])
    if page is None:
        return await desk.missing("Break")
    return await desk.page("break.html", page=page, row=page.row, problem="", typed="")


async def act(desk: Desk, form: Mapping[str, str]) -> Response:
    """Assign, comment, resolve or sign off; a note is asked for wherever something is said to be so."""
    break_id, action = desk.request.path_params["id"], desk.request.path_params["action"]
    if action not in ACTIONS:
        return await desk.missing("Page")
    merchants.require(desk.scope.visitor.user, Permission.CLOSE)
    field, verb = ACTIONS[action]
    text = form.get(field, "").strip()[:TEXT_LENGTH]
    if not text:
        return await _ask_again(desk, break_id, action)
    await verb(desk, break_id, text)
    return desk.to(f"/breaks/{break_id}", done=action)


async def _ask_again(desk: Desk, break_id: str, action: str) -> Response:
    page = await desk.doors.reconciliation.break_(desk.scope, break_id)
    if page is None:
        return await desk.missing("Break")
    return await desk.page("break.html", status=400, page=page, row=page.row, problem=action, typed="")


async def _assign(desk: Desk, break_id: str, text: str) -> None:
    await desk.doors.reconciliation.assign(desk.scope, break_id, text, now=desk.now)


async def _comment(desk: Desk, break_id: str, text: str) -> None:
    await desk.doors.reconciliation.comment(desk.scope, break_id, text, now=desk.now)


async def _resolve(desk: Desk, break_id: str, text: str) -> None:
    await desk.doors.reconciliation.resolve(desk.scope, break_id, text, now=desk.now)


async def _sign_off(desk: Desk, break_id: str, text: str) -> None:
    await desk.doors.reconciliation.sign_off(desk.scope, break_id, text, now=desk.now)


ACTIONS: Final[dict[str, tuple[str, Act]]] = {
    "assign": ("owner", _assign),
    "comment": ("text", _comment),
    "resolve": ("text", _resolve),
    "sign-off": ("text", _sign_off),
}
