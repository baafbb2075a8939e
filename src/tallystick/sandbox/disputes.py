"""Disputes: opened after a capture, the money withdrawn at once, given back when won; the fee stays.

The kinds follow Stripe's test cards (docs.stripe.com/testing#disputes): fraudulent, product not received, twice, an
inquiry (no money moves) and an early fraud warning (only news).
"""

from __future__ import annotations

from collections.abc import Mapping

from tallystick import money
from tallystick.base import IdSource, Instant
from tallystick.cards import Behaviour
from tallystick.sandbox.book import Book
from tallystick.sandbox.model import Dispute, Payment, Problem, SandboxSettings
from tallystick.sandbox.notices import Notices
from tallystick.sandbox.payments import move
from tallystick.sandbox.state import State


class Disputes:
    """The dispute desk of one processor."""

    def __init__(self, settings: SandboxSettings, state: State, ids: IdSource, notices: Notices) -> None:
        self._settings = settings
        self._state = state
        self._ids = ids
        self._notices = notices
        self._book = Book(state, "processor")

    def arise(self, payment: Payment, behaviour: Behaviour, *, now: Instant) -> None:
        """What a card's holder does some time after the capture."""
        left = payment.captured - payment.refunded - payment.disputed
        match behaviour:
            case Behaviour.FRAUD_WARNING:
                self._tell("fraud.warning", payment, payment.captured, now, {"reason": "issuer_suspects_fraud"})
            case Behaviour.INQUIRY:
                self._inquire(payment, left, now=now)
            case Behaviour.DISPUTE_TWICE:
                for part in money.split(left, [1, 1]):
                    self.open(payment, part, reason="fraudulent", now=now)
            case Behaviour.DISPUTE_NOT_RECEIVED:
                self.open(payment, left, reason="product_not_received", now=now)
            case _:
                self.open(payment, left, reason="fraudulent", now=now)

    def open(self, payment: Payment, amount: int, *, reason: str, now: Instant) -> Dispute | None:
        """Dispute `amount` of a payment and withdraw it; None when there is nothing left to dispute."""
        if amount <= 0:
            return None
        dispute = self._make(payment, amount, reason, now)
        payment.disputed += amount
        self._state.keep(payment)
        fee = self._settings.dispute_fee_minor
        self._move("dispute", payment, dispute, gross=-amount, fee=fee, now=now)
        self._tell("dispute.opened", payment, amount, now, {"dispute": dispute.id, "reason": reason, "fee": fee})
        return dispute

    def conclude(self, name: str, outcome: str, *, now: Instant) -> Dispute:
        """Decide an open dispute: `won` gives the money back, `lost` leaves it gone. Deciding alike again is fine.

        Raises Problem for an unknown dispute, outcome, or one decided otherwise.
        """
        dispute = self._state.disputes.get(name)
        if dispute is None:
            raise Problem(404, "dispute_missing", f"No dispute is called {name}.")
        if outcome not in ("won", "lost"):
            raise Problem(400, "invalid_request", "outcome is won or lost")
        if dispute.status == outcome:
            return dispute
        if dispute.status not in ("open", "inquiry"):
            raise Problem(400, "dispute_decided", f"The dispute was {dispute.status} before.")
        self._decide(dispute, won=outcome == "won", now=now)
        return dispute

    def _decide(self, dispute: Dispute, *, won: bool, now: Instant) -> None:
        payment = self._state.payments[dispute.payment]
        money_was_taken = dispute.status == "open"
        dispute.status = "won" if won else "lost"
        self._state.keep(dispute)
        if won and money_was_taken:
            payment.disputed -= dispute.amount
            self._state.keep(payment)
            self._move("dispute_reversal", payment, dispute, gross=dispute.amount, fee=0, now=now)
        details = {"dispute": dispute.id, "reason": dispute.reason}
        self._tell("dispute.won" if won else "dispute.lost", payment, dispute.amount, now, details)

    def _inquire(self, payment: Payment, amount: int, *, now: Instant) -> None:
        dispute = self._make(payment, amount, "fraudulent", now)
        dispute.status = "inquiry"
        self._tell("dispute.inquiry", payment, amount, now, {"dispute": dispute.id, "reason": dispute.reason})

    def _make(self, payment: Payment, amount: int, reason: str, now: Instant) -> Dispute:
        dispute = Dispute(self._ids.new("sbd"), payment.id, payment.key, amount, payment.currency, reason, now)
        self._state.keep(dispute)
        return dispute

    def _move(self, kind: str, payment: Payment, dispute: Dispute, *, gross: int, fee: int, now: Instant) -> None:
        name = self._ids.new("sbm")
        move(
            self._state,
            self._book,
            kind=kind,
            name=name,
            payment=payment,
            key=dispute.id,
            gross=gross,
            fee=fee,
            now=now,
        )

    def _tell(self, kind: str, payment: Payment, amount: int, now: Instant, details: Mapping[str, str | int]) -> None:
        self._notices.add(
            kind, payment, key=payment.key, amount=amount, behaviour=Behaviour.APPROVE, now=now, details=details
        )
