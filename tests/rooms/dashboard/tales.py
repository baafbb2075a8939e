"""Believable payments: volumes, approval, money under way, and one payment with everything."""

from __future__ import annotations

import random

from tallystick.base import Instant, after, day, from_seconds
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
