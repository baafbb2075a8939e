"""A sandbox in this process, with a clock that moves when told."""

from __future__ import annotations

import datetime
import json
import random
from typing import Any

import msgspec

from tallystick import sandbox
from tallystick.base import IdSource, Instant
from tallystick.sandbox import DayEnd, SandboxSettings
from tests.clocks import ManualClock

DAY = datetime.date(2026, 11, 21)
HEADERS = {"authorization": "Bearer sandbox"}


class World:
    """A sandbox, and short ways to call it."""

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self.clock = ManualClock()
        ids = IdSource(self.clock, random.Random(11))
        self.sandbox = sandbox.Sandbox(
            settings or SandboxSettings(notify_url="http://platform"), ids, self.clock, state=sandbox.State(noting=True)
        )
        self.state = self.sandbox.state
        self._number = 0

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> tuple[int, Any]:
        """Status and decoded body."""
        headers = HEADERS | ({"idempotency-key": key} if key is not None else {})
        reply = self.sandbox.handle(method, path, headers, b"" if body is None else json.dumps(body).encode())
        return reply.status, json.loads(reply.body) if reply.body else None

    def pay(self, token: str = "tok_visa", amount: int = 1000, currency: str = "EUR", **more: Any) -> tuple[int, Any]:
        """A payment under a fresh key."""
        self._number += 1
        body = {
            "amount": amount,
            "currency": currency,
            "card": {"token": token},
            "payment_reference": f"pi_{self._number}",
        } | more
        return self.call("POST", "/payments", body, key=f"at_{self._number}")

    def refund(self, payment: str, amount: int | None = None) -> tuple[int, Any]:
        """A refund under a fresh key."""
        self._number += 1
        return self.call("POST", f"/payments/{payment}/refunds", {"amount": amount}, key=f"at_{self._number}")

    def news(self) -> list[str]:
        """The kinds of news waiting, in the order they are due."""
        far = Instant(self.clock.now() + 10**12)
        posts = self.sandbox.processor.due_notices(far)
        return [json.loads(post.body)["kind"] for post in posts]

    def day_end(self, day: datetime.date = DAY, *, release: bool = False, **plant: Any) -> tuple[str, dict[str, Any]]:
        """The report's text and the control answer."""
        asked = msgspec.convert({"day": day, "release": release, "plant": plant}, DayEnd)
        report = self.sandbox.day_end(asked)
        return report.text, json.loads(report.answer)
