"""What becomes of payments, said as plainly as possible: lists and dictionaries, no database, no time, no code shared
with the platform or its stand-in processors. The model plays both sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import repeat

from tests.laws.lifecycle_things import (
    AS_ORDER,
    AWAY,
    CARDS,
    FINE,
    LOST,
    PROCESSORS,
    REFUSED,
    SILENT,
    Books,
    Dispute,
    Held,
    Question,
    Refund,
    Sale,
    arrive,
    refund_ends,
)

FEE_BASIS_POINTS, FEE_FIXED = 290, {"eur": 25, "jpy": 30, "kwd": 90}
Answer = tuple[int, str]
DONE: Answer = (200, "")
BUSY: Answer = (409, "lock_timeout")
SAY_DONE = ("payment.authorized", "payment.captured")
UNEXPECTED: Answer = (400, "payment_intent_unexpected_state")


class Model:
    """Verbs answer HTTP status and error code. `told` collects news by sale, `sent` the orders given to processors."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []
        self.questions: list[Question] = []
        self.disputes: list[Dispute] = []
        self.books = Books()
        self.told: dict[Sale, list[str]] = defaultdict(list)
        self.sent: list[Question] = []

    # --- what merchants ask for ---

    def create(self, sale: Sale, confirm: bool, fates: Iterator[str]) -> Answer:
        self.sales.append(sale)
        sale.status = "requires_confirmation" if sale.card else "requires_payment_method"
        self.told[sale].append("payment_intent.created")
        return self.authorise(sale, fates) if confirm else DONE

    def confirm(self, sale: Sale, card: str, fates: Iterator[str]) -> Answer:
        if sale.open:
            return BUSY
        if sale.status not in ("requires_payment_method", "requires_confirmation") or not (card or sale.card):
            return UNEXPECTED
        sale.card = card or sale.card
        return self.authorise(sale, fates)

    def update(self, sale: Sale, amount: int, card: str) -> Answer:
        if sale.open:
            return BUSY
        if sale.status not in ("requires_payment_method", "requires_confirmation"):
            return UNEXPECTED
        sale.amount = amount or sale.amount
        sale.card = card or sale.card
        sale.status = "requires_confirmation" if sale.card else "requires_payment_method"
        return DONE

    def authorise(self, sale: Sale, fates: Iterator[str]) -> Answer:
        sale.status = "processing"
        question = self._charge(sale, PROCESSORS[0])
        self._go_on(question, self._order(question, next(fates)), fates)
        return DONE if sale.status != "requires_payment_method" else (402, sale.charges[-1].state)

    def capture(self, sale: Sale, amount: int | None, fates: Iterator[str]) -> Answer:
        if sale.open:
            return BUSY
        if sale.status != "requires_capture" or sale.held is None:
            return UNEXPECTED
        wanted = sale.held.authorised if amount is None else amount
        if wanted > sale.held.authorised:
            return 400, "amount_too_large"
        return self._follow("capture", sale, wanted, "capture_declined", fates)

    def cancel(self, sale: Sale, fates: Iterator[str], *, begun: bool = False) -> Answer:
        if sale.status in ("requires_payment_method", "requires_confirmation"):
            sale.status = "canceled"
            self.told[sale].append("payment_intent.canceled")
            return DONE
        if sale.status == "processing":
            return BUSY
        if sale.status != "requires_capture" or sale.held is None:
            return DONE if begun and sale.status == "canceled" else UNEXPECTED
        return self._follow("void", sale, sale.held.authorised, "cancel_declined", fates)

    def _follow(self, kind: str, sale: Sale, amount: int, declined: str, fates: Iterator[str]) -> Answer:
        assert sale.held is not None
        question = self._question(kind, sale, sale.held.processor, amount, at=sale.held)
        outcome = self._order(question, next(fates))
        self._settle(question, outcome)
        return {"not_sent": (503, "processor_unavailable"), "declined": (400, declined)}.get(outcome, DONE)

    def refund(self, sale: Sale, amount: int | None, fates: Iterator[str]) -> Answer:
        left = sale.captured - sale.refunded
        if not sale.captured:
            return 400, "charge_not_refundable"
        if not left:
            return 400, "charge_already_refunded"
        if sale.disputed:
            return 400, "charge_disputed"
        if amount is not None and amount > left:
            return 400, "refund_amount_too_large"
        if sale.open:
            return BUSY
        assert sale.held is not None
        refund = Refund(amount or left)
        sale.refunds.append(refund)
        self.told[sale].append("refund.created")
        question = self._question("refund", sale, sale.held.processor, refund.amount, at=sale.held)
        question.refund, question.card = refund, sale.charges[-1].card
        self._settle(question, self._order(question, next(fates)))
        return DONE

    # --- what becomes known later ---

    def time_passes(self, condition: str) -> None:
        """Hours later the platform has asked for everything it does not know."""
        for question in self.questions:
            question.old = True
            if question.said == "pending":
                refund_ends(question)
        for question in [q for q in self.questions if q.state == "open"]:
            if question.undoes and not question.tried:
                question.tried = True
                self._settle(question, self._order(question, AS_ORDER[condition]))
            else:
                self._ask_about(question, condition)

    def news_of(self, question: Question, kind: str, condition: str) -> bool:
        """A processor tells of a question, truly or not. The platform asks; False when it could learn nothing."""
        if question.state == "open":
            self._ask_about(question, condition)
        elif question.state != "approved" and not question.noticed and kind in SAY_DONE:
            too_young = question.kind == "authorize" and not question.said and not question.old
            if condition in (AWAY, SILENT) or too_young:
                return False
            if question.done_elsewhere:
                self._undo(question)
        return True

    def news_of_dispute(self, dispute: Dispute, verdict: str) -> None:
        """`verdict` is won, lost, or empty where it was opened."""
        sale, payable = dispute.sale, self._payable(dispute.held.currency)
        if not dispute.known:
            dispute.known = "open"
            sale.disputed += dispute.amount
            self.books.move(payable, self._receivable(dispute.held), dispute.amount)
            self.told[sale] += ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
        if verdict and dispute.known == "open":
            dispute.known = verdict
            self.told[sale].append("charge.dispute.closed")
            if verdict == "won":
                sale.disputed -= dispute.amount
                self.books.move(self._receivable(dispute.held), payable, dispute.amount)
                self.told[sale].append("charge.dispute.funds_reinstated")

    def _ask_about(self, question: Question, condition: str) -> None:
        if condition in (AWAY, SILENT):
            return
        if question.said:
            self._go_on(question, question.said, repeat(AS_ORDER[condition]))
        elif question.kind != "authorize":
            self._settle(question, self._order(question, AS_ORDER[condition]))
        elif question.old:
            self._go_on(question, "not_sent", repeat(AS_ORDER[condition]))

    def _undo(self, late: Question) -> None:
        late.noticed = True
        assert late.at is not None
        automatic = not late.sale.manual
        undoing = self._question("refund" if automatic else "void", late.sale, late.processor, late.amount, at=late.at)
        undoing.undoes, undoing.key, undoing.card = late, "undo_" + late.key.partition("_")[2], late.card
        if automatic:
            self.books.move(self._receivable(late.at), self._payable(late.at.currency), late.amount)

    # --- what follows from an outcome ---

    def _question(
        self, kind: str, sale: Sale, processor: str, amount: int, *, at: Held | None = None, card: str = ""
    ) -> Question:
        question = Question(kind, sale, processor, amount, at, card)
        self.questions.append(question)
        return question

    def _charge(self, sale: Sale, processor: str) -> Question:
        sale.charges.append(self._question("authorize", sale, processor, sale.amount, card=sale.card))
        return sale.charges[-1]

    def _go_on(self, question: Question, outcome: str, fates: Iterator[str]) -> None:
        """Whether at once or much later: what another processor may do, another one is asked to do."""
        sale = question.sale
        while question.kind == "authorize" and question.processor != PROCESSORS[-1]:
            if outcome != "not_sent" and (outcome != "declined" or CARDS[question.card] != "perhaps elsewhere"):
                break
            question.state = outcome
            self.told[sale].append("charge.failed")
            question = self._charge(sale, PROCESSORS[PROCESSORS.index(question.processor) + 1])
            outcome = self._order(question, next(fates))
        self._settle(question, outcome)

    def _order(self, question: Question, fate: str) -> str:
        """What the platform learns from one call."""
        self.sent.append(question)
        if fate not in (REFUSED, LOST):
            arrive(question)
        if fate == REFUSED or (fate == FINE and not question.said):
            promised = question.kind == "refund" or question.undoes is not None
            return "unknown" if promised else "not_sent"
        return question.said if fate == FINE else "unknown"

    def _settle(self, question: Question, outcome: str) -> None:
        sale = question.sale
        if outcome in ("unknown", "pending"):
            if not question.undoes:
                if sale.open is None and question.kind != "refund":
                    self.told[sale].append("payment_intent.processing")
                    sale.status = "processing"
                sale.open = question
            return
        question.state = outcome
        if question.undoes:
            if question.kind == "refund" and outcome == "approved":
                self._give_back(question)
            return
        sale.open = None
        getattr(self, f"_{question.kind}_{'done' if outcome == 'approved' else 'failed'}")(question)

    def _authorize_done(self, question: Question) -> None:
        sale, held = question.sale, question.at
        assert held is not None
        sale.held = held
        self.told[sale].append("charge.succeeded")
        if sale.manual:
            sale.status = "requires_capture"
            self.books.move(self._receivable(held), self._payable(held.currency), held.authorised, "pending")
            self.told[sale].append("payment_intent.amount_capturable_updated")
        else:
            self._take(sale, held.authorised)

    def _authorize_failed(self, question: Question) -> None:
        question.sale.status, question.sale.card = "requires_payment_method", ""
        self.told[question.sale] += ["charge.failed", "payment_intent.payment_failed"]

    def _capture_done(self, question: Question) -> None:
        self._release(question)
        self.told[question.sale].append("charge.captured")
        self._take(question.sale, question.amount)

    def _void_done(self, question: Question) -> None:
        self._release(question)
        question.sale.status = "canceled"
        self.told[question.sale].append("payment_intent.canceled")

    def _capture_failed(self, question: Question) -> None:
        question.sale.status = "requires_capture"

    _void_failed = _capture_failed

    def _refund_done(self, question: Question) -> None:
        assert question.refund is not None
        question.refund.status = "succeeded"
        question.sale.refunded += question.amount
        self._give_back(question)
        self.told[question.sale] += ["charge.refunded", "refund.updated"]

    def _refund_failed(self, question: Question) -> None:
        assert question.refund is not None
        question.refund.status = "failed"
        self.told[question.sale] += ["refund.updated", "refund.failed"]

    # --- the books, by the posting table ---

    def _take(self, sale: Sale, amount: int) -> None:
        assert sale.held is not None
        sale.status, sale.captured = "succeeded", amount
        payable = self._payable(sale.currency)
        self.books.move(self._receivable(sale.held), payable, amount)
        fee = min(amount, round(Fraction(amount * FEE_BASIS_POINTS, 10_000)) + FEE_FIXED[sale.currency])
        self.books.move(payable, ("fee_revenue", "", sale.currency), fee)
        self.told[sale].append("payment_intent.succeeded")

    def _release(self, question: Question) -> None:
        held = question.at
        assert held is not None
        self.books.move(self._receivable(held), self._payable(held.currency), -held.authorised, "pending")

    def _give_back(self, question: Question) -> None:
        assert question.at is not None
        self.books.move(self._payable(question.at.currency), self._receivable(question.at), question.amount)

    @staticmethod
    def _receivable(held: Held) -> tuple[str, str, str]:
        return "processor_receivable", held.processor, held.currency

    @staticmethod
    def _payable(currency: str) -> tuple[str, str, str]:
        return "merchant_payable", "", currency
