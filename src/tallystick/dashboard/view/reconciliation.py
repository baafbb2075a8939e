"""What the reconciliation pages show: runs with their proof, and breaks with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tallystick.base import Instant
from tallystick.money import Money


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of one reconciliation."""

    id: str
    name: str
    day: date
    finished: Instant
    verdict: str
    """reconciled, reconciled_with_pending, breaks or incomplete."""
    left_count: int
    right_count: int
    matched_count: int
    """Items of both sides in a match."""
    pending_count: int
    break_count: int

    @property
    def matched_basis_points(self) -> int:
        """Matched items of all items, in hundredths of a percent."""
        total = self.left_count + self.right_count
        return self.matched_count * 10_000 // total if total else 10_000


@dataclass(frozen=True, slots=True)
class TierCount:
    """What one tier of rules matched."""

    tier: str
    certificate: str
    """What the tier demands before it matches."""
    groups: int


@dataclass(frozen=True, slots=True)
class BridgeLine:
    """One line of a bridge from one balance to another."""

    label: str
    count: int | None
    minor: int
    total: bool = False


@dataclass(frozen=True, slots=True)
class Bridge:
    """Opening items and movements to closing items, in one account and currency. `residual_minor` must be 0."""

    account: str
    currency: str
    lines: tuple[BridgeLine, ...]
    residual_minor: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What went into or came out of a run or a proof, by content."""

    name: str
    sha256: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class BreakRow:
    """A difference somebody has to explain."""

    id: str
    kind: str
    """The class: missing_left, missing_right, late, orphan, amount, fee, duplicate …"""
    amount: Money
    opened: Instant
    due: date | None
    state: str
    """open, cleared, resolved or signed_off."""
    owner: str
    reference: str
    reconciliation: str
    summary: str


@dataclass(frozen=True, slots=True)
class BreaksPage:
    """Breaks that fit the filter, with how many are open, and the classes and owners to filter by."""

    rows: tuple[BreakRow, ...]
    open_count: int
    done_count: int
    kinds: tuple[str, ...]
    owners: tuple[str, ...]
    older: str | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run."""

    row: RunRow
    engine: str
    tiers: tuple[TierCount, ...]
    bridges: tuple[Bridge, ...]
    inputs: tuple[Digest, ...]
    outputs: tuple[Digest, ...]
    breaks: tuple[BreakRow, ...]


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a break: what we booked, or what they wrote. No facts means that side is missing."""

    title: str
    source: str
    amount: Money | None
    facts: tuple[tuple[str, str], ...]
    href: str = ""
    remark: str = ""
    """What has to be said of this side where the break is no missing half."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something somebody did to a break or said about it."""

    at: Instant
    who: str
    action: str
    """opened, assigned, commented, resolved, signed_off or reopened."""
    text: str


@dataclass(frozen=True, slots=True)
class BreakPage:
    """One break: its two halves, the notes, and whom it may be given to."""

    row: BreakRow
    left: Half
    right: Half
    advice: str
    notes: tuple[Note, ...]
    people: tuple[str, ...]
    run_id: str
    payment_id: str
