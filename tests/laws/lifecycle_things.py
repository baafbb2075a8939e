"""What there is in the life of a payment: sales, questions, money at processors, books. Used by `lifecycle_model`.

`Held` is money in a processor's book; `Sale` is what the platform believes. Between them lie questions: each reached
its processor or not, and its answer came back or not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

PROCESSORS = ("north", "south")
FINE, REFUSED, LOST, UNANSWERED = "fine", "refused", "lost", "unanswered"
"""What happens to one call: answered; not connected; sent and never seen; done, but the answer is lost."""
CALM, AWAY, SILENT, MUTE = "calm", "away", "silent", "mute"
"""How both processors are while the platform asks by itself: MUTE ones answer questions and lose answers to orders."""
AS_ORDER = {CALM: FINE, AWAY: REFUSED, SILENT: LOST, MUTE: UNANSWERED}

CARDS = {
    "pm_card_visa": "yes",
    "pm_card_pendingRefund": "yes",
    "pm_card_refundFail": "yes",
    "pm_card_chargeDeclinedInsufficientFunds": "no",
    "pm_card_chargeDeclined": "perhaps elsewhere",
    "pm_card_tallystickUnavailable": "nothing",
}


@dataclass(eq=False)
class Held:
    """One payment in a processor's book."""

    processor: str
    currency: str
    authorised: int
    captured: int = 0
    refunded: int = 0
    given_back: int = 0
    disputed: int = 0
    over: bool = False

    @property
    def left(self) -> int:
        return self.captured - self.refunded - self.disputed


@dataclass(eq=False)
class Question:
    """What the platform asked of a processor. `state` is what the platform knows, `said` what the processor did."""

    kind: str
    sale: Sale
    processor: str
    amount: int
    at: Held | None = None
    card: str = ""
    refund: Refund | None = None
    undoes: Question | None = None
    key: str = ""
    state: str = "open"
    said: str = ""
    tried: bool = False
    old: bool = False
    noticed: bool = False

    @property
    def done_elsewhere(self) -> bool:
        """Whether the platform gave it up, and the processor has done it all the same."""
        return self.kind == "authorize" and self.state in ("declined", "not_sent") and self.said == "approved"


@dataclass(eq=False)
class Refund:
    """Money that goes back, as the merchant sees it."""

    amount: int
    status: str = "pending"


@dataclass(eq=False)
class Dispute:
    """A cardholder's objection: `truth` at the processor, `known` here."""

    sale: Sale
    held: Held
    amount: int
    truth: str = "open"
    known: str = ""


@dataclass(eq=False)
class Sale:
    """One payment as the merchant sees it."""

    amount: int
    currency: str
    manual: bool
    card: str
    status: str = ""
    held: Held | None = None
    captured: int = 0
    refunded: int = 0
    disputed: int = 0
    open: Question | None = None
    charges: list[Question] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def capturable(self) -> int:
        return self.held.authorised if self.held and self.status == "requires_capture" else 0


class Books:
    """Accounts by name, processor and currency: debits and credits, pending and posted."""

    def __init__(self) -> None:
        self.accounts: dict[tuple[str, str, str], dict[str, int]] = defaultdict(
            lambda: {"debits_pending": 0, "debits_posted": 0, "credits_pending": 0, "credits_posted": 0}
        )

    def move(self, debit: tuple[str, str, str], credit: tuple[str, str, str], amount: int, how: str = "posted") -> None:
        self.accounts[debit][f"debits_{how}"] += amount
        self.accounts[credit][f"credits_{how}"] += amount


def arrive(question: Question) -> None:
    """Its processor sees an order; what it has seen before changes nothing."""
    if question.said:
        return
    if question.kind == "authorize":
        _authorize(question)
    elif question.kind == "refund":
        _refund(question)
    else:
        held = question.at
        assert held is not None
        question.said = "declined" if held.over else "approved"
        if not held.over:
            held.over = True
            held.captured = question.amount if question.kind == "capture" else 0


def _authorize(question: Question) -> None:
    verdict, automatic = CARDS[question.card], not question.sale.manual
    if verdict == "nothing":
        return
    question.said = "approved" if verdict == "yes" else "declined"
    if verdict == "yes":
        taken = question.amount if automatic else 0
        question.at = Held(question.processor, question.sale.currency, question.amount, taken, over=automatic)


def _refund(question: Question) -> None:
    held = question.at
    assert held is not None
    if question.amount > held.left:
        question.said = "declined"
        return
    later = question.card in ("pm_card_pendingRefund", "pm_card_refundFail")
    question.said = "pending" if later else "approved"
    held.refunded += question.amount
    held.given_back += 0 if later else question.amount


def refund_ends(question: Question) -> None:
    """A refund that was pending at its processor comes to something."""
    held = question.at
    assert held is not None
    if question.card == "pm_card_pendingRefund":
        question.said = "approved"
        held.given_back += question.amount
    else:
        question.said = "declined"
        held.refunded -= question.amount
