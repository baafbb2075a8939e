"""What the day-close pages show: days, the checks before a lock, and the proof after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tallystick.base import Instant
from tallystick.dashboard.view.reconciliation import Digest


@dataclass(frozen=True, slots=True)
class DayRow:
    """One business day."""

    day: date
    state: str
    """closed, ready, blocked, not_closed, running, future or empty."""
    payments: int
    closed_at: Instant | None
    closed_by: str
    digest: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing in the way, and where to deal with it."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the close."""

    name: str
    title: str
    passed: bool
    detail: str
    blockers: tuple[Blocker, ...] = ()


@dataclass(frozen=True, slots=True)
class ProofLine:
    """One account of the proof: opening + debits - credits = closing, in minor units, debit side positive."""

    account: str
    merchant: str
    currency: str
    opening_minor: int
    debits_minor: int
    credits_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class ProofClearing:
    """A clearing account and what its balance is made of, in minor units. The residual is 0."""

    account: str
    merchant: str
    currency: str
    balance_minor: int
    open_minor: int
    difference_minor: int
    in_flight_minor: int
    residual_minor: int


@dataclass(frozen=True, slots=True)
class ProofRun:
    """A reconciliation the proof rests on."""

    id: str
    name: str
    verdict: str
    digest: str


@dataclass(frozen=True, slots=True)
class SignedOff:
    """A difference the day was closed with, and who took it on."""

    break_id: str
    kind: str
    amount: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the close stored."""

    day: date
    closed_at: Instant
    closed_by: str
    lines: tuple[ProofLine, ...]
    clearing: tuple[ProofClearing, ...]
    signed_off: tuple[SignedOff, ...]
    runs: tuple[ProofRun, ...]
    inputs: tuple[Digest, ...]
    digest: str
    previous_digest: str


@dataclass(frozen=True, slots=True)
class DayPage:
    """One day with its checks, or with its proof once it is closed."""

    row: DayRow
    checks: tuple[Check, ...]
    may_close: bool
    proof: Proof | None
    closed_with: date | None = None
    """The later day whose close closed this one too, and whose proof has its entries."""


@dataclass(frozen=True, slots=True)
class DaysPage:
    """One month of days, oldest first."""

    month: date
    """Its first day."""
    days: tuple[DayRow, ...]
