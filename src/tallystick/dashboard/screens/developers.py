"""Webhook deliveries, API keys, and how the system is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from tallystick.dashboard.desk import Desk

DELIVERY_STATES: Final = (
    ("", "All"),
    ("delivered", "Delivered"),
    ("pending", "Pending"),
    ("failed", "Failed"),
    ("canceled", "Canceled"),
)


async def webhooks(desk: Desk, _: Mapping[str, str]) -> Response:
    """Deliveries, newest first."""
    state = desk.asked("state")
    page = await desk.doors.developers.deliveries(desk.scope, state=state, before=desk.asked("before"))
    return await desk.page("webhooks.html", page=page, state=state, states=DELIVERY_STATES)


async def resend(desk: Desk, form: Mapping[str, str]) -> Response:
    """Send a delivery again; the row alone goes back where only the row was asked for."""
    delivery_id = desk.request.path_params["id"]
    await desk.doors.developers.resend(desk.scope, delivery_id, now=desk.now)
    if not desk.partial:
        payment = form.get("payment", "")
        return desk.to(f"/payments/{payment}" if payment.startswith("pi_") else "/webhooks", done="resent")
    row = await desk.doors.developers.delivery(desk.scope, delivery_id)
    if row is None:
        return await desk.missing("Delivery")
    return await desk.page("delivery_row.html", delivery=row, resent=True)


async def keys(desk: Desk, _: Mapping[str, str]) -> Response:
    """API keys."""
    return await desk.page("keys.html", keys=await desk.doors.developers.keys(desk.scope), issued=None)


async def issue(desk: Desk, form: Mapping[str, str]) -> Response:
    """A new key, shown on this one answer only."""
    merchant = form.get("merchant", "")
    if merchant not in {m.id for m in desk.scope.visitor.managed}:
        return await desk.missing("Merchant")
    kind = "publishable" if form.get("kind") == "publishable" else "secret"
    name = form.get("name", "").strip()[:80]
    issued = await desk.doors.developers.issue_key(desk.scope, merchant, kind, name, now=desk.now)
    return await desk.page("keys.html", keys=await desk.doors.developers.keys(desk.scope), issued=issued)


async def revoke(desk: Desk, _: Mapping[str, str]) -> Response:
    """End a key."""
    await desk.doors.developers.revoke_key(desk.scope, desk.request.path_params["id"], now=desk.now)
    return desk.to("/keys", done="revoked")


async def system(desk: Desk, _: Mapping[str, str]) -> Response:
    """What the doctor finds."""
    return await desk.page("system.html", findings=await desk.doors.developers.findings(desk.scope, now=desk.now))
