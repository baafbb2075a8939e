"""What a merchant's own server may ask about its account. Keys and people are managed by CLI and dashboard only."""

from __future__ import annotations

from tallystick import web
from tallystick.merchants import wire
from tallystick.merchants.enrol import merchant_of


async def _retrieve(call: web.Call) -> web.Answer:
    return web.Answer(wire.account(await merchant_of(call.db, call.principal.merchant_id)))


def endpoints() -> tuple[web.Endpoint, ...]:
    """The operations of this room."""
    return (web.Endpoint("GET", "/v1/account", _retrieve, returns="account", summary="The account behind the API key"),)
