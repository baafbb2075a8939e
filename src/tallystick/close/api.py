"""`/v1/closes`: look at a day, close it, read its proof. For the platform's own keys only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import msgspec

from tallystick import reconciliation, web
from tallystick.base import ProcessorSettings, Refused
from tallystick.close import look, wire
from tallystick.close.day import day as close_day
from tallystick.close.day import preview
from tallystick.close.model import CloseRefusal
from tallystick.close.proof import verify

URL = "/v1/closes"


class CloseParams(web.Params):
    """The day to close."""

    day: Annotated[str, msgspec.Meta(min_length=10, max_length=10)]


class _Desk:
    """The handlers that need to know the processors."""

    def __init__(self, processors: Mapping[str, ProcessorSettings]) -> None:
        self._processors = processors

    async def create(self, call: web.Call) -> web.Answer:
        livemode = reconciliation.platform_only(call)
        day = reconciliation.day_in(call.params.day)
        try:
            closed = await close_day(
                call.db,
                day,
                livemode=livemode,
                processors=self._processors,
                by=call.principal.key_id,
                now=call.now,
            )
        except Refused as refused:
            if refused.code is not CloseRefusal.ALREADY_CLOSED or not call.operation.resumed:
                raise
            closed = await look.closed(call.db, day, livemode=livemode)
        return web.Answer(wire.close(closed, paper=True))

    async def preview(self, call: web.Call) -> web.Answer:
        livemode = reconciliation.platform_only(call)
        seen = await preview(call.db, _day(call), livemode=livemode, processors=self._processors, now=call.now)
        return web.Answer(wire.preview(seen))


async def _list(call: web.Call) -> web.Answer:
    livemode = reconciliation.platform_only(call)
    params: web.ListParams = call.params
    cursor = (
        await look.closed(call.db, reconciliation.day_in(params.cursor[-10:]), livemode=livemode)
        if params.cursor
        else None
    )
    found = await look.closes(
        call.db, livemode=livemode, limit=params.limit + 1, cursor=cursor, backwards=params.backwards
    )
    return web.Answer(web.page(URL, [wire.close(one) for one in found], params.limit, backwards=params.backwards))


async def _one(call: web.Call) -> web.Answer:
    livemode = reconciliation.platform_only(call)
    return web.Answer(wire.close(await look.closed(call.db, _day(call), livemode=livemode), paper=True))


async def _verify(call: web.Call) -> web.Answer:
    livemode = reconciliation.platform_only(call)
    closed = await look.closed(call.db, _day(call), livemode=livemode)
    wrong = await verify(call.db, closed)
    return web.Answer(
        {"object": "close_verification", "day": closed.day.isoformat(), "holds": not wrong, "complaints": wrong}
    )


def _day(call: web.Call) -> date:
    return reconciliation.day_in(call.path["day"])


def endpoints(processors: Mapping[str, ProcessorSettings]) -> tuple[web.Endpoint, ...]:
    """The operations of this room; `processors` as the settings name them."""
    desk = _Desk(processors)
    return (
        web.Endpoint("POST", URL, desk.create, params=CloseParams, returns="close", summary="Close a day"),
        web.Endpoint("GET", URL, _list, params=web.ListParams, returns="close", summary="List closed days"),
        web.Endpoint("GET", f"{URL}/{{day}}", _one, returns="close", summary="Retrieve a closed day"),
        web.Endpoint("GET", f"{URL}/{{day}}/preview", desk.preview, returns="close_preview", summary="Check a day"),
        web.Endpoint(
            "GET", f"{URL}/{{day}}/verify", _verify, returns="close_verification", summary="Check a proof again"
        ),
    )
