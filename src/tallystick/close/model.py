"""The words of the day close: facts of a day, what stands in the way, the proof that is left behind.

A close locks the books up to and with its day; what comes later is a new entry on a later day (law 10,
docs/reference/laws.md). Amounts are minor units; a balance is positive on the debit side.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tallystick.base import Instant, Kind, RefusalCode


class CloseRefusal(RefusalCode):
    """Why a day is not closed, or not found."""

    CLOSE_MISSING = "close_missing", Kind.MISSING
    """The day has not been closed by itself."""
    ALREADY_CLOSED = "day_already_closed", Kind.STATE
    """The day is closed; corrections are new entries on a later day."""
    NOT_READY = "day_not_ready", Kind.STATE
    """Something stands in the way; the answer names all of it."""
    OVERTAKEN = "close_overtaken", Kind.CONFLICT
    """The books of the day moved while they were checked; try again in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One account over the days since the close before: opening + debits - credits = closing."""

    account: str
    name: str
    merchant: str
    processor: str
    currency: str
    opening_minor: int
    debits_minor: int
    credits_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearing:
    """A clearing account and what it consists of. The residual is what nobody can explain."""

    account: str
    currency: str
    balance_minor: int
    open_minor: int
    difference_minor: int
    in_flight_minor: int

    @property
    def residual_minor(self) -> int:
        """Zero, or the day cannot close."""
        return self.balance_minor - self.open_minor - self.difference_minor - self.in_flight_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFile:
    """A statement that has to be there for a day."""

    day: date
    family: str
    account: str
    arrived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBreak:
    """A break nobody has settled."""

    id: str
    break_class: str
    amount_minor: int
    currency: str
    owner: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOff:
    """A difference the day is closed with, and who took it on."""

    break_id: str
    break_class: str
    amount_minor: int
    currency: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A reconciliation the proof rests on."""

    id: str
    name: str
    day: date
    verdict: str
    digest: str
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the checks look at. Reading is done before; a check only decides."""

    day: date
    now: Instant
    """When they were read; a day that is not over by then cannot close."""
    livemode: bool
    lines: tuple[Line, ...]
    later: dict[str, int]
    """Net debit booked on later days, by account."""
    balances: dict[str, int]
    """Net debit as the books stand now, by account."""
    clearing: tuple[Clearing, ...]
    files: tuple[ExpectedFile, ...]
    waiting: dict[str, int]
    """Items no reconciliation has looked at, by its name; -1 where it was not run for the day."""
    breaks: tuple[OpenBreak, ...]
    signed_off: tuple[SignedOff, ...]
    runs: tuple[Ran, ...]
    unknown: int
    """Attempts of the day or before without an outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that stands in the way. `about` is an id or an account to go to."""

    check: str
    code: str
    message: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What one check came to."""

    name: str
    title: str
    passed: bool
    detail: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All checks of a day, in order; `ready` when nothing stands in the way."""

    day: date
    livemode: bool
    checks: tuple[Checked, ...]

    @property
    def ready(self) -> bool:
        """Whether the day can close."""
        return all(check.passed for check in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that stands in the way."""
        return tuple(finding for check in self.checks for finding in check.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed day with its proof. `proof` is the JSON document whose SHA-256 is `digest`."""

    id: str
    seq: int
    livemode: bool
    day: date
    created: Instant
    closed_by: str
    digest: str
    previous_digest: str
    proof: bytes
