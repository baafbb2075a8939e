"""Believable reconciliation: runs and the planted trouble of a day."""

from __future__ import annotations

from datetime import timedelta

from tallystick.base import after
from tallystick.dashboard import view
from tallystick.money import Money
from tests.rooms.dashboard.cast import ADA, NOW, PEOPLE, TODAY, sha


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
                "breaks" if breaks_ else "reconciled",
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
                "incomplete" if back == 3 else "reconciled",
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
            ),
            view.TierCount("Batch", "Sum of the movements equals the payout", 4),
            view.TierCount(
                "Composite exact", "Account, currency, amount and day, and one more token; alone on both sides", 2
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


BOOKS, BANK = "Books to processors", "Payouts to bank"
NOOR, SAM = "noor@tallystick.test", "sam@tallystick.test"
TROUBLE = (
    ("missing", "missing_right", Money(24_950, "EUR"), 0, "open", "", BOOKS, "att_01kak7zq2m",
     "Captured with us, not in the settlement report of sandbox_a"),
    ("double", "duplicate", Money(8_900, "EUR"), 0, "open", NOOR, BOOKS, "mv_88120",
     "Line 815 of sandbox_b’s report repeats line 640"),
    ("fee", "fee", Money(174, "EUR"), 0, "open", "", BOOKS, "att_01kak7zr9d",
     "Fee 3.48 where the schedule says 1.74"),
    ("late", "late", Money(1_120_445, "GBP"), 2, "open", ADA.email, BANK, "po_20261118_a",
     "Payout of 18 November has not reached the bank"),
    ("bank", "orphan", Money(31_240, "EUR"), 5, "open", "", BANK, "Ntry 7",
     "Bank line nobody knows: ‘REF 00481 CORREZIONE’"),
    ("done", "amount", Money(1, "EUR"), 4, "resolved", SAM, BOOKS, "att_01kak70001",
     "One cent less than captured"),
)  # fmt: skip


def breaks() -> list[view.BreakRow]:
    """The planted trouble of a day."""
    return [
        view.BreakRow(
            id=f"brk_01kak{name}",
            kind=kind,
            amount=amount,
            opened=after(NOW, days=-days, seconds=-4000),
            due=TODAY + timedelta(days=2 - days),
            state=state,
            owner=owner,
            reference=reference,
            reconciliation=run,
            summary=summary,
        )
        for name, kind, amount, days, state, owner, run, reference, summary in TROUBLE
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
    left, right = {"missing_right": (ours, none), "orphan": (nothing, theirs)}.get(row.kind, (ours, theirs))
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
