"""Believable books: checks, a proof, a trial balance, keys."""

from __future__ import annotations

from datetime import timedelta

from tallystick.base import after
from tallystick.dashboard import view
from tests.rooms.dashboard.cast import ADA, MERCHANTS, NOW, TODAY, sha


def day_checks(left: list[view.BreakRow], row: view.DayRow) -> tuple[view.Check, ...]:
    """Five checks, of which breaks may stand in the way."""
    over = row.state != "running"
    return (
        view.Check("day_over", "The day is over", over, "ended at midnight UTC" if over else "ends at midnight UTC"),
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
        sale, fee, owed = 64_821 * scale, 907 * scale, -117_000 * scale
        lines += [
            view.ProofLine("Bank", "", currency, 120_000 * scale, sale - fee, 0, 120_000 * scale + sale - fee),
            view.ProofLine("Fee revenue", "", currency, -5_000 * scale, 0, 2 * fee, -5_000 * scale - 2 * fee),
            view.ProofLine("Merchant payable", "", currency, owed, 2 * fee, sale, owed + 2 * fee - sale),
            view.ProofLine("Processor fee expense", "", currency, 2_000 * scale, fee, 0, 2_000 * scale + fee),
            view.ProofLine("Processor receivable", "", currency, 0, sale, sale, 0),
        ]
    return view.Proof(
        row.day,
        row.closed_at,
        row.closed_by,
        tuple(lines),
        (
            view.ProofClearing("Processor receivable · sandbox_a", "Northwind", "EUR", 64_821, 0, 174, 64_647, 0),
            view.ProofClearing("Processor receivable · sandbox_b", "Harbour", "GBP", 11_020, 11_020, 0, 0, 0),
        ),
        (
            view.SignedOff(
                "brk_01kakfee",
                "fee",
                "1.74 EUR",
                ADA.email,
                "Processor confirmed the higher fee for corporate cards; schedule corrected from today.",
            ),
        ),
        (view.ProofRun("run_01", "Books to sandbox_a", "reconciled", sha("run")),),
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
            TODAY,
            None,
        ),
        view.KeyRow(
            "key_2",
            "Northwind Coffee",
            "publishable",
            "pk_test_Lx2…77aa",
            "Web shop",
            after(NOW, days=-40),
            TODAY - timedelta(days=4),
            None,
        ),
        view.KeyRow(
            "key_3", "Harbour Bikes", "secret", "sk_test_0aa…c1d0", "", after(NOW, days=-200), None, after(NOW, days=-3)
        ),
    ]
