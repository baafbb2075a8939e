"""A merchant's shop for tests: the real rooms on a real database, and two sandbox processors inside this process.

`Shop.way` stands between the platform and each processor and can be told to lose what passes.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from pydantic import SecretStr

from tallystick import cards, connectors, db, ledger, payments, routing, sandbox
from tallystick.base import IdSource, ProcessorSettings
from tallystick.connectors import NoAnswer, NotSent, Response
from tallystick.idempotency import Operation
from tests.clocks import ManualClock

KEY, SECRET = "sandbox-key", "sandbox-secret"
MERCHANT = "acct_shop"
OWNER = payments.Owner(MERCHANT, False)


class Way:
    """The wire to one processor. `lose` says what happens to the next calls, a word per call: `answer` (done, but the
    answer is lost), `request` (lost on the way), `refuse` (not connected)."""

    def __init__(self, world: sandbox.Sandbox) -> None:
        self._inside = connectors.Inside(world.handle)
        self.lose: list[str] = []
        self.calls: list[tuple[str, str]] = []
        self.before: Any = None

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer:
        self.calls.append((method, urlsplit(url).path))
        if self.before is not None:
            await self.before(method, url)
        trouble = self.lose.pop(0) if self.lose else ""
        if trouble == "refuse":
            return NotSent("connection refused")
        if trouble == "request":
            return NoAnswer("no answer in time")
        answer = await self._inside.call(method, url, headers=headers, body=body)
        return NoAnswer("no answer in time") if trouble == "answer" else answer

    @property
    def posts(self) -> list[str]:
        """Paths of what was asked to be done."""
        return [path for method, path in self.calls if method == "POST"]


class Shop:
    """Everything a verb needs, and short words for what tests do all the time."""

    def __init__(self, database: db.Database, clock: ManualClock, *, fees: Any = None) -> None:
        self.database, self.clock = database, clock
        self.worlds: dict[str, sandbox.Sandbox] = {}
        self.ways: dict[str, Way] = {}
        built: dict[str, connectors.Connector] = {}
        for number, name in enumerate(("sandbox_a", "sandbox_b")):
            settings = sandbox.SandboxSettings(
                name=name, api_key=KEY, notification_secret=SECRET, notify="all", notify_url="http://here/news"
            )
            world = sandbox.Sandbox(settings, IdSource(clock, random.Random(number)), clock)
            options = ProcessorSettings(
                plug="sandbox", url=f"http://{name}", api_key=SecretStr(KEY), notification_secret=SecretStr(SECRET)
            )
            self.worlds[name], self.ways[name] = world, Way(world)
            built[name] = connectors.build(name, options, self.ways[name])
        self.till = payments.Till(database, built, routing.routes(list(built)), fees=fees)

    @property
    def way(self) -> Way:
        """The way to the first processor."""
        return self.ways["sandbox_a"]

    def operation(self) -> Operation:
        """A new request."""
        return Operation(self.database.ids.new("op"))

    def again(self, operation: Operation) -> Operation:
        """The same request after its server died."""
        resumed = Operation(operation.id)
        resumed.resumed = resumed.began = True
        return resumed

    async def pay(
        self,
        amount: int = 10_000,
        *,
        card: str = "pm_card_visa",
        currency: str = "EUR",
        manual: bool = False,
        operation: Operation | None = None,
        **more: Any,
    ) -> payments.Payment:
        """Create and confirm."""
        operation = operation or self.operation()
        offered = await payments.offered(
            self.till, OWNER, card, identifier=operation.resource_id("pm"), customer=more.get("customer", "")
        )
        wanted = payments.NewPayment(
            amount=amount, currency=currency, capture_method="manual" if manual else "automatic", **more
        )
        return await payments.create(
            self.till, OWNER, wanted, offered=offered, confirm=True, operation=operation, now=self.clock.now()
        )

    async def capture(self, payment: payments.Payment, amount: int | None = None, **more: Any) -> payments.Payment:
        operation = more.pop("operation", None) or self.operation()
        return await payments.capture(
            self.till, OWNER, payment.id, amount=amount, operation=operation, now=self.clock.now()
        )

    async def cancel(self, payment: payments.Payment, **more: Any) -> payments.Payment:
        operation = more.pop("operation", None) or self.operation()
        return await payments.cancel(self.till, OWNER, payment.id, operation=operation, now=self.clock.now(), **more)

    async def refund(self, payment: payments.Payment, amount: int | None = None, **more: Any) -> payments.Refund:
        operation = more.pop("operation", None) or self.operation()
        return await payments.refund(
            self.till, OWNER, payment_id=payment.id, amount=amount, operation=operation, now=self.clock.now(), **more
        )

    async def resolve(self, seconds: float = 0) -> payments.Resolved:
        """Let time pass, then ask for everything that is due."""
        self.clock.advance(seconds)
        return await payments.resolve(self.till, now=self.clock.now())

    async def reload(self, payment: payments.Payment) -> payments.Payment:
        found = await payments.payment(self.database, payment.id)
        assert found is not None
        return found

    async def reload_id(self, payment_id: str) -> payments.Payment:
        found = await payments.payment(self.database, payment_id)
        assert found is not None
        return found

    async def send_late(self, attempt: payments.Attempt) -> None:
        """What the platform sent before reaches the processor only now."""
        connector = self.till.processors[attempt.processor]
        card = msgspec.json.decode(attempt.card, type=dict[str, Any])
        card.pop("billing", None)
        order = connectors.AuthorizeOrder(
            attempt.id, attempt.amount, attempt.currency, cards.Card(**card), attempt.capture, attempt.payment
        )
        assert isinstance(await connector.authorize(order), connectors.Approved)

    async def events(self) -> list[str]:
        """Types of all news, oldest first."""
        from tallystick import outbox

        rows = await outbox.events(self.database, merchant_id=MERCHANT, livemode=False, limit=100)
        return [row.type for row in reversed(rows)]

    async def balance(self, name: str, currency: str = "EUR") -> ledger.Balance:
        """The four sums of the shop's accounts of this name."""
        rows = await ledger.balances(self.database, merchant=MERCHANT, name=name, currency=currency)
        return ledger.Balance(
            sum(row.balance.debits_pending for row in rows),
            sum(row.balance.debits_posted for row in rows),
            sum(row.balance.credits_pending for row in rows),
            sum(row.balance.credits_posted for row in rows),
        )

    async def owed(self, currency: str = "EUR") -> int:
        """What the shop is owed."""
        return (await self.balance("merchant_payable", currency)).net_credit

    def moved(self, name: str = "sandbox_a") -> int:
        """What the processor has taken for the shop, less what it gave back."""
        return sum(movement.gross for movement in self.worlds[name].processor.state.movements.values())

    def news(self, name: str = "sandbox_a") -> list[bytes]:
        """What the processor wants to tell, oldest first; what it does by itself has been done."""
        self.worlds[name].processor.tick(self.clock.now())
        return [notice.body for notice in self.worlds[name].processor.state.notices.values()]

    async def deliver(self, body: bytes, name: str = "sandbox_a") -> int:
        """The processor posts one notification; answers how many were new."""
        headers = {"tally-signature": sandbox.sign(body, secret=SECRET, now=self.clock.now())}
        return len(await payments.receive(self.till, name, headers, body, now=self.clock.now()))

    async def attempts(self, payment: payments.Payment) -> list[tuple[str, str]]:
        """Kind and state of every attempt, oldest first."""
        rows = await payments.attempts_of(self.database, payment.id)
        return [(row.kind, row.state) for row in rows]

    async def check_books(self) -> None:
        """What holds after everything: books sum to zero, and agree with balance transactions and processors."""
        rows = await ledger.trial_balance(self.database, livemode=False)
        by_currency: dict[str, int] = {}
        for row in rows:
            net = row.balance.debits_posted - row.balance.credits_posted
            by_currency[row.account.currency] = by_currency.get(row.account.currency, 0) + net
        assert set(by_currency.values()) <= {0}
        told = await payments.movements(self.database, livemode=False)
        for name in self.worlds:
            assert sum(row.amount for row in told if row.processor == name) == self.moved(name), name


def decoded(body: bytes) -> dict[str, Any]:
    """JSON as a dict."""
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


__all__ = ["MERCHANT", "OWNER", "Shop", "Way", "decoded"]
