"""What the overview shows. Amounts of different currencies are never added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tallystick.base import Instant
from tallystick.dashboard.view.payments import PaymentRow
from tallystick.money import Money


class Period(StrEnum):
    """The stretch of time a chart covers, ending now."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


@dataclass(frozen=True, slots=True)
class VolumePoint:
    """Captured in one hour or day: `minor` units of the volume's currency, in `count` payments."""

    start: Instant
    minor: int
    count: int


@dataclass(frozen=True, slots=True)
class Volume:
    """Captured volume of one currency in equal steps of `step_seconds`, oldest first."""

    currency: str
    step_seconds: int
    points: tuple[VolumePoint, ...]
    before_minor: int
    """The same stretch of time just before, to compare with."""

    @property
    def total(self) -> Money:
        """The sum of the points."""
        return Money(sum(point.minor for point in self.points), self.currency)

    @property
    def count(self) -> int:
        """How many payments."""
        return sum(point.count for point in self.points)


@dataclass(frozen=True, slots=True)
class Approval:
    """Authorisation attempts at one processor by outcome."""

    processor: str
    approved: int
    declined: int
    unknown: int
    not_sent: int

    @property
    def attempts(self) -> int:
        """All attempts, whatever came of them."""
        return self.approved + self.declined + self.unknown + self.not_sent

    @property
    def rate_basis_points(self) -> int | None:
        """Approved of those the processor answered, in hundredths of a percent; None before any answer."""
        answered = self.approved + self.declined
        return self.approved * 10_000 // answered if answered else None


@dataclass(frozen=True, slots=True)
class Clearing:
    """Money under way in one clearing account."""

    account: str
    name: str
    holder: str
    """The processor or bank that has it."""
    balance: Money
    oldest: Instant | None
    """When the oldest part of the balance came in."""
    expected_days: int | None
    """After how many days it should have left by its processor's terms; None where nothing is agreed."""
    overdue: bool


@dataclass(frozen=True, slots=True)
class ProofState:
    """Where today's proof stands."""

    run_id: str | None
    run_verdict: str | None
    run_finished: Instant | None
    open_breaks: int
    oldest_break: Instant | None
    last_closed: date | None
    next_day: date | None
    blockers: int
    """Checks of `next_day` that do not pass yet."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    period: Period
    currencies: tuple[str, ...]
    volume: Volume | None
    approvals: tuple[Approval, ...]
    clearing: tuple[Clearing, ...]
    proof: ProofState
    recent: tuple[PaymentRow, ...]
    unresolved: int
    """Payments whose outcome is not known yet."""
