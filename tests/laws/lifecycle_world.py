"""The real platform for `test_lifecycle`: the ASGI application, two stand-in processors, and a wire that misbehaves as
it is told, call by call."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from pydantic import SecretStr

from tallystick import app, db, ledger, merchants, payments, sandbox
from tallystick.base import IdSource, ProcessorSettings, Settings
from tallystick.connectors import NoAnswer, NotSent, Response
from tests.clocks import ManualClock
from tests.laws.lifecycle_model import FEE_BASIS_POINTS, FEE_FIXED
from tests.laws.lifecycle_things import AS_ORDER, CALM, FINE, LOST, MUTE, PROCESSORS, REFUSED
from tests.simulation.clients import Answer, request

KINDS = {"capture": "capture", "void": "void", "refunds": "refund", "payments": "authorize"}
REFUND_DELAY_SECONDS, HOURS = 3_000, 7_200
"""How long a pending refund is pending, and how far time moves: past every pause and window of the platform."""


class Line:
    """What happens to the next calls: a fate each, and when there are none left, as the condition says."""

    def __init__(self) -> None:
        self.fates: list[str] = []
        self.condition = CALM
        self.orders: list[tuple[str, str, str]] = []
        self.lost: dict[str, tuple[str, str, dict[str, str], bytes]] = {}

    def fate(self, method: str) -> str:
        if self.fates:
            return self.fates.pop(0)
        return FINE if method == "GET" and self.condition == MUTE else AS_ORDER[self.condition]


class Wire:
    """The platform's way to one processor."""

    def __init__(self, line: Line, processor: sandbox.Processor) -> None:
        self._line, self._processor = line, processor

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer:
        fate, path, name = self._line.fate(method), urlsplit(url).path, self._processor.settings.name
        lower = {key.lower(): value for key, value in headers.items()}
        if method == "POST":
            key = lower["idempotency-key"]
            self._line.orders.append((name, KINDS[path.rpartition("/")[2]], key))
            if fate == LOST:
                self._line.lost[key] = (name, path, lower, body)
        if fate == REFUSED:
            return NotSent("connection refused")
        if fate == LOST:
            return NoAnswer("no answer in time")
        status, answer = self._processor.handle(method, path, lower, body)
        return Response(status, answer) if fate == FINE else NoAnswer("no answer in time")


