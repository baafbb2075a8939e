"""Once: the first thing a request with an Idempotency-Key meets, and the whole of the rule.

Stripe's semantics (docs.stripe.com/api/idempotent_requests): the first run's status and body are stored, refusals and
faults included, and given back byte by byte; other parameters under the same key are refused; a key whose request is
running is refused; what was not begun (malformed requests, lost races) is not stored. Beyond it: a request whose
server died is resumed under the same operation, so that it has one effect however often it is sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tallystick.base import Instant, Refused
from tallystick.db import LostRace
from tallystick.idempotency import store
from tallystick.idempotency.desk import Desk, in_use, reused
from tallystick.idempotency.model import KEY_LENGTH, Answered, IdempotencyRefusal, Ticket
from tallystick.idempotency.operation import Operation

Run = Callable[[Operation], Awaitable[Answered]]
"""Does the work and renders its answer; answers lost races with `keep=False`."""


async def once(desk: Desk, ticket: Ticket, run: Run, *, now: Instant) -> Answered:
    """Run the request, or give back the answer it already has.

    Raises Refused: KEY_TOO_LONG, KEY_REUSED (other parameters), KEY_IN_USE (still running, here or elsewhere).
    """
    if ticket.key is None:
        return await run(Operation(ticket.operation_id))
    if len(ticket.key) > KEY_LENGTH:
        raise Refused(
            IdempotencyRefusal.KEY_TOO_LONG,
            f"The Idempotency-Key header has {len(ticket.key)} characters. Use at most {KEY_LENGTH}; a UUID is enough.",
        )
    scope = ticket.scope
    desk.enter(scope, ticket)
    try:
        found = await desk.find(scope)
        if found is None:
            return await _first(desk, ticket, scope, run, now=now)
        return await _again(desk, ticket, found, run, now=now)
    finally:
        desk.leave(scope)


async def _first(desk: Desk, ticket: Ticket, scope: str, run: Run, *, now: Instant) -> Answered:
    """Nobody had the key when we looked. Another server may take it before our first unit is durable."""
    operation = Operation(ticket.operation_id, _claim(desk, ticket, scope, now))
    answered = await _run_and_keep(desk, scope, operation, run)
    if answered is not None and answered.keep:
        return answered
    found = await desk.find(scope)
    if found is not None and found.operation_id != operation.id:
        return await _again(desk, ticket, found, run, now=now)
    if found is not None:
        await desk.release(operation)
    if answered is None:
        raise in_use(ticket)
    return answered


async def _again(desk: Desk, ticket: Ticket, found: store.Claim, run: Run, *, now: Instant) -> Answered:
    """The key is taken: give its answer, or resume it when nobody is working on it any more."""
    if found.fingerprint != ticket.fingerprint:
        raise reused(ticket)
    if found.status is not None:
        return Answered(found.status, (found.body or "").encode(), original_request=found.request_id)
    if await desk.holds(found, now=now):
        raise in_use(ticket)
    claim = {"scope": found.scope, "version": found.version, "instance": desk.name, "boot": desk.boot}
    try:
        async with desk.database.unit() as unit:
            unit.update(store.TAKE, claim)
    except LostRace:
        raise in_use(ticket) from None
    operation = Operation(found.operation_id, claim, resumed_version=found.version + 1)
    answered = await _run_and_keep(desk, found.scope, operation, run)
    if answered is None:
        raise in_use(ticket)
    if not answered.keep:
        await desk.release(operation)
    return answered


async def _run_and_keep(desk: Desk, scope: str, operation: Operation, run: Run) -> Answered | None:
    """Run, and store an answer that is for good; None when another server got there first."""
    try:
        answered = await run(operation)
        if not answered.keep or operation.sealed == (answered.status, answered.body):
            return answered
        async with desk.database.unit() as unit:
            operation.record(unit, answered.status, answered.body)
    except LostRace:
        return None
    except BaseException:
        if operation.began:
            desk.abandon(scope, operation)
        raise
    return answered


def _claim(desk: Desk, ticket: Ticket, scope: str, now: Instant) -> dict[str, object]:
    return {
        "scope": scope,
        "merchant_id": ticket.merchant_id,
        "livemode": ticket.livemode,
        "key": ticket.key,
        "operation_id": ticket.operation_id,
        "fingerprint": ticket.fingerprint,
        "request_id": ticket.request_id,
        "instance": desk.name,
        "boot": desk.boot,
        "status": None,
        "body": None,
        "created": now,
        "version": 0,
    }
