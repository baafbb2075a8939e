"""What the pages ask, one protocol per page.

`pages/` answers from the rooms' own doors; tests answer from a table of believable data. Nothing here decides:
a `Refused` from a room travels through and is shown with its message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from tallystick.base import Instant
from tallystick.dashboard import view
from tallystick.dashboard.view import Scope


class People(Protocol):
    """Who may come in."""

    async def sign_in(self, email: str, password: str, address: str, *, now: Instant) -> str | None:
        """The token of a new session, or None when the two do not belong together. Raises Refused to slow guessing."""

    async def session(self, token: str, *, now: Instant) -> view.Visitor | None:
        """The visitor of a session that is still valid."""

    async def sign_out(self, token: str, *, now: Instant) -> None:
        """End the session; ending an unknown one is fine."""


class Start(Protocol):
    """The overview."""

    async def overview(self, scope: Scope, period: view.Period, currency: str, *, now: Instant) -> view.Overview:
        """Everything on the first page; an empty `currency` takes the one with most payments."""

    async def open_breaks(self, scope: Scope) -> int:
        """The number beside the word in the navigation."""


class Payments(Protocol):
    """The payments list and one payment."""

    async def payments(self, scope: Scope, wanted: view.PaymentFilter, *, now: Instant) -> view.PaymentsPage:
        """One page of payments."""

    async def payment(self, scope: Scope, payment_id: str, *, now: Instant) -> view.PaymentPage | None:
        """One payment of the scope's merchants."""


class Reconciliation(Protocol):
    """Runs and breaks."""

    async def runs(self, scope: Scope) -> tuple[view.RunRow, ...]:
        """The latest runs, newest first."""

    async def run(self, scope: Scope, run_id: str) -> view.RunPage | None:
        """One run."""

    async def breaks(self, scope: Scope, *, done: bool, kind: str, owner: str) -> view.BreaksPage:
        """Open or finished breaks."""

    async def break_(self, scope: Scope, break_id: str) -> view.BreakPage | None:
        """One break."""

    async def assign(self, scope: Scope, break_id: str, owner: str, *, now: Instant) -> None:
        """Give the break to somebody."""

    async def comment(self, scope: Scope, break_id: str, text: str, *, now: Instant) -> None:
        """Say something about it."""

    async def resolve(self, scope: Scope, break_id: str, text: str, *, now: Instant) -> None:
        """The difference is explained and corrected."""

    async def sign_off(self, scope: Scope, break_id: str, reason: str, *, now: Instant) -> None:
        """The difference stays; somebody takes it on."""


class Close(Protocol):
    """Day close."""

    async def days(self, scope: Scope, month: date, *, now: Instant) -> view.DaysPage:
        """The days of a month."""

    async def day(self, scope: Scope, day: date, *, now: Instant) -> view.DayPage | None:
        """One day."""

    async def close(self, scope: Scope, day: date, *, now: Instant) -> None:
        """Lock the day; refused while a check does not pass."""


class Books(Protocol):
    """The ledger."""

    async def trial_balance(self, scope: Scope) -> view.TrialBalance:
        """Every account."""


class Developers(Protocol):
    """Webhooks, keys and the system page."""

    async def deliveries(self, scope: Scope, *, state: str, before: str) -> view.DeliveriesPage:
        """Webhook deliveries, newest first."""

    async def delivery(self, scope: Scope, delivery_id: str) -> view.DeliveryRow | None:
        """One delivery."""

    async def resend(self, scope: Scope, delivery_id: str, *, now: Instant) -> None:
        """Send it again soon."""

    async def keys(self, scope: Scope) -> tuple[view.KeyRow, ...]:
        """API keys, newest first."""

    async def issue_key(self, scope: Scope, merchant_id: str, kind: str, name: str, *, now: Instant) -> view.IssuedKey:
        """A new key of the scope's mode, shown once."""

    async def revoke_key(self, scope: Scope, key_id: str, *, now: Instant) -> None:
        """End a key at once."""

    async def findings(self, scope: Scope, *, now: Instant) -> tuple[view.Finding, ...]:
        """How the system is."""


@dataclass(frozen=True, slots=True)
class Doors:
    """All a dashboard needs to be served."""

    people: People
    start: Start
    payments: Payments
    reconciliation: Reconciliation
    close: Close
    books: Books
    developers: Developers