class World:
    """Everything real, and short words to ask it."""

    def __init__(self) -> None:
        self.clock, self.line = ManualClock(), Line()
        self.processors = {name: self._processor(name) for name in PROCESSORS}
        self.seen = ""

    def _processor(self, name: str) -> sandbox.Processor:
        settings = sandbox.SandboxSettings(
            name=name,
            notification_secret=name,
            notify="all",
            notify_url="inside",
            refund_delay_seconds=REFUND_DELAY_SECONDS,
        )
        return sandbox.Processor(settings, IdSource(self.clock, random.Random(name)), self.clock)

    async def open(self, url: str) -> None:
        """Start on an empty, migrated database, and enrol one merchant."""
        settings = Settings(
            database_url=url,
            worker_embedded=False,
            processors={name: ProcessorSettings(notification_secret=SecretStr(name)) for name in PROCESSORS},
        )
        ids = IdSource(self.clock, random.Random("platform"))
        database = await db.open(url, ids=ids, clock=self.clock)
        self.platform = await app.assemble(
            settings,
            clock=self.clock,
            database=database,
            make_caller=lambda name, _: Wire(self.line, self.processors[name]),
        )
        self.shell = app.shell(self.platform)
        merchant = await merchants.create_merchant(
            database, name="M", email="m@example.com", country="DE", default_currency="EUR", now=self.clock.now()
        )
        fixed = {currency.upper(): amount for currency, amount in FEE_FIXED.items()}
        await merchants.set_fee_plan(
            database, merchant_id=merchant.id, basis_points=FEE_BASIS_POINTS, fixed_minor=fixed
        )
        issued = await merchants.issue_key(
            database,
            merchants.pepper_of(settings.secret_key.get_secret_value()),
            merchant_id=merchant.id,
            kind=merchants.KeyKind.SECRET,
            livemode=False,
            now=self.clock.now(),
        )
        self.headers = {"authorization": f"Bearer {issued.secret}"}

    async def close(self) -> None:
        await self.platform.close()

    async def post(self, path: str, form: dict[str, str], key: str) -> Answer:
        """A merchant's request."""
        self.clock.advance(0.001)
        return await request(self.shell, "POST", path, form, self.headers | {"idempotency-key": key})

    async def notify(self, name: str, body: bytes) -> Answer:
        """A processor's post."""
        self.clock.advance(0.001)
        headers = {"tally-signature": sandbox.sign(body, secret=name, now=self.clock.now())}
        return await request(self.shell, "POST", f"/v1/notifications/{name}", body, headers)

    async def hours_pass(self) -> None:
        """What processors do by themselves comes first, then the platform asks for everything that is open."""
        now = self.clock.advance(HOURS)
        for processor in self.processors.values():
            processor.tick(now)
        asked = await payments.resolve(self.platform.till, now=now)
        assert not asked.failed, asked

    def arrive_late(self, key: str) -> None:
        """An order that was lost turns up at its processor."""
        name, path, headers, body = self.line.lost.pop(key)
        self.processors[name].handle("POST", path, headers, body)

    def notices(self) -> list[tuple[str, bytes]]:
        """All that processors have had to tell, with their names."""
        return [(name, one.body) for name, p in self.processors.items() for one in p.state.notices.values()]

    async def listed(self, what: str) -> list[dict[str, Any]]:
        """All objects of a kind, oldest first."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            answer = await request(self.shell, "GET", f"/v1/{what}?limit=100{after}", {}, self.headers)
            assert answer.status == 200, answer.raw
            found += answer.body["data"]
            if not answer.body["has_more"]:
                return sorted(found, key=lambda one: str(one["id"]))
            after = f"&starting_after={found[-1]['id']}"

    async def news(self) -> list[dict[str, Any]]:
        """Events since the last time, oldest first."""
        cursor = f"&ending_before={self.seen}" if self.seen else ""
        answer = await request(self.shell, "GET", f"/v1/events?limit=100{cursor}", {}, self.headers)
        assert answer.status == 200, answer.raw
        assert not answer.body["has_more"], "more than a page of news in one step"
        found = sorted(answer.body["data"], key=lambda one: str(one["id"]))
        self.seen = found[-1]["id"] if found else self.seen
        return found

    async def funds(self) -> dict[str, int]:
        """What the merchant is owed by currency, available or not."""
        answer = await request(self.shell, "GET", "/v1/balance", {}, self.headers)
        sums: dict[str, int] = {}
        for one in (*answer.body["available"], *answer.body["pending"]):
            sums[one["currency"]] = sums.get(one["currency"], 0) + one["amount"]
        return sums

    async def books(self) -> dict[tuple[str, str, str], dict[str, int]]:
        """The four sums of every account by name, processor and currency."""
        rows = await ledger.trial_balance(self.platform.database, livemode=False)
        return {
            (row.account.name, row.account.processor, row.account.currency.lower()): {
                "debits_pending": row.balance.debits_pending,
                "debits_posted": row.balance.debits_posted,
                "credits_pending": row.balance.credits_pending,
                "credits_posted": row.balance.credits_posted,
            }
            for row in rows
        }

    def moved(self) -> dict[tuple[str, str], int]:
        """What each processor has taken less what it gave back, by its own book."""
        sums: dict[tuple[str, str], int] = {}
        for name, processor in self.processors.items():
            for movement in processor.state.movements.values():
                place = name, movement.currency.lower()
                sums[place] = sums.get(place, 0) + movement.gross
        return sums


def decoded(body: bytes) -> dict[str, Any]:
    """JSON as a dict."""
    found: dict[str, Any] = msgspec.json.decode(body)
    return found
