"""Believable data behind every door of the dashboard, made from one seed; for tests and for looking at pages."""

from __future__ import annotations

import dataclasses
import hashlib
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
    day,
    from_seconds,
    start_of,
)
from tallystick.base import Kind as Of
from tallystick.dashboard import Doors, view
from tallystick.dashboard.view import Scope
from tallystick.merchants import PLATFORM, Role, User
from tallystick.money import Money

NOW = Instant(from_seconds(1_795_273_800) + 123_456)  # Saturday, 21 November 2026, 15:10 UTC
TODAY = day(NOW)
MERCHANTS = (
    view.Merchant("mer_01northwind", "Northwind Coffee"),
    view.Merchant("mer_02harbour", "Harbour Bikes"),
    view.Merchant("mer_03atelier", "Atelier Lumen"),
)
ADA = view.Visitor(User("user_1", "ada@tallystick.test", "Ada Byrne", {PLATFORM: Role.OWNER}), "form-ada", MERCHANTS)
RAY = view.Visitor(
    User("user_2", "ray@northwind.test", "Ray Osei", {MERCHANTS[0].id: Role.VIEWER}), "form-ray", MERCHANTS[:1]
)
PASSWORDS = {"ada@tallystick.test": ("correct horse", ADA), "ray@northwind.test": ("correct horse", RAY)}
PEOPLE = (ADA.email, "noor@tallystick.test", "sam@tallystick.test")

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


def sha(text: str) -> str:
    """A digest of nothing in particular."""
    return hashlib.sha256(text.encode()).hexdigest()


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
            open_disputes=sum(row.disputed for row in rows),
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


def fits(row: view.PaymentRow, wanted: view.PaymentFilter) -> bool:
    """Whether the filter lets it through."""
    words = " ".join((row.id, row.customer, row.description, row.method, str(row.amount))).lower()
    return (
        wanted.query.lower() in words
        and wanted.status in ("", row.status, row.state)
        and wanted.processor in ("", row.processor)
        and wanted.currency in ("", row.amount.currency)
    )


