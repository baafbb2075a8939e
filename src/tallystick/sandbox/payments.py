"""The processor's rules for cards: authorise, capture, void, refund. Captured <= authorised, refunded <= captured.

Every method fills in the operation it is given and leaves its reply to the caller. A rule that says no makes the
operation declined; what cannot be carried out at all raises Problem before anything changed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tallystick import cards, money
from tallystick.base import IdSource, Instant, after
from tallystick.cards import Behaviour
from tallystick.sandbox.book import Book
from tallystick.sandbox.model import Later, Movement, Operation, Payment, Problem, SandboxSettings, Status
from tallystick.sandbox.notices import Notices
from tallystick.sandbox.state import State
from tallystick.sandbox.wire import CaptureRequest, PayRequest, RefundRequest

LARGEST_AMOUNT = 99_999_999_999
_DISPUTED = frozenset({
    Behaviour.DISPUTE, Behaviour.DISPUTE_NOT_RECEIVED, Behaviour.DISPUTE_TWICE, Behaviour.INQUIRY,
    Behaviour.FRAUD_WARNING,
})  # fmt: skip
_CHANCE_DECLINES = (
    "do_not_honor", "insufficient_funds", "generic_decline", "do_not_honor",
    "issuer_not_available", "insufficient_funds", "generic_decline", "card_velocity_exceeded",
)  # fmt: skip


@dataclass
class Conditions:
    """How the processor is doing at present; a control call changes it."""

    available: bool
    latency_ms: int
    approval_basis_points: int


class Payments:
    """The card desk of one processor."""

    def __init__(
        self,
        settings: SandboxSettings,
        state: State,
        ids: IdSource,
        notices: Notices,
        conditions: Conditions,
    ) -> None:
        self._settings = settings
        self._state = state
        self._ids = ids
        self._notices = notices
        self._conditions = conditions
        self._book = Book(state, "processor")

    def behaviour(self, token: str) -> Behaviour:
        """What this processor does with a card; APPROVE for one it does not know or is immune to."""
        known = cards.by_name(token)
        if known is None or known.behaviour.value in self._settings.immune:
            return Behaviour.APPROVE
        return known.behaviour

    def pay(self, asked: PayRequest, op: Operation, *, now: Instant) -> Behaviour:
        """Authorise, and capture if asked to."""
        _check(asked.amount, asked.currency)
        behaviour = self.behaviour(asked.card.token)
        if behaviour is Behaviour.UNAVAILABLE:
            raise Problem(503, "unavailable", "The processor is not available; nothing was done.")
        payment = Payment(
            self._ids.new("sbp"),
            op.id,
            asked.payment_reference,
            asked.card.token,
            asked.currency,
            asked.amount,
            Status.AUTHORIZED,
            now,
        )
        op.payment, op.reference, op.amount, op.currency = payment.id, payment.id, asked.amount, asked.currency
        code = self._decline_code(asked, op.id, behaviour)
        if code is not None:
            payment.status = Status.DECLINED
            _decline(op, cards.decline(code).code, code)
        kind = "payment.authorized" if code is None else "payment.declined"
        self._notices.add(kind, payment, key=op.id, amount=asked.amount, behaviour=behaviour, now=now)
        if code is None and asked.capture:
            self._take(payment, asked.amount, op, behaviour, final=True, now=now)
        else:
            self._state.keep(payment)
        return behaviour

    def capture(self, payment: Payment, asked: CaptureRequest, op: Operation, *, now: Instant) -> Behaviour:
        """Take all or part of an authorisation."""
        amount = payment.authorised - payment.captured if asked.amount is None else asked.amount
        _check(max(amount, 1) if asked.amount is None else amount, payment.currency)
        behaviour = self.behaviour(payment.token)
        op.payment, op.reference, op.amount, op.currency = payment.id, payment.id, amount, payment.currency
        code = _capture_refusal(payment, amount)
        if code:
            _decline(op, code)
        else:
            self._take(payment, amount, op, behaviour, final=asked.final, now=now)
        return behaviour

    def void(self, payment: Payment, op: Operation, *, now: Instant) -> Behaviour:
        """Release an authorisation, or what a partial capture left of it."""
        behaviour = self.behaviour(payment.token)
        op.payment, op.reference, op.currency = payment.id, payment.id, payment.currency
        op.amount = payment.authorised - payment.captured
        if payment.final or payment.status not in (Status.AUTHORIZED, Status.CAPTURED):
            _decline(op, "payment_unexpected_state")
            return behaviour
        payment.final = True
        if not payment.captured:
            payment.status = Status.VOIDED
        self._state.keep(payment)
        self._notices.add("payment.voided", payment, key=op.id, amount=op.amount, behaviour=behaviour, now=now)
        return behaviour

    def refund(self, payment: Payment, asked: RefundRequest, op: Operation, *, now: Instant) -> Behaviour:
        """Give back all or part of what was captured; some cards answer later."""
        left = payment.captured - payment.refunded - payment.disputed
        amount = left if asked.amount is None else asked.amount
        _check(max(amount, 1) if asked.amount is None else amount, payment.currency)
        behaviour = self.behaviour(payment.token)
        op.payment, op.amount, op.currency = payment.id, amount, payment.currency
        op.reference = self._ids.new("sbr")
        code = _refund_refusal(payment, amount, left)
        if code:
            _decline(op, code)
            return behaviour
        payment.refunded += amount
        self._state.keep(payment)
        if behaviour in (Behaviour.REFUND_PENDING, Behaviour.REFUND_FAILS):
            self._refund_later(op, behaviour, now)
        else:
            self._give_back(payment, op, now)
        return behaviour

    def finish_refund(self, op: Operation, *, succeeds: bool, now: Instant) -> None:
        """What a pending refund came to. The reply given before stays; a look-up tells the new state."""
        payment = self._state.payments[op.payment]
        behaviour = self.behaviour(payment.token)
        if succeeds:
            op.status = "approved"
            self._give_back(payment, op, now)
        else:
            payment.refunded -= op.amount
            self._state.keep(payment)
            _decline(op, "refund_failed")
        kind = "refund.succeeded" if succeeds else "refund.failed"
        details = {"refund": op.reference} | ({} if succeeds else {"reason": "expired_or_canceled_card"})
        self._notices.add(kind, payment, key=op.id, amount=op.amount, behaviour=behaviour, now=now, details=details)
        self._state.keep(op)

    def _take(
        self, payment: Payment, amount: int, op: Operation, behaviour: Behaviour, *, final: bool, now: Instant
    ) -> None:
        first = not payment.captured
        payment.captured += amount
        payment.final = final or payment.captured == payment.authorised
        payment.status = Status.CAPTURED
        assert payment.captured <= payment.authorised, "more captured than authorised"
        self._state.keep(payment)
        fee = self._fee(amount, payment.currency)
        self._move("charge", self._ids.new("sbc"), payment, op.id, amount, fee, now)
        self._notices.add("payment.captured", payment, key=op.id, amount=amount, behaviour=behaviour, now=now)
        if first and behaviour in _DISPUTED:
            due = after(now, seconds=self._settings.dispute_delay_seconds)
            self._state.keep(Later(self._ids.new("ltr"), due, "dispute", payment.id))

    def _give_back(self, payment: Payment, op: Operation, now: Instant) -> None:
        assert payment.refunded <= payment.captured, "more refunded than captured"
        self._move("refund", op.reference, payment, op.id, -op.amount, 0, now)

    def _refund_later(self, op: Operation, behaviour: Behaviour, now: Instant) -> None:
        op.status = "pending"
        due = after(now, seconds=self._settings.refund_delay_seconds)
        succeeds = behaviour is Behaviour.REFUND_PENDING
        self._state.keep(Later(self._ids.new("ltr"), due, "refund_succeeds" if succeeds else "refund_fails", op.id))

    def _move(self, kind: str, name: str, payment: Payment, key: str, gross: int, fee: int, now: Instant) -> None:
        move(self._state, self._book, kind=kind, name=name, payment=payment, key=key, gross=gross, fee=fee, now=now)

    def _fee(self, amount: int, currency: str) -> int:
        fee = self._settings.fees.get(currency, self._settings.fee)
        return money.portion(amount, fee.basis_points) + fee.fixed_minor

    def _decline_code(self, asked: PayRequest, key: str, behaviour: Behaviour) -> str | None:
        if behaviour is Behaviour.DECLINE:
            known = cards.by_name(asked.card.token)
            assert known is not None, "only a known card declines by itself"
            return known.decline_code
        if behaviour is Behaviour.REQUIRES_ACTION:
            return "authentication_required"
        return self._by_chance(asked, key) if behaviour is Behaviour.APPROVE else None

    def _by_chance(self, asked: PayRequest, key: str) -> str | None:
        """The issuer's mood: a pure function of the seed and of what is asked, never of the order of calls.

        A described payment is the same payment however often and under whatever key it is tried, so that a day
        played twice is approved and declined alike.
        """
        approved = self._conditions.approval_basis_points
        if approved >= money.BASIS_POINTS:
            return None
        what = asked.description or key
        said = f"{self._settings.seed}|{self._settings.name}|{what}|{asked.amount}|{asked.currency}|{asked.card.token}"
        number = int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest(), "big")
        mood, reason = number % money.BASIS_POINTS, number // money.BASIS_POINTS
        return None if mood < approved else _CHANCE_DECLINES[reason % len(_CHANCE_DECLINES)]


def move(
    state: State, book: Book, *, kind: str, name: str, payment: Payment, key: str, gross: int, fee: int, now: Instant
) -> None:
    """Keep a movement of money and post it: gross between the issuers and the merchant, the fee from the merchant."""
    assert kind in ("charge", "refund", "dispute", "dispute_reversal")
    movement = Movement(name, kind, key, payment.id, payment.reference, payment.currency, gross, fee, now)  # type: ignore[arg-type]  # asserted above
    state.keep_movement(movement)
    book.post(debit="issuers", credit="merchant", currency=payment.currency, amount=gross, reference=name)
    book.post(debit="merchant", credit="fees", currency=payment.currency, amount=fee, reference=name)


def _decline(op: Operation, code: str, decline_code: str | None = None) -> None:
    op.status, op.code, op.decline_code = "declined", code, decline_code


def _capture_refusal(payment: Payment, amount: int) -> str:
    if payment.status is Status.CAPTURED and payment.final:
        return "already_captured"
    if payment.final or payment.status not in (Status.AUTHORIZED, Status.CAPTURED):
        return "payment_unexpected_state"
    return "amount_too_large" if payment.captured + amount > payment.authorised else ""


def _refund_refusal(payment: Payment, amount: int, left: int) -> str:
    if payment.status is not Status.CAPTURED:
        return "payment_unexpected_state"
    if 0 < amount <= left:
        return ""
    return "charge_disputed" if payment.disputed else "amount_too_large"


def _check(amount: int, currency: str) -> None:
    if not 0 < amount <= LARGEST_AMOUNT:
        raise Problem(400, "invalid_request", f"amount must be 1 to {LARGEST_AMOUNT} minor units")
    if currency not in money.CURRENCIES:
        raise Problem(400, "invalid_request", f"currency {currency[:10]!r} is not one of ISO 4217, in capitals")
