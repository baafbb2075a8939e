"""The stand-in processor as a pure state machine: a call goes in, a reply comes out, nothing else is touched.

`handle` never waits and never raises. Time, ids and chance come from outside, so a simulation can run it inside its
own process and replay a seed exactly. Its promise about repeated calls is the one every processor makes: the same key
with the same request has one effect and one answer; with another request it is refused.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from tallystick.base import Clock, IdSource, Instant
from tallystick.cards import Behaviour
from tallystick.sandbox import wire
from tallystick.sandbox.disputes import Disputes
from tallystick.sandbox.model import NO_ANSWER, Later, Operation, Payment, Problem, Reply, SandboxSettings
from tallystick.sandbox.notices import Notices, Outgoing
from tallystick.sandbox.payments import Conditions, Payments
from tallystick.sandbox.state import State

T = TypeVar("T")
KEY_LENGTH = 255

_PAY = msgspec.json.Decoder(wire.PayRequest)
_CAPTURE = msgspec.json.Decoder(wire.CaptureRequest)
_VOID = msgspec.json.Decoder(wire.VoidRequest)
_REFUND = msgspec.json.Decoder(wire.RefundRequest)

_SILENT = {
    "authorize": Behaviour.TIMEOUT,
    "capture": Behaviour.TIMEOUT_CAPTURE,
    "refund": Behaviour.TIMEOUT_REFUND,
}
"""With these cards the work is done and the answer withheld, the first time."""


class Processor:
    """One processor. `entropy` is for what no seed of the settings decides."""

    def __init__(
        self,
        settings: SandboxSettings,
        ids: IdSource,
        clock: Clock,
        entropy: random.Random | None = None,
        *,
        state: State | None = None,
    ) -> None:
        self.settings = settings
        self.state = state or State()
        self.conditions = Conditions(True, settings.latency_ms, settings.approval_basis_points)
        self.entropy = entropy or random.Random(settings.seed)
        self.ids = ids
        self._clock = clock
        self._notices = Notices(settings, self.state, ids)
        self._payments = Payments(settings, self.state, ids, self._notices, self.conditions)
        self.disputes = Disputes(settings, self.state, ids, self._notices)
        self._in_flight: set[str] = set()
        self._authorization = f"Bearer {settings.api_key}"

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Carry out one call. Header names are in lower case."""
        now = self._clock.now()
        try:
            self.authenticate(headers)
            if not self.conditions.available:
                raise Problem(503, "unavailable", "The processor is not available; nothing was done.")
            self.tick(now)
            return self._route(method, wire.parts(path), headers.get("idempotency-key", ""), body, now)
        except Problem as problem:
            return Reply(problem.status, wire.problem(problem))

    def authenticate(self, headers: Mapping[str, str]) -> None:
        """Raises Problem(401) unless the call carries this sandbox's key."""
        if headers.get("authorization") != self._authorization:
            raise Problem(401, "unauthenticated", "Send the sandbox's key as Authorization: Bearer …")

    def enter(self, key: str) -> bool:
        """Mark a key as being worked at, for callers that make time pass before `handle`; False when it is already."""
        if key in self._in_flight:
            return False
        self._in_flight.add(key)
        return True

    def leave(self, key: str) -> None:
        """The work on a key is over."""
        self._in_flight.discard(key)

    def tick(self, now: Instant) -> None:
        """Do what is due by itself: disputes arise, pending refunds end."""
        if not self.state.later:
            return
        for later in [one for one in self.state.later.values() if one.due <= now]:
            self.state.forget(later)
            self._happen(later, now)

    def due_notices(self, now: Instant) -> list[Outgoing]:
        """The posts to make now; report each with `notice_settled`."""
        return self._notices.due(now) if self.state.notices else []

    def notice_settled(self, notice: str, *, taken: bool, now: Instant) -> None:
        """Whether a post was taken (any 2xx)."""
        self._notices.settle(notice, taken=taken, now=now)

    def _route(self, method: str, parts: list[str], key: str, body: bytes, now: Instant) -> Reply:
        match method, parts:
            case "POST", ["payments"]:
                return self._once(
                    "authorize", "", key, body, _PAY, lambda a, op: self._payments.pay(a, op, now=now), now
                )
            case "POST", ["payments", name, "capture"]:
                held = self._payment(name)
                return self._once(
                    "capture",
                    name,
                    key,
                    body,
                    _CAPTURE,
                    lambda a, op: self._payments.capture(held, a, op, now=now),
                    now,
                )
            case "POST", ["payments", name, "void"]:
                held = self._payment(name)
                return self._once(
                    "void", name, key, body, _VOID, lambda a, op: self._payments.void(held, op, now=now), now
                )
            case "POST", ["payments", name, "refunds"]:
                held = self._payment(name)
                return self._once(
                    "refund", name, key, body, _REFUND, lambda a, op: self._payments.refund(held, a, op, now=now), now
                )
            case "GET", ["operations", name]:
                return self._look_up(name)
            case "GET", ["payments", name]:
                return Reply(200, wire.ENCODE(wire.payment(self._payment(name))))
        raise Problem(404, "path_missing", f"There is no {method} /{'/'.join(parts)}")

    def _once(
        self,
        kind: str,
        target: str,
        key: str,
        body: bytes,
        decoder: msgspec.json.Decoder[T],
        work: Callable[[T, Operation], Behaviour],
        now: Instant,
    ) -> Reply:
        """Do `work` under `key`, or answer as before."""
        if not 0 < len(key) <= KEY_LENGTH:
            raise Problem(400, "key_missing", f"Send an Idempotency-Key of 1 to {KEY_LENGTH} characters.")
        asked = wire.decode(body, decoder)
        digest = hashlib.blake2b(f"{kind} {target} ".encode() + wire.ENCODE(asked), digest_size=16).digest()
        done = self.state.operations.get(key)
        if done is None:
            op = Operation(key, kind, digest, "", 0, "", now)
            behaviour = work(asked, op)
            op.reply = wire.operation(op)
            self.state.keep(op)
            silent = behaviour is _SILENT.get(kind) and op.status == "approved"
            return Reply(NO_ANSWER, b"") if silent else Reply(_status(op), op.reply)
        if done.asked != digest:
            raise Problem(400, "key_reused", "This key was used before with another request; nothing was done now.")
        return Reply(_status(done), done.reply)

    def _look_up(self, key: str) -> Reply:
        if key in self._in_flight:
            raise Problem(409, "in_flight", "This key is being worked at; ask again.")
        op = self.state.operations.get(key)
        if op is None:
            raise Problem(404, "operation_missing", "This key was never seen here.")
        return Reply(200, wire.operation(op))

    def _payment(self, name: str) -> Payment:
        held = self.state.payments.get(name)
        if held is None:
            raise Problem(404, "payment_missing", f"No payment is called {name[:80]}.")
        return held

    def _happen(self, later: Later, now: Instant) -> None:
        if later.what == "dispute":
            payment = self.state.payments[later.target]
            self.disputes.arise(payment, self._payments.behaviour(payment.token), now=now)
        else:
            operation = self.state.operations[later.target]
            self._payments.finish_refund(operation, succeeds=later.what == "refund_succeeds", now=now)


def _status(op: Operation) -> int:
    """The status of the first answer, also after a pending refund came to something else."""
    return 402 if b'"status":"declined"' in op.reply else 200