def volume(period: view.Period, currency: str, now: Instant) -> view.Volume:
    """A day with a morning and an evening; a month with weekends."""
    step = 3600 if period is view.Period.DAY else 86_400
    count = {view.Period.DAY: 24, view.Period.WEEK: 7, view.Period.MONTH: 30}[period]
    first = now // 1_000_000 // step - count + 1
    draw = random.Random(period)
    points = []
    for number in range(first, first + count):
        hour = number % 24
        busy = (2 + 14 * (8 <= hour <= 21) + 8 * (hour in (12, 13, 18, 19))) if step == 3600 else 30
        many = int(busy * draw.uniform(0.7, 1.3) * (1 if step == 3600 else 9))
        points.append(view.VolumePoint(from_seconds(number * step), many * draw.randrange(3000, 5200), many))
    return view.Volume(currency, step, tuple(points), sum(p.minor for p in points) * 9 // 10)


def approvals() -> tuple[view.Approval, ...]:
    """Two processors."""
    return (view.Approval("sandbox_a", 1_684, 96, 2, 1), view.Approval("sandbox_b", 803, 121, 1, 11))


def clearing() -> tuple[view.Clearing, ...]:
    """Money under way."""
    ago = [after(NOW, days=-n, seconds=-7300) for n in range(6)]
    path = "processor_receivable"
    return (
        view.Clearing(
            f"{path}:sandbox_a:EUR", "Processor receivable", "sandbox_a", Money(6_482_190, "EUR"), ago[1], 2, False
        ),
        view.Clearing(
            f"{path}:sandbox_a:GBP", "Processor receivable", "sandbox_a", Money(1_120_445, "GBP"), ago[1], 2, False
        ),
        view.Clearing(
            f"{path}:sandbox_b:EUR", "Processor receivable", "sandbox_b", Money(31_240, "EUR"), ago[5], 2, True
        ),
        view.Clearing(
            f"{path}:sandbox_b:JPY", "Processor receivable", "sandbox_b", Money(2_418_900, "JPY"), ago[0], 2, False
        ),
        view.Clearing("payouts_in_transit:EUR", "Payouts in transit", "Main bank", Money(0, "EUR"), None, 1, False),
    )


def story(row: view.PaymentRow, sent: list[view.DeliveryRow]) -> view.PaymentPage:
    """A payment that went the whole way."""
    at = row.created
    suffix = row.id[3:]
    fee = Money(max(1, row.amount.minor * 14 // 1000), row.amount.currency)
    ours = f"Receivable · {row.processor} · {row.amount.currency}"
    payable = f"Payable · {row.merchant} · {row.amount.currency}"
    later = [after(at, seconds=n) for n in (0, 1, 3, 3, 4, 6, 61_200, 61_900)]
    timeline = (
        (
            view.Moment(
                at,
                "request",
                "POST /v1/payment_intents",
                facts=(
                    ("Idempotency-Key", "order-48213"),
                    ("Request-Id", f"req_{suffix[:12]}"),
                    ("Key", "sk_test_…9f2c"),
                ),
            ),
            view.Moment(
                later[1],
                "decision",
                "Routed to sandbox_a, then sandbox_b",
                "Ordered list: sandbox_a first, sandbox_b if it declines retryably or cannot be reached.",
            ),
            view.Moment(
                later[1],
                "attempt",
                "Authorise at sandbox_a",
                "Processor could not be reached; nothing was sent.",
                "not_sent",
                (("Attempt", f"att_{suffix[:14]}1"), ("Took", "31 ms")),
            ),
            view.Moment(
                later[2],
                "attempt",
                f"Authorise at {row.processor}",
                "",
                "approved",
                (("Attempt", f"att_{suffix[:14]}2"), ("Reference", "sbx_7741902"), ("Took", "182 ms")),
            ),
            view.Moment(
                later[3], "posting", "Hold posted in full", "Receivable debited, merchant credited, fee taken."
            ),
            view.Moment(later[4], "event", "payment_intent.succeeded"),
            view.Moment(
                later[5],
                "webhook",
                "Delivered to hooks.northwind.test",
                "",
                "delivered",
                (("HTTP", "200"), ("Attempts", "1")),
            ),
            view.Moment(later[6], "statement", "Settlement report line 214", "Gross, fee and net agree.", "matched"),
            view.Moment(
                later[7],
                "match",
                "Matched by strong key",
                "The attempt id stands in both.",
                href="/reconciliation/run_01",
            ),
        )
        if row.status == "succeeded"
        else (
            view.Moment(at, "request", "POST /v1/payment_intents", facts=(("Idempotency-Key", "order-48213"),)),
            view.Moment(
                later[2],
                "attempt",
                f"Authorise at {row.processor}",
                "The bank did not say why.",
                "declined" if row.declined else "unknown",
                (("Code", "generic_decline"), ("Took", "141 ms")),
            ),
        )
    )
    done = row.status == "succeeded"
    return view.PaymentPage(
        row=row,
        captured=row.amount if done else Money(0, row.amount.currency),
        fee=fee if done else None,
        net=row.amount - fee if done else None,
        capture_method="automatic",
        customer_email="marta.kowalczyk@example.test",
        statement_descriptor="NORTHWIND COFFEE",
        last_error="Declined by the card’s bank: generic decline. Ask for another card." if row.declined else "",
        metadata={"order": "48213", "channel": "web", "cart_reference_from_the_old_system": "0b9d1c72-9a1e-4a7e"}
        if done
        else {},
        timeline=timeline,
        postings=(
            view.Posting("tr_1", later[2], ours, payable, row.amount, "Authorised", "pending"),
            view.Posting("tr_2", later[3], ours, payable, row.amount, "Captured", "posted"),
            view.Posting("tr_3", later[3], payable, f"Fee revenue · {row.amount.currency}", fee, "Our fee", "posted"),
        )
        if done
        else (),
        events=(
            view.PaymentEvent("evt_" + suffix, "payment_intent.created", at),
            view.PaymentEvent(sent[0].event_id, "payment_intent.succeeded", later[4]),
        )
        if sent
        else (),
        deliveries=tuple(sent[:1]),
        lines=(
            view.StatementLine(
                "sl_1",
                "sandbox_a settlement",
                "settlement_sandbox_a_2026-11-20.csv",
                "line 214",
                day(at),
                "charge",
                row.amount,
                fee,
                f"att_{suffix[:14]}2",
                "matched",
            ),
            view.StatementLine(
                "sl_2",
                "Main bank",
                "camt053_DE89_2026-11-21.xml",
                "Ntry 3",
                TODAY,
                "payout",
                Money(6_482_190, row.amount.currency),
                None,
                "po_20261120_a",
                "matched",
            ),
        )
        if done
        else (),
        matches=(
            view.Match(
                "mg_1",
                "run_01",
                "Strong key",
                "merchant_reference = attempt",
                "Token unique on both sides; amounts equal; same account and currency.",
                row.amount,
                row.amount,
            ),
        )
        if done
        else (),
        raw={
            "id": row.id,
            "object": "payment_intent",
            "amount": row.amount.minor,
            "currency": row.amount.currency.lower(),
            "status": row.status,
            "livemode": False,
            "metadata": {"order": "48213"},
        },
    )


def runs() -> tuple[view.RunRow, ...]:
    """Fourteen days, newest first."""
    rows = []
    for back in range(14):
        wanted = TODAY - timedelta(days=back + 1)
        at = after(NOW, days=-back, seconds=-1500)
        breaks_ = 5 if back == 0 else 0
        number = 1000 + wanted.toordinal() * 53 % 900
        rows.append(
            view.RunRow(
                f"run_0{back * 2 + 1}",
                "Books to processors",
                wanted,
                at,
                "breaks" if breaks_ else "proven",
                number,
                number - breaks_ + 2,
                (number - breaks_) * 2 - 11,
                9,
                breaks_,
            )
        )
        rows.append(
            view.RunRow(
                f"run_0{back * 2 + 2}",
                "Processors to bank",
                wanted,
                after(at, seconds=3),
                "incomplete" if back == 3 else "proven",
                6,
                6,
                12,
                0,
                0,
            )
        )
    return tuple(rows)


def run_page(row: view.RunRow, found: tuple[view.BreakRow, ...]) -> view.RunPage:
    """A run with its bridge."""

    def bridge(account: str, currency: str, opening: int, into: int, matched: int) -> view.Bridge:
        return view.Bridge(
            account,
            currency,
            (
                view.BridgeLine("Open items before", 11, opening),
                view.BridgeLine("Booked by us", row.left_count, into),
                view.BridgeLine("Matched", row.matched_count // 2, -matched),
                view.BridgeLine(
                    "Open items after", row.pending_count + row.break_count, opening + into - matched, total=True
                ),
            ),
            0,
        )

    return view.RunPage(
        row=row,
        engine="DuckDB 2.0.0",
        tiers=(
            view.TierCount(
                "Strong key",
                "The same token, unique on both sides",
                row.matched_count // 2 - 6,
                row.matched_count // 2 - 6,
                row.matched_count // 2 - 6,
            ),
            view.TierCount("Batch", "Sum of the movements equals the payout", 4, 4, 412),
            view.TierCount(
                "Composite exact", "Account, currency, amount and day, and one more token; alone on both sides", 2, 2, 2
            ),
        ),
        bridges=(
            bridge("sandbox_a", "EUR", 42_190, 6_482_190, 6_451_000),
            bridge("sandbox_a", "GBP", 0, 1_120_445, 1_120_445),
            bridge("sandbox_b", "JPY", 18_900, 2_418_900, 2_400_000),
        ),
        inputs=(
            view.Digest("settlement_sandbox_a_2026-11-20.csv", sha("a"), 1204),
            view.Digest("settlement_sandbox_b_2026-11-20.csv", sha("b"), 611),
            view.Digest("spec books-to-processors v3", sha("c")),
        ),
        outputs=(view.Digest("Matches, breaks and open items", sha("d"), row.matched_count),),
        breaks=found,
    )


def breaks() -> list[view.BreakRow]:
    """The planted trouble of a day."""
    ago = [after(NOW, days=-n, seconds=-4000) for n in range(6)]
    due = TODAY + timedelta(days=1)
    return [
        view.BreakRow(
            "brk_01kakmissing",
            "missing_right",
            Money(24_950, "EUR"),
            ago[0],
            due,
            "open",
            "",
            "att_01kak7zq2m",
            "Books to processors",
            "Captured with us, not in the settlement report of sandbox_a",
        ),
        view.BreakRow(
            "brk_01kakdouble",
            "duplicate",
            Money(8_900, "EUR"),
            ago[0],
            due,
            "assigned",
            "noor@tallystick.test",
            "mv_88120",
            "Books to processors",
            "Line 815 of sandbox_b’s report repeats line 640",
        ),
        view.BreakRow(
            "brk_01kakfee",
            "fee",
            Money(174, "EUR"),
            ago[0],
            due,
            "open",
            "",
            "att_01kak7zr9d",
            "Books to processors",
            "Fee 3.48 where the schedule says 1.74",
        ),
        view.BreakRow(
            "brk_01kaklate",
            "late_payout",
            Money(1_120_445, "GBP"),
            ago[2],
            TODAY - timedelta(days=1),
            "assigned",
            "ada@tallystick.test",
            "po_20261118_a",
            "Processors to bank",
            "Payout of 18 November has not reached the bank",
        ),
        view.BreakRow(
            "brk_01kakbank",
            "unknown_bank_line",
            Money(31_240, "EUR"),
            ago[5],
            TODAY - timedelta(days=3),
            "open",
            "",
            "Ntry 7",
            "Processors to bank",
            "Bank line nobody knows: ‘REF 00481 CORREZIONE’",
        ),
        view.BreakRow(
            "brk_01kakdone",
            "amount",
            Money(1, "EUR"),
            ago[4],
            None,
            "resolved",
            "sam@tallystick.test",
            "att_01kak70001",
            "Books to processors",
            "One cent less than captured",
        ),
    ]


def break_page(row: view.BreakRow, notes: tuple[view.Note, ...]) -> view.BreakPage:
    """A break with one or both halves."""
    ours = view.Half(
        "Our books",
        "Attempt",
        row.amount,
        (
            ("Attempt", row.reference),
            ("Merchant", "Northwind Coffee"),
            ("Captured", "20 Nov 2026, 14:02:11 UTC"),
            ("Expected fee", "1.74 EUR"),
        ),
        "/payments",
    )
    theirs = view.Half(
        "Processor",
        "sandbox_a settlement",
        row.amount,
        (
            ("File", "settlement_sandbox_a_2026-11-20.csv"),
            ("Line", "214"),
            ("Movement", "mv_88120"),
            ("Booked", "20 Nov 2026"),
        ),
    )
    none = view.Half("Processor", "sandbox_a settlement", None, ())
    nothing = view.Half("Our books", "No attempt", None, ())
    left, right = {"missing_right": (ours, none), "unknown_bank_line": (nothing, theirs)}.get(row.kind, (ours, theirs))
    return view.BreakPage(
        row,
        left,
        right,
        "Ask sandbox_a for the movement, or wait for the next report: it is due tomorrow.",
        notes,
        PEOPLE,
        "run_01",
        "",
    )


def day_checks(left: list[view.BreakRow], row: view.DayRow) -> tuple[view.Check, ...]:
    """Five checks, of which breaks may stand in the way."""
    over = row.state != "running"
    return (
        view.Check(
            "day_over", "The day is over", over, "It ended at midnight UTC." if over else "It ends at midnight UTC."
        ),
        view.Check(
            "trial_balance", "The books sum to zero", True, "36 accounts in 3 currencies; debits equal credits."
        ),
        view.Check(
            "files",
            "Every expected file has arrived",
            True,
            "2 settlement reports and 1 bank statement, each proven against its own totals.",
        ),
        view.Check(
            "clearing", "Clearing accounts are explained", True, "Every balance is made of items that are not due yet."
        ),
        view.Check(
            "breaks",
            "Every break is resolved or signed off",
            not left,
            f"{len(left)} open." if left else "None open.",
            tuple(view.Blocker(f"{one.summary} · {one.amount}", f"/breaks/{one.id}") for one in left),
        ),
    )


def proof(row: view.DayRow) -> view.Proof:
    """What a closed day stored."""
    assert row.closed_at is not None
    lines = []
    for currency, scale in (("EUR", 100), ("GBP", 37), ("JPY", 211)):
        sale, fee = 64_821 * scale, 907 * scale
        lines += [
            view.ProofLine("Bank", currency, 120_000 * scale, sale - fee, 0, 120_000 * scale + sale - fee),
            view.ProofLine("Fee revenue", currency, -5_000 * scale, 0, 2 * fee, -5_000 * scale - 2 * fee),
            view.ProofLine(
                "Merchant payable", currency, -117_000 * scale, 2 * fee, sale, -117_000 * scale + 2 * fee - sale
            ),
            view.ProofLine("Processor fee expense", currency, 2_000 * scale, fee, 0, 2_000 * scale + fee),
            view.ProofLine("Processor receivable", currency, 0, sale, sale, 0),
        ]
    return view.Proof(
        row.day,
        row.closed_at,
        row.closed_by,
        tuple(lines),
        (
            view.SignedOff(
                "brk_01kakfee",
                "fee",
                "1.74 EUR",
                ADA.email,
                "Processor confirmed the higher fee for corporate cards; schedule corrected from today.",
            ),
        ),
        (
            view.Digest("settlement_sandbox_a.csv", sha("a"), 1204),
            view.Digest("settlement_sandbox_b.csv", sha("b"), 611),
            view.Digest("camt053_DE89.xml", sha("c"), 7),
        ),
        row.digest,
        sha(str(row.day - timedelta(days=1))),
    )


def trial_balance() -> view.TrialBalance:
    """Accounts of three merchants."""
    rows = []
    for place, merchant in enumerate(MERCHANTS):
        currency, scale = (("EUR", 100), ("GBP", 61), ("JPY", 900))[place]
        base = f"test/{merchant.id}/{currency}"
        sale, fee, paid = 64_821 * scale, 907 * scale, 41_000 * scale
        rows += [
            view.AccountRow(
                f"{base}/processor_receivable/sandbox_a",
                "Processor receivable · sandbox_a",
                merchant.name,
                currency,
                sale,
                paid + fee,
                12_000,
                0,
            ),
            view.AccountRow(
                f"{base}/merchant_payable", "Merchant payable", merchant.name, currency, fee, sale, 0, 12_000
            ),
            view.AccountRow(f"{base}/fee_revenue", "Fee revenue", merchant.name, currency, 0, fee, 0, 0),
            view.AccountRow(
                f"{base}/processor_fee_expense", "Processor fee expense", merchant.name, currency, fee, 0, 0, 0
            ),
            view.AccountRow(f"{base}/bank", "Bank", merchant.name, currency, paid, 0, 0, 0),
        ]
    totals = tuple(
        view.CurrencyTotal(
            c,
            sum(r.debits_minor for r in rows if r.currency == c),
            sum(r.credits_minor for r in rows if r.currency == c),
        )
        for c in ("EUR", "GBP", "JPY")
    )
    return view.TrialBalance(tuple(rows), totals)


def keys() -> list[view.KeyRow]:
    """Two living and one ended."""
    return [
        view.KeyRow(
            "key_1",
            "Northwind Coffee",
            "secret",
            "sk_test_7Qf…9f2c",
            "Checkout server",
            after(NOW, days=-40),
            after(NOW, seconds=-12),
            None,
        ),
        view.KeyRow(
            "key_2",
            "Northwind Coffee",
            "publishable",
            "pk_test_Lx2…77aa",
            "Web shop",
            after(NOW, days=-40),
            after(NOW, seconds=-60),
            None,
        ),
        view.KeyRow(
            "key_3", "Harbour Bikes", "secret", "sk_test_0aa…c1d0", "", after(NOW, days=-200), None, after(NOW, days=-3)
        ),
    ]
