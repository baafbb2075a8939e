"""`/v1/reconciliation/runs`, `/v1/reconciliation/matches` and `/v1/breaks`: for the platform's own keys only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

import msgspec

from tallystick import web
from tallystick.base import ProcessorSettings, Refused
from tallystick.merchants import PLATFORM
from tallystick.reconciliation import breaks as workflow
from tallystick.reconciliation import look, wire
from tallystick.reconciliation.day import day as reconcile_day
from tallystick.reconciliation.model import BreakClass, ReconciliationRefusal

RUNS_URL = "/v1/reconciliation/runs"
MATCHES_URL = "/v1/reconciliation/matches"
BREAKS_URL = "/v1/breaks"
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Day = Annotated[str, msgspec.Meta(min_length=10, max_length=10)]
"""A calendar day such as 2026-11-21."""
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class RunParams(web.Params):
    """Reconcile everything up to the end of a day."""

    day: Day


class RunsParams(web.ListParams):
    """Which runs to list."""

    day: Day | None = None


class BreaksParams(web.ListParams):
    """Which breaks to list."""

    status: Literal["open", "cleared", "resolved", "signed_off"] | None = None
    break_class: BreakClass | None = None
    owner: Name | None = None
    run: web.Id | None = None


class AssignParams(web.Params):
    """Who is to deal with it."""

    owner: Name


class ReasonParams(web.Params):
    """Why; part of the proof of the day."""

    reason: Text


class CommentParams(web.Params):
    """What to say about it."""

    text: Text


def day_in(text: str) -> date:
    """The day a parameter names. Raises Refused(DAY_INVALID)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"'{text[:40]}' is not a day. Write it as 2026-11-21."
        raise Refused(ReconciliationRefusal.DAY_INVALID, message, param="day") from None


def platform_only(call: web.Call) -> bool:
    """The mode of the call. Raises Refused(PLATFORM_KEY_REQUIRED) for a merchant's key."""
    if call.principal.merchant_id != PLATFORM:
        message = "Only a key of the platform itself may do this; a merchant's key may not."
        raise Refused(ReconciliationRefusal.PLATFORM_KEY_REQUIRED, message)
    return call.principal.livemode


class _Desk:
    """The handler that needs to know the processors."""

    def __init__(self, processors: Mapping[str, ProcessorSettings]) -> None:
        self._processors = processors

    async def run(self, call: web.Call) -> web.Answer:
        livemode = platform_only(call)
        made = await reconcile_day(
            call.db,
            day_in(call.params.day),
            livemode=livemode,
            processors=self._processors,
            now=call.now,
            by=call.principal.key_id,
        )
        return web.Answer(web.page(RUNS_URL, [wire.run(one) for one in made], len(made)))


async def _runs(call: web.Call) -> web.Answer:
    livemode = platform_only(call)
    params: RunsParams = call.params
    cursor = await look.run(call.db, params.cursor, livemode=livemode) if params.cursor else None
    found = await look.runs(
        call.db,
        livemode=livemode,
        limit=params.limit + 1,
        business_day=day_in(params.day) if params.day else None,
        cursor=cursor,
        backwards=params.backwards,
    )
    return web.Answer(web.page(RUNS_URL, [wire.run(one) for one in found], params.limit, backwards=params.backwards))


async def _one_run(call: web.Call) -> web.Answer:
    livemode = platform_only(call)
    return web.Answer(wire.run(await look.run(call.db, call.path["run"], livemode=livemode)))


async def _match(call: web.Call) -> web.Answer:
    livemode = platform_only(call)
    found = await look.match(call.db, call.path["match"], livemode=livemode)
    return web.Answer(wire.match(found))


async def _breaks(call: web.Call) -> web.Answer:
    livemode = platform_only(call)
    params: BreaksParams = call.params
    cursor = await look.break_(call.db, params.cursor, livemode=livemode) if params.cursor else None
    found = await look.breaks(
        call.db,
        livemode=livemode,
        limit=params.limit + 1,
        statuses=[params.status] if params.status else (),
        break_class=params.break_class.value if params.break_class else None,
        owner=params.owner,
        run_id=params.run,
        cursor=cursor,
        backwards=params.backwards,
    )
    shown = [wire.break_(one) for one in found]
    return web.Answer(web.page(BREAKS_URL, shown, params.limit, backwards=params.backwards))


async def _shown(call: web.Call, one: look.BreakRecord) -> web.Answer:
    notes = await look.notes(call.db, one.id)
    items = await look.items_of_break(call.db, one)
    return web.Answer(wire.break_(one, notes=notes, items=items))


async def _one_break(call: web.Call) -> web.Answer:
    livemode = platform_only(call)
    return await _shown(call, await look.break_(call.db, call.path["break"], livemode=livemode))


async def _assign(call: web.Call) -> web.Answer:
    livemode, by = platform_only(call), call.principal.key_id
    one = await workflow.assign(
        call.db, call.path["break"], owner=call.params.owner, by=by, now=call.now, livemode=livemode
    )
    return await _shown(call, one)


async def _comment(call: web.Call) -> web.Answer:
    livemode, by = platform_only(call), call.principal.key_id
    one = await workflow.comment(
        call.db, call.path["break"], text=call.params.text, by=by, now=call.now, livemode=livemode
    )
    return await _shown(call, one)


async def _resolve(call: web.Call) -> web.Answer:
    livemode, by = platform_only(call), call.principal.key_id
    one = await workflow.resolve(
        call.db, call.path["break"], reason=call.params.reason, by=by, now=call.now, livemode=livemode
    )
    return await _shown(call, one)


async def _sign_off(call: web.Call) -> web.Answer:
    livemode, by = platform_only(call), call.principal.key_id
    one = await workflow.sign_off(
        call.db, call.path["break"], reason=call.params.reason, by=by, now=call.now, livemode=livemode
    )
    return await _shown(call, one)


def endpoints(processors: Mapping[str, ProcessorSettings]) -> tuple[web.Endpoint, ...]:
    """The operations of this room; `processors` as the settings name them."""
    run, one, desk = "reconciliation_run", "reconciliation_break", _Desk(processors)
    return (
        web.Endpoint("POST", RUNS_URL, desk.run, params=RunParams, returns=run, many=True, summary="Reconcile a day"),
        web.Endpoint("GET", RUNS_URL, _runs, params=RunsParams, returns=run, summary="List runs"),
        web.Endpoint("GET", f"{RUNS_URL}/{{run}}", _one_run, returns=run, summary="Retrieve a run"),
        web.Endpoint(
            "GET", f"{MATCHES_URL}/{{match}}", _match, returns="reconciliation_match", summary="Retrieve a match"
        ),
        web.Endpoint("GET", BREAKS_URL, _breaks, params=BreaksParams, returns=one, summary="List breaks"),
        web.Endpoint("GET", f"{BREAKS_URL}/{{break}}", _one_break, returns=one, summary="Retrieve a break"),
        _post("assign", _assign, AssignParams, "Give a break to somebody"),
        _post("comment", _comment, CommentParams, "Say something about a break"),
        _post("resolve", _resolve, ReasonParams, "Settle a break that is explained and corrected"),
        _post("sign_off", _sign_off, ReasonParams, "Take a difference on"),
    )


def _post(verb: str, handler: web.Handler, params: type[web.Params], summary: str) -> web.Endpoint:
    path = f"{BREAKS_URL}/{{break}}/{verb}"
    return web.Endpoint("POST", path, handler, params=params, returns="reconciliation_break", summary=summary)
