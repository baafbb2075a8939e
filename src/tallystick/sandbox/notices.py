"""News for the platform: signed, posted again until taken, sometimes twice or in the wrong order on purpose.

Signature: `Tally-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. Delivery is at least once and in no
promised order, as with every processor.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from tallystick.base import IdSource, Instant, after, epoch_seconds
from tallystick.cards import Behaviour
from tallystick.sandbox.model import Notice, Payment, SandboxSettings
from tallystick.sandbox.state import State
from tallystick.sandbox.wire import ENCODE

GIVE_UP_DAYS = 3
_HELD_SECONDS = 3600
_EXPECTED = frozenset({"payment.authorized", "payment.captured", "payment.voided", "payment.declined"})
"""News the platform has from the answer to its own call; `notify = "news"` leaves them out."""


class Outgoing(NamedTuple):
    """One post to make."""

    notice: str
    url: str
    headers: dict[str, str]
    body: bytes


class Notices:
    """The queue of news."""

    def __init__(self, settings: SandboxSettings, state: State, ids: IdSource) -> None:
        self._settings = settings
        self._state = state
        self._ids = ids

    def add(
        self,
        kind: str,
        payment: Payment,
        *,
        key: str,
        amount: int,
        behaviour: Behaviour,
        now: Instant,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue one event, as often and in the order the card asks for."""
        if not self._wanted(kind, behaviour):
            return
        event = {
            "id": self._ids.new("evt"),
            "kind": kind,
            "key": key,
            "payment": payment.id,
            "payment_reference": payment.reference,
            "amount": amount,
            "currency": payment.currency,
            "occurred": now,
            "details": details or {},
        }
        body = ENCODE(event)
        held = behaviour is Behaviour.REORDERED and kind == "payment.authorized"
        due = after(now, seconds=_HELD_SECONDS) if held else now
        for _ in range(2 if behaviour is Behaviour.DUPLICATE_NOTIFICATION else 1):
            self._state.keep(Notice(self._ids.new("ntc"), payment.id, kind, body, created=now, due=due))
        if behaviour is Behaviour.REORDERED and kind != "payment.authorized":
            self._release(payment.id, now)

    def due(self, now: Instant) -> list[Outgoing]:
        """What is to be posted now, earliest first; nothing is removed until `settle`."""
        ready = sorted((n for n in self._state.notices.values() if n.due <= now), key=lambda n: (n.due, n.id))
        return [Outgoing(n.id, self._settings.notify_url, self._headers(n, now), n.body) for n in ready]

    def settle(self, notice: str, *, taken: bool, now: Instant) -> None:
        """Drop a notice that was taken (or has been offered for three days); put off one that was not."""
        held = self._state.notices.get(notice)
        if held is None:
            return
        if taken or now > after(Instant(held.created), days=GIVE_UP_DAYS):
            self._state.forget(held)
            return
        held.tries += 1
        held.due = after(now, seconds=min(3600, 2**held.tries))
        self._state.keep(held)

    def _wanted(self, kind: str, behaviour: Behaviour) -> bool:
        if not self._settings.notify_url or self._settings.notify == "none":
            return False
        told_twice = behaviour in (Behaviour.DUPLICATE_NOTIFICATION, Behaviour.REORDERED)
        return self._settings.notify == "all" or told_twice or kind not in _EXPECTED

    def _release(self, payment: str, now: Instant) -> None:
        """Let the held authorisation news go, behind what was just queued."""
        for notice in self._state.notices.values():
            if notice.payment == payment and notice.due > now and not notice.tries:
                notice.due = after(now, seconds=1)
                self._state.keep(notice)

    def _headers(self, notice: Notice, now: Instant) -> dict[str, str]:
        signature = sign(notice.body, secret=self._settings.notification_secret, now=now)
        return {"Content-Type": "application/json", "Tally-Signature": signature}


def sign(body: bytes, *, secret: str, now: Instant) -> str:
    """The value of `Tally-Signature` for `body`."""
    moment = str(epoch_seconds(now))
    digest = hmac.digest(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hex()
    return f"t={moment},v1={digest}"
