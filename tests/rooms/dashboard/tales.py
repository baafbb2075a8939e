"""Believable payments: volumes, approval, money under way, and one payment with everything."""

from __future__ import annotations

import random

from tallystick.base import Instant, after, from_seconds
from tallystick.dashboard import view
from tallystick.money import Money
from tests.rooms.dashboard.cast import NOW, TODAY


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
    """A payment with everything: the whole way when it succeeded, one unhappy attempt when not."""
    done = row.status == "succeeded"
    fee = Money(max(1, row.amount.minor * 14 // 1000), row.amount.currency)
    return view.PaymentPage(
        row=row,
        captured=row.amount if done else Money(0, row.amount.currency),
        fee=fee if done else None,
        net=row.amount - fee if done else None,
        capture_method="automatic",
        customer_email="marta.kowalczyk@example.test",
        statement_descriptor="NORTHWIND COFFEE",
        last_error="Declined by the card’s bank: generic decline. Ask for another card." if row.declined else "",
        metadata={"order": "48213", "cart_reference_from_the_old_system": "0b9d1c72-9a1e-4a7e"} if done else {},
        timeline=whole_way(row) if done else unhappy(row),
        postings=postings(row, fee) if done else (),
        events=news(row, sent),
        deliveries=tuple(sent[:1]),
        lines=lines(row, fee) if done else (),
        matches=(match(row),) if done else (),
        raw={"id": row.id, "object": "payment_intent", "status": row.status, "metadata": {"order": "48213"}},
    )


def attempt(row: view.PaymentRow, seconds: int, state: str, detail: str, *facts: tuple[str, str]) -> view.Moment:
    """One question to the processor."""
    return view.Moment(
        after(row.created, seconds=seconds), "attempt", f"Authorise at {row.processor}", detail, state, facts
    )


def request(row: view.PaymentRow) -> view.Moment:
    """How it began."""
    facts = (("Idempotency-Key", "order-48213"), ("Request-Id", f"req_{row.id[3:15]}"), ("Key", "sk_test_…9f2c"))
    return view.Moment(row.created, "request", "POST /v1/payment_intents", facts=facts)


def unhappy(row: view.PaymentRow) -> tuple[view.Moment, ...]:
    """Declined, or not known yet."""
    state = "declined" if row.declined else "unknown"
    return request(row), attempt(row, 3, state, "The bank did not say why.", ("Code", "generic_decline"))


def whole_way(row: view.PaymentRow) -> tuple[view.Moment, ...]:
    """From request to match."""
    at = [after(row.created, seconds=n) for n in (1, 4, 5, 7, 61_200, 61_900)]
    why = "Ordered list: sandbox_a first, sandbox_b if it declines retryably or cannot be reached."
    key = ("Attempt", f"att_{row.id[3:17]}")
    return (
        request(row),
        view.Moment(at[0], "decision", "Routed to sandbox_a, then sandbox_b", why),
        attempt(row, 2, "not_sent", "Processor could not be reached; nothing was sent.", ("Took", "31 ms")),
        attempt(row, 3, "approved", "", key, ("Reference", "sbx_7741902"), ("Took", "182 ms")),
        view.Moment(at[1], "posting", "Hold posted in full", "Receivable debited, merchant credited, fee taken."),
        view.Moment(at[2], "event", "payment_intent.succeeded"),
        view.Moment(at[3], "webhook", "Delivered to hooks.northwind.test", "", "delivered", (("HTTP", "200"),)),
        view.Moment(at[4], "statement", "Settlement report line 214", "Gross, fee and net agree.", "matched"),
        view.Moment(at[5], "match", "Matched by strong key", "The same attempt.", href="/reconciliation/run_01"),
    )


def postings(row: view.PaymentRow, fee: Money) -> tuple[view.Posting, ...]:
    """Hold, capture, fee."""
    at, currency = after(row.created, seconds=4), row.amount.currency
    ours, payable = f"Processor receivable · {row.processor}", f"Merchant payable · {currency}"
    return (
        view.Posting("tr_1", at, ours, payable, row.amount, "Authorised", "settled"),
        view.Posting("tr_2", at, ours, payable, row.amount, "Captured", "posted"),
        view.Posting("tr_3", at, payable, f"Fee revenue · {currency}", fee, "Our fee", "posted"),
    )


def news(row: view.PaymentRow, sent: list[view.DeliveryRow]) -> tuple[view.PaymentEvent, ...]:
    """Two events, one of which somebody listens for."""
    made = view.PaymentEvent("evt_" + row.id[3:], "payment_intent.created", row.created)
    told = [view.PaymentEvent(one.event_id, one.event_type, after(row.created, seconds=5)) for one in sent[:1]]
    return made, *told


def lines(row: view.PaymentRow, fee: Money) -> tuple[view.StatementLine, ...]:
    """The report's line, and the bank's."""
    report, bank = "settlement_sandbox_a_2026-11-20.csv", "camt053_DE89_2026-11-21.xml"
    paid, charged = Money(6_482_190, row.amount.currency), row.amount
    return (
        view.StatementLine("sl_1", "sandbox_a", report, "line 214", TODAY, "charge", charged, fee, "mv_1", "matched"),
        view.StatementLine("sl_2", "Main bank", bank, "entry 3", TODAY, "payout", paid, None, "po_1", "matched"),
    )


def match(row: view.PaymentRow) -> view.Match:
    """Both halves."""
    evidence = "Token unique on both sides; amounts equal; same account and currency."
    return view.Match("mg_1", "run_01", "Strong key", "merchant_reference", evidence, row.amount, row.amount)
