"""Between the HTTP shell and the verbs: who asks, how answers are stored, and how lists are cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tallystick import db, web
from tallystick.base import Instant, from_seconds
from tallystick.payments import wire
from tallystick.payments.begin import Owner
from tallystick.payments.change import Settled
from tallystick.payments.model import Payment, PaymentStatus
from tallystick.payments.store import lists
from tallystick.payments.till import Till

Shown = tuple[wire.Json, int]
"""A body and its HTTP status."""


def owner(call: web.Call) -> Owner:
    """On whose behalf the request is made."""
    return Owner(call.principal.merchant_id, call.principal.livemode)


def answer(call: web.Call, body: wire.Json, status: int = 200) -> web.Answer:
    """An answer; where something is to be expanded in it, without stored JSON that only an encoder can read."""
    return web.Answer(msgspec.json.decode(web.encode(body)) if call.expand else body, status)


class Sealing:
    """Stores the answer with the verb's last unit, and keeps it to be given."""

    def __init__(self, call: web.Call, show: Callable[[Any], Shown]) -> None:
        self._call = call
        self._show = show
        self._answer: web.Answer | None = None

    def __call__(self, unit: db.Unit, thing: Any) -> None:
        body, status = self._show(thing)
        if self._call.expand:
            self._answer = answer(self._call, body, status)
        else:
            self._answer = self._call.seal(unit, body, status=status)

    @property
    def answer(self) -> web.Answer:
        """What was stored last."""
        assert self._answer is not None, "a verb that returns has told its answer"
        return self._answer


def payment(settled: Settled) -> Shown:
    """A payment."""
    return wire.payment_intent(settled.payment), 200


def confirmed(settled: Settled) -> Shown:
    """A payment that was to be confirmed: 402 when it was declined."""
    if declined(settled.payment):
        return wire.declined(settled.payment), 402
    return wire.payment_intent(settled.payment), 200


def declined(found: Payment) -> bool:
    """Whether the last attempt failed and nothing has happened since."""
    return found.status == PaymentStatus.REQUIRES_PAYMENT_METHOD and found.last_error != ""


class PageParams(web.ListParams):
    """Paging, and when things were made: a second, or bounds."""

    created: web.Seconds | web.TimeFilter | None = None


def window(params: web.ListParams, *, cursor: str | None = None) -> lists.Window:
    """The part of a list that is asked for; `cursor` replaces the id it starts from."""
    start, end = times(getattr(params, "created", None))
    place = cursor if cursor is not None else params.cursor
    return lists.Window(
        limit=params.limit,
        older_than=None if params.backwards else place,
        newer_than=place if params.backwards else None,
        created_from=start,
        created_before=end,
    )


def times(created: int | web.TimeFilter | None) -> tuple[Instant | None, Instant | None]:
    """From when, and before when, in whole seconds."""
    if created is None:
        return None, None
    if isinstance(created, int):
        return from_seconds(created), from_seconds(created + 1)
    starts = [second for second in (created.gte, None if created.gt is None else created.gt + 1) if second is not None]
    ends = [second for second in (created.lt, None if created.lte is None else created.lte + 1) if second is not None]
    return (
        from_seconds(max(starts)) if starts else None,
        from_seconds(min(ends)) if ends else None,
    )


def listed(call: web.Call, url: str, rows: list[wire.Json]) -> web.Answer:
    """A page of up to `limit` + 1 rows, nearest to the cursor first."""
    params: web.ListParams = call.params
    return answer(call, web.page(url, rows, params.limit, backwards=params.backwards))


class Room:
    """Base of the tables of handlers: what all of them work with."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.database = till.database
