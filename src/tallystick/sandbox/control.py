"""One sandbox: a processor, its bank, and the control calls with which a demo or a test runs their day.

Control calls are not part of what a real processor offers. They are how trouble is planted, days are ended and
disputes decided, and they answer with the truth about what they did.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tallystick.base import Clock, IdSource, Instant
from tallystick.sandbox import wire
from tallystick.sandbox.bank import Bank
from tallystick.sandbox.book import Book
from tallystick.sandbox.model import DayEnd, Problem, Reply, Report, SandboxSettings
from tallystick.sandbox.processor import Processor
from tallystick.sandbox.settle import Settlement
from tallystick.sandbox.state import State

_DAY_END = msgspec.json.Decoder(DayEnd)
_OUTCOME = msgspec.json.Decoder(wire.OutcomeRequest)
_CONDITIONS = msgspec.json.Decoder(wire.ConditionsRequest)
_DISPUTE = msgspec.json.Decoder(wire.DisputeRequest)


class Sandbox:
    """A processor and its bank with one memory."""

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
        self.processor = Processor(settings, ids, clock, entropy, state=self.state)
        self.bank = Bank(settings, self.state, ids)
        self._settlement = Settlement(settings, self.state, ids, self.bank)
        self._clock = clock

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Carry out one call, of the processor or of the controls. Header names are in lower case."""
        if not path.startswith("/control/"):
            return self.processor.handle(method, path, headers, body)
        now = self._clock.now()
        try:
            self.processor.authenticate(headers)
            self.processor.tick(now)
            return Reply(200, self._control(method, wire.parts(path)[1:], body, now))
        except Problem as problem:
            return Reply(problem.status, wire.problem(problem))

    def day_end(self, asked: DayEnd) -> Report:
        """End the processor's day without writing a file. Raises Problem when trouble cannot be planted."""
        now = self._clock.now()
        self.processor.tick(now)
        return self._settlement.day_end(asked, now=now)

    def _control(self, method: str, parts: list[str], body: bytes, now: Instant) -> bytes:
        match method, parts:
            case "POST", ["day-end"]:
                return self._end_day(wire.decode(body, _DAY_END))
            case "POST", ["bank-day-end"]:
                return self._end_bank_day(wire.decode(body, _DAY_END), now)
            case "POST", ["disputes", name]:
                outcome = wire.decode(body, _OUTCOME).outcome
                return wire.ENCODE(wire.dispute(self.processor.disputes.conclude(name, outcome, now=now)))
            case "GET", ["disputes"]:
                return wire.ENCODE({"data": [wire.dispute(one) for one in self.state.disputes.values()]})
            case "POST", ["payments", name, "dispute"]:
                return self._dispute(name, wire.decode(body, _DISPUTE).reason, now)
            case "POST", ["conditions"]:
                return self._set_conditions(wire.decode(body, _CONDITIONS))
            case "GET", ["state"]:
                return wire.ENCODE(self._told())
        raise Problem(404, "path_missing", f"There is no {method} /control/{'/'.join(parts)}")

    def _end_day(self, asked: DayEnd) -> bytes:
        report = self.day_end(asked)
        if asked.directory:
            _write(asked.directory, report.file, report.text)
        return report.answer

    def _end_bank_day(self, asked: DayEnd, now: Instant) -> bytes:
        files = self.bank.day_end(asked.day, now=now)
        if asked.directory:
            for name, text, _ in files:
                _write(asked.directory, name, text)
        return wire.ENCODE({"day": asked.day.isoformat(), "statements": [told for _, _, told in files]})

    def _dispute(self, name: str, reason: str, now: Instant) -> bytes:
        payment = self.state.payments.get(name)
        if payment is None:
            raise Problem(404, "payment_missing", f"No payment is called {name[:80]}.")
        left = payment.captured - payment.refunded - payment.disputed
        dispute = self.processor.disputes.open(payment, left, reason=reason, now=now)
        if dispute is None:
            raise Problem(400, "nothing_to_dispute", "Nothing of this payment is captured and not yet given back.")
        return wire.ENCODE(wire.dispute(dispute))

    def _set_conditions(self, asked: wire.ConditionsRequest) -> bytes:
        conditions = self.processor.conditions
        if asked.available is not None:
            conditions.available = asked.available
        if asked.latency_ms is not None:
            conditions.latency_ms = asked.latency_ms
        if asked.approval_basis_points is not None:
            conditions.approval_basis_points = asked.approval_basis_points
        return wire.ENCODE(conditions)

    def _told(self) -> dict[str, Any]:
        return {
            "name": self.settings.name,
            "payments": len(self.state.payments),
            "operations": len(self.state.operations),
            "unsettled": len(self.state.unsettled),
            "notices": len(self.state.notices),
            "conditions": self.processor.conditions,
            "books": {name: Book(self.state, name).balances() for name in ("processor", "bank")},
        }


def _write(directory: str, name: str, text: str) -> None:
    """Put a whole file in place: a reader sees all of it or nothing."""
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder.joinpath(f".{name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(folder.joinpath(name))
