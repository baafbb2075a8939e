"""Believable data behind every door of the dashboard, made from one seed; for tests and for looking at pages."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from datetime import date, timedelta

from tallystick.base import (
    MICROSECONDS_PER_DAY,
    MICROSECONDS_PER_SECOND,
    Instant,
    RefusalCode,
    Refused,
    after,
    start_of,
)
from tallystick.base import Kind as Of
from tallystick.dashboard import Doors, view
from tallystick.dashboard.view import Scope
from tallystick.money import Money
from tests.rooms.dashboard.cast import ADA, MERCHANTS, NOW, PASSWORDS, TODAY, sha
from tests.rooms.dashboard.closing import day_checks, keys, proof, trial_balance
from tests.rooms.dashboard.tales import approvals, clearing, fits, story, volume
from tests.rooms.dashboard.trouble import break_page, breaks, run_page, runs

WARES = {
    "mer_01northwind": ("Filter coffee, 2 × 500 g", "Subscription, November", "Grinder C40", "Office beans, 5 kg"),
    "mer_02harbour": (
        "City bike, deposit",
        "Service and new chain",
        "Helmet",
        "Child seat and fitting, Saturday pick-up",
    ),
    "mer_03atelier": ("Desk lamp Halo", "Pendant lamp, brass", "Spare shade", ""),
}
CUSTOMERS = (
    "Marta Kowalczyk",
    "Jonas Lindqvist",
    "Yuki Tanabe",
    "Priya Raman",
    "Oluwaseun Adebayo-Fitzgerald",
    "Clément Roux",
    "Hana Novák",
    "",
)
METHODS = ("visa 4242", "mastercard 4444", "amex 0005", "visa 1881", "jcb 0505", "discover 1117")
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Wrong(RefusalCode):
    """What these doors refuse."""

    BLOCKED = "day_has_blockers", Of.STATE
    MISSING = "missing", Of.MISSING


class Believable:
    """All doors on one set of data; state changes stay in memory."""

    def __init__(self, seed: int = 7, *, empty: bool = False) -> None:
        self._draw = random.Random(seed)
        self.empty = empty
        self.sessions: dict[str, view.Visitor] = {}
        self.rows = [] if empty else [self._payment(number) for number in range(260)]
        self.broken = [] if empty else breaks()
        self.notes = {row.id: [view.Note(row.opened, "Reconciliation", "opened", "")] for row in self.broken}
        self.closed = {} if empty else {TODAY - timedelta(days=back): ADA.email for back in range(2, 19)}
        self.key_rows = [] if empty else keys()
        self.sent: list[view.DeliveryRow] = [] if empty else [self._delivery(number) for number in range(30)]

    def doors(self) -> Doors:
        """The doors as the dashboard wants them."""
        return Doors(self, self, self, self, self, self, self)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_01kak" + "".join(self._draw.choices(ALPHABET, k=21))

    def _payment(self, number: int) -> view.PaymentRow:
        draw = self._draw
        merchant = draw.choice(MERCHANTS)
        currency = {"mer_01northwind": "EUR", "mer_02harbour": draw.choice(("EUR", "GBP")), "mer_03atelier": "JPY"}
        money = Money(draw.choice((450, 1290, 2490, 3675, 8900, 12_000, 24_950, 189_900)), currency[merchant.id])
        status = draw.choices(
            ("succeeded", "requires_payment_method", "requires_capture", "processing", "canceled"), (82, 9, 4, 1, 3)
        )[0]
        back = draw.choices((0, money.minor // 3, money.minor), (93, 3, 4))[0] if status == "succeeded" else 0
        return view.PaymentRow(
            id=self._id("pi"),
            created=Instant(NOW - number * 331 * MICROSECONDS_PER_SECOND - draw.randrange(300_000_000)),
            amount=money,
            status=status,
            merchant=merchant.name,
            method=draw.choice(METHODS),
            processor=draw.choice(("sandbox_a", "sandbox_a", "sandbox_b")),
            customer=draw.choice(CUSTOMERS),
            description=draw.choice(WARES[merchant.id]),
            refunded_minor=back,
            disputed=number == 40,
            declined=status == "requires_payment_method",
        )

    def _delivery(self, number: int) -> view.DeliveryRow:
        state = self._draw.choices(("delivered", "retrying", "failed", "pending"), (80, 10, 5, 5))[0]
        failed = state in ("retrying", "failed")
        return view.DeliveryRow(
            id=self._id("whd"),
            event_id=self._id("evt"),
            event_type=self._draw.choice(("payment_intent.succeeded", "charge.refunded", "charge.dispute.created")),
            url="https://hooks.northwind.test/tallystick"
            if number % 3
            else "https://api.harbourbikes.test/v2/webhooks",
            state=state,
            attempts={"delivered": 1, "pending": 0, "retrying": 4, "failed": 17}[state],
            http_status={"delivered": 200, "pending": None, "retrying": 503, "failed": 410}[state],
            created=Instant(NOW - number * 700 * MICROSECONDS_PER_SECOND),
            next_at=after(NOW, seconds=1800) if state == "retrying" else None,
            error="The endpoint answered 503 Service Unavailable." if failed else "",
        )

    # people

    async def sign_in(self, email: str, password: str, address: str, *, now: Instant) -> str | None:
        """A token for the two people there are."""
        wanted = PASSWORDS.get(email)
        if wanted is None or wanted[0] != password:
            return None
        token = f"session-{len(self.sessions)}-{email}"
        self.sessions[token] = wanted[1]
        return token

    async def session(self, token: str, *, now: Instant) -> view.Visitor | None:
        """Whoever has it."""
        return self.sessions.get(token)

    async def sign_out(self, token: str, *, now: Instant) -> None:
        """Gone."""
        self.sessions.pop(token, None)

    # overview

    def _mine(self, scope: Scope) -> list[view.PaymentRow]:
        names = {scope.merchant_name(merchant) for merchant in scope.merchant_ids}
        return [] if scope.livemode else [row for row in self.rows if row.merchant in names]

    async def open_breaks(self, scope: Scope) -> int:
        """How many are open."""
        return 0 if scope.livemode else sum(row.state in ("open", "assigned") for row in self.broken)

    async def overview(self, scope: Scope, period: view.Period, currency: str, *, now: Instant) -> view.Overview:
        """The first page."""
        rows = self._mine(scope)
        currencies = tuple(sorted({row.amount.currency for row in rows}))
        chosen = currency if currency in currencies else "EUR"
        return view.Overview(
            period=period,
            currencies=currencies,
            volume=volume(period, chosen, now) if rows else None,
            approvals=approvals() if rows else (),
            clearing=clearing() if rows else (),
            proof=self._proof_state(scope) if rows else view.ProofState(None, None, None, 0, None, None, None, 0),
            recent=tuple(rows[:8]),
            unresolved=sum(row.status == "processing" for row in rows),
        )

    def _proof_state(self, scope: Scope) -> view.ProofState:
        left = [row for row in self.broken if row.state in ("open", "assigned")]
        next_day = max(self.closed) + timedelta(days=1)
        oldest = min((row.opened for row in left), default=None)
        blockers = 1 if left else 0
        return view.ProofState(
            "run_01", "breaks", after(NOW, seconds=-1500), len(left), oldest, max(self.closed), next_day, blockers
        )

    # payments

    async def payments(self, scope: Scope, wanted: view.PaymentFilter, *, now: Instant) -> view.PaymentsPage:
        """Filtered in memory."""
        mine = self._mine(scope)
        rows = [row for row in mine if fits(row, wanted)]
        at = {row.id: place for place, row in enumerate(rows)}
        start = at[wanted.before] + 1 if wanted.before in at else 0
        if wanted.after in at:
            start = max(0, at[wanted.after] - wanted.limit)
        shown = rows[start : start + wanted.limit]
        older = shown[-1].id if shown and start + wanted.limit < len(rows) else None
        newer = shown[0].id if shown and start else None
        currencies = tuple(sorted({row.amount.currency for row in mine}))
        return view.PaymentsPage(tuple(shown), older, newer, ("sandbox_a", "sandbox_b"), currencies)

    async def payment(self, scope: Scope, payment_id: str, *, now: Instant) -> view.PaymentPage | None:
        """One with everything."""
        row = next((row for row in self._mine(scope) if row.id == payment_id), None)
        return story(row, self.sent) if row else None

    # reconciliation

    async def runs(self, scope: Scope) -> tuple[view.RunRow, ...]:
        """A fortnight of two reconciliations."""
        return () if scope.livemode or self.empty else runs()

    async def run(self, scope: Scope, run_id: str) -> view.RunPage | None:
        """One run."""
        row = next((row for row in await self.runs(scope) if row.id == run_id), None)
        return run_page(row, tuple(self.broken[: row.break_count])) if row else None

    async def breaks(self, scope: Scope, *, done: bool, kind: str, owner: str) -> view.BreaksPage:
        """Filtered in memory."""
        shown = [] if scope.livemode else self.broken
        counts = Counter(row.state in ("resolved", "signed_off") for row in shown)
        rows = [row for row in shown if (row.state in ("resolved", "signed_off")) == done]
        rows = [row for row in rows if kind in ("", row.kind) and owner in ("", row.owner)]
        kinds = tuple(sorted({row.kind for row in shown}))
        owners = tuple(sorted({row.owner for row in shown if row.owner}))
        return view.BreaksPage(tuple(rows), counts[False], counts[True], kinds, owners)

    async def break_(self, scope: Scope, break_id: str) -> view.BreakPage | None:
        """One break."""
        row = next((row for row in self.broken if row.id == break_id), None)
        return break_page(row, tuple(self.notes[row.id])) if row else None

    def _change(self, scope: Scope, break_id: str, action: str, text: str, now: Instant, **what: str) -> None:
        place = next((n for n, row in enumerate(self.broken) if row.id == break_id), None)
        if place is None:
            raise Refused(Wrong.MISSING, "No such break.")
        self.broken[place] = dataclasses.replace(self.broken[place], **what)  # type: ignore[arg-type]  # all text
        self.notes[break_id].append(view.Note(now, scope.visitor.name, action, text))

    async def assign(self, scope: Scope, break_id: str, owner: str, *, now: Instant) -> None:
        """Give it away."""
        self._change(scope, break_id, "assigned", f"to {owner}", now, owner=owner, state="assigned")

    async def comment(self, scope: Scope, break_id: str, text: str, *, now: Instant) -> None:
        """Say something."""
        self._change(scope, break_id, "commented", text, now)

    async def resolve(self, scope: Scope, break_id: str, text: str, *, now: Instant) -> None:
        """Done."""
        self._change(scope, break_id, "resolved", text, now, state="resolved")

    async def sign_off(self, scope: Scope, break_id: str, reason: str, *, now: Instant) -> None:
        """Taken on."""
        self._change(scope, break_id, "signed_off", reason, now, state="signed_off")

    # close

    def _day(self, wanted: date) -> view.DayRow:
        payments = 900 + wanted.toordinal() * 37 % 2400
        if wanted in self.closed:
            at = Instant(start_of(wanted) + MICROSECONDS_PER_DAY + 7 * 3_600_000_000)
            return view.DayRow(wanted, "closed", payments, at, self.closed[wanted], sha(str(wanted)))
        if wanted > TODAY:
            return view.DayRow(wanted, "future", 0, None, "", "")
        open_ = any(row.state in ("open", "assigned") for row in self.broken)
        state = "running" if wanted == TODAY else "blocked" if open_ else "ready"
        state = state if not self.closed or wanted > min(self.closed) else "empty"
        return view.DayRow(wanted, state, payments if state != "empty" else 0, None, "", "")

    async def days(self, scope: Scope, month: date, *, now: Instant) -> view.DaysPage:
        """A whole month."""
        if scope.livemode or self.empty:
            return view.DaysPage(month, ())
        later = (month + timedelta(days=32)).replace(day=1)
        return view.DaysPage(month, tuple(self._day(month + timedelta(days=n)) for n in range((later - month).days)))

    async def day(self, scope: Scope, day: date, *, now: Instant) -> view.DayPage | None:
        """Checks and proof."""
        row = self._day(day)
        if row.state in ("future", "empty"):
            return None
        left = [one for one in self.broken if one.state in ("open", "assigned")] if row.state == "blocked" else []
        checks = day_checks(left, row)
        return view.DayPage(row, checks, row.state == "ready", proof(row) if row.state == "closed" else None)

    async def close(self, scope: Scope, day: date, *, now: Instant) -> None:
        """Lock it."""
        if self._day(day).state != "ready":
            raise Refused(Wrong.BLOCKED, f"{day} cannot be closed yet: resolve or sign off every break first.")
        self.closed[day] = scope.visitor.email

    # books and developers

    async def trial_balance(self, scope: Scope) -> view.TrialBalance:
        """A few accounts."""
        return view.TrialBalance((), ()) if scope.livemode or self.empty else trial_balance()

    async def deliveries(self, scope: Scope, *, state: str, before: str) -> view.DeliveriesPage:
        """All of a state."""
        rows = tuple(row for row in self.sent if state in ("", row.state))
        ends = (
            view.EndpointRow("we_1", "https://hooks.northwind.test/tallystick", True, ("*",), "Orders"),
            view.EndpointRow(
                "we_2",
                "https://api.harbourbikes.test/v2/webhooks",
                True,
                ("charge.refunded", "charge.dispute.created"),
                "",
            ),
        )
        return view.DeliveriesPage(rows, () if self.empty else ends, rows[-1].id if len(rows) > 25 else None)

    async def delivery(self, scope: Scope, delivery_id: str) -> view.DeliveryRow | None:
        """One."""
        return next((row for row in self.sent if row.id == delivery_id), None)

    async def resend(self, scope: Scope, delivery_id: str, *, now: Instant) -> None:
        """Back to pending."""
        self.sent = [dataclasses.replace(r, state="pending") if r.id == delivery_id else r for r in self.sent]

    async def keys(self, scope: Scope) -> tuple[view.KeyRow, ...]:
        """Test keys only."""
        return () if scope.livemode else tuple(self.key_rows)

    async def issue_key(self, scope: Scope, merchant_id: str, kind: str, name: str, *, now: Instant) -> view.IssuedKey:
        """A new one."""
        prefix = "sk" if kind == "secret" else "pk"
        key = f"{prefix}_test_" + "".join(self._draw.choices(ALPHABET, k=32))
        hint = f"{key[:11]}…{key[-4:]}"
        row = view.KeyRow(self._id("key"), scope.merchant_name(merchant_id), kind, hint, name, now, None, None)
        self.key_rows.insert(0, row)
        return view.IssuedKey(row, key)

    async def revoke_key(self, scope: Scope, key_id: str, *, now: Instant) -> None:
        """Ended."""
        self.key_rows = [dataclasses.replace(row, revoked=now) if row.id == key_id else row for row in self.key_rows]

    async def findings(self, scope: Scope, *, now: Instant) -> tuple[view.Finding, ...]:
        """Mostly good."""
        return (
            view.Finding("Database", "good", "SQLite, write-ahead log, full sync; schema at head"),
            view.Finding("Group commit", "good", "1,204 units in the last minute, 9 per commit"),
            view.Finding("Outbox", "good", "Nothing waits; last event relayed 2 s ago"),
            view.Finding(
                "sandbox_b", "wait", "14 of the last 100 calls got no answer", "The resolver is asking; see Payments."
            ),
        )
