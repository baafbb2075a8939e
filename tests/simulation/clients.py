"""Merchants' programs: each follows a script, repeats what was not answered under the same key, and remembers.

What a client remembers lies outside the platform and survives its crashes, like a merchant's own database. A script is
played step by step; a step is over when a definite answer has come, and only then does the next one begin.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

CARDS = (
    *["pm_card_visa"] * 6,
    "pm_card_mastercard",
    "pm_card_chargeDeclined",
    "pm_card_chargeDeclinedInsufficientFunds",
    "pm_card_tallystickTimeout",
    "pm_card_tallystickTimeout",
    "pm_card_tallystickTimeoutOnCapture",
    "pm_card_tallystickTimeoutOnRefund",
    "pm_card_tallystickUnavailable",
    "pm_card_tallystickDuplicateNotification",
    "pm_card_createDispute",
)
CURRENCIES = ("eur", "usd", "jpy", "kwd")
NOT_YET = frozenset({"idempotency_key_in_use", "lock_timeout"})
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    raw: bytes

    @property
    def code(self) -> str:
        """The error's code, or nothing."""
        return str(self.body.get("error", {}).get("code", ""))


@dataclass(slots=True)
class Said:
    """One step that is over: what was asked under which key, and the definite answer."""

    path: str
    form: dict[str, str]
    key: str
    answer: Answer


Send = Callable[[str, str, dict[str, str], str | None], Awaitable[Answer]]
"""Method, path, form, idempotency key."""


@dataclass(slots=True)
class Client:
    """One payment's life as its merchant lives it."""

    name: str
    rng: random.Random
    said: list[Said] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)
    asking: tuple[str, dict[str, str], str] | None = None
    payment: str = ""

    def __post_init__(self) -> None:
        manual = self.rng.random() < 0.5
        self.plan = ["create_manual" if manual else "create"]
        if manual:
            self.plan.append(self.rng.choice(("capture", "capture", "capture_part", "cancel", "capture_twice")))
        for _ in range(self.rng.choice((0, 0, 1, 2, 3))):
            self.plan.append(self.rng.choice(("refund", "refund_part", "refund_part", "cancel")))

    async def live(self, send: Send) -> None:
        """Go on from where the last life of the platform left this client."""
        while self.asking is not None or self.plan:
            if self.asking is None:
                self.asking = self._next(self.plan.pop(0))
            if self.asking is None:
                continue
            path, form, key = self.asking
            answer = await self._insist(send, path, form, key)
            self.said.append(Said(path, form, key, answer))
            if path == "/v1/payment_intents" and answer.status in (200, 402):
                found = answer.body if answer.status == 200 else answer.body["error"]["payment_intent"]
                self.payment = found["id"]
            self.asking = None
            await asyncio.sleep(self.rng.random() * 2)

    async def _insist(self, send: Send, path: str, form: dict[str, str], key: str) -> Answer:
        """Repeat until there is a definite answer; a busy object or an outage is none."""
        while True:
            if self.rng.random() < 0.05:
                twin = asyncio.ensure_future(send("POST", path, form, key))
                answer = await send("POST", path, form, key)
                await twin
            else:
                answer = await send("POST", path, form, key)
            assert answer.status != 500, f"a fault: {answer.raw!r}"
            if answer.status != 503 and answer.code not in NOT_YET:
                return answer
            await asyncio.sleep(PAUSE_SECONDS + self.rng.random())

    def _next(self, step: str) -> tuple[str, dict[str, str], str] | None:
        key = f"{self.name}-{len(self.said)}-{step}"
        if step.startswith("create"):
            form = {
                "amount": str(self.rng.randint(50, 900) * 10),
                "currency": self.rng.choice(CURRENCIES),
                "payment_method": self.rng.choice(CARDS),
                "confirm": "true",
                "description": self.name,
                "capture_method": "manual" if step == "create_manual" else "automatic",
            }
            return "/v1/payment_intents", form, key
        if not self.payment:
            return None
        amount = int(self.said[0].form["amount"])
        part = str(max(10, amount // self.rng.choice((2, 3, 4)) // 10 * 10))
        if step in ("capture", "capture_part", "capture_twice"):
            if step == "capture_twice":
                self.plan.insert(0, "capture")
            form = {"amount_to_capture": part} if step == "capture_part" else {}
            return f"/v1/payment_intents/{self.payment}/capture", form, key
        if step == "cancel":
            return f"/v1/payment_intents/{self.payment}/cancel", {}, key
        form = {"payment_intent": self.payment} | ({"amount": part} if step == "refund_part" else {})
        return "/v1/refunds", form, key


async def request(shell: Any, method: str, path: str, form: dict[str, str] | bytes, headers: dict[str, str]) -> Answer:
    """One request to an ASGI application, without a socket."""
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    sent, parts = False, []
    path, _, query = path.partition("?")
    status = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    given = {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))} | headers
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
    }
    await shell(scope, receive, send)
    raw = b"".join(parts)
    return Answer(status, msgspec.json.decode(raw) if raw else {}, raw)
