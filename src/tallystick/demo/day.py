"""The script of a business day: a seed goes in, a list of orders comes out. Pure, so that a day can be played again.

An order's description is all a sandbox processor needs to decide alike each time (docs/reference/sandbox.md), so two
plays of one script differ in ids and moments and in nothing that is about money.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tallystick import money


class Kind(StrEnum):
    """What is special about an order. Those called ordinary differ only in what the merchant asks for."""

    PLAIN = "plain"
    TWO_STEPS = "confirmed later"
    CAPTURED = "captured later"
    PARTLY_CAPTURED = "captured in part"
    CANCELED = "hold cancelled"
    ABANDONED = "never confirmed"
    DECLINED = "card declined"
    SECOND_CARD = "second card"
    REFUNDED = "refunded"
    PARTLY_REFUNDED = "refunded in part"
    OFTEN_REFUNDED = "refunded thrice"
    REFUND_PENDING = "refund pending"
    REFUND_FAILS = "refund fails"
    DISPUTED = "disputed"
    CASCADED = "processor down"
    ANSWER_LOST = "answer lost"
    CAPTURE_LOST = "capture lost"
    REFUND_LOST = "refund lost"
    TOLD_TWICE = "told twice"
    TOLD_IN_DISORDER = "told in disorder"


LEAVES_DOUBT = frozenset({Kind.ANSWER_LOST, Kind.CAPTURE_LOST, Kind.REFUND_LOST})
"""Their outcome is unknown for a while, so they come early in the day."""
HELD = frozenset({Kind.CAPTURED, Kind.PARTLY_CAPTURED, Kind.CANCELED, Kind.CAPTURE_LOST})


@dataclass(frozen=True, slots=True)
class Share:
    """How often a kind occurs: `per_thousand` orders, but at least `least` a day."""

    kind: Kind
    per_thousand: int
    least: int = 1


SHARES = (
    Share(Kind.TWO_STEPS, 60, 4),
    Share(Kind.CAPTURED, 60, 4),
    Share(Kind.PARTLY_CAPTURED, 40, 3),
    Share(Kind.CANCELED, 30, 2),
    Share(Kind.ABANDONED, 10),
    Share(Kind.DECLINED, 35, 3),
    Share(Kind.SECOND_CARD, 20, 2),
    Share(Kind.REFUNDED, 40, 3),
    Share(Kind.PARTLY_REFUNDED, 30, 2),
    Share(Kind.OFTEN_REFUNDED, 15, 2),
    Share(Kind.REFUND_PENDING, 2),
    Share(Kind.REFUND_FAILS, 1),
    Share(Kind.DISPUTED, 4, 3),
    Share(Kind.CASCADED, 6, 2),
    Share(Kind.ANSWER_LOST, 3, 2),
    Share(Kind.CAPTURE_LOST, 1),
    Share(Kind.REFUND_LOST, 1),
    Share(Kind.TOLD_TWICE, 4, 2),
    Share(Kind.TOLD_IN_DISORDER, 2),
)
FEWEST = 100
"""Orders in a day: fewer would not hold every kind and leave enough plain ones to plant trouble in."""

_ORDINARY_CARDS = (
    "pm_card_visa", "pm_card_visa", "pm_card_visa_debit", "pm_card_mastercard", "pm_card_mastercard_debit",
    "pm_card_amex", "pm_card_de", "pm_card_fr", "pm_card_gb", "pm_card_jp", "pm_card_ae", "pm_card_unionpay",
)  # fmt: skip
_DECLINED_CARDS = (
    "pm_card_visa_chargeDeclined", "pm_card_visa_chargeDeclinedInsufficientFunds",
    "pm_card_visa_chargeDeclinedLostCard", "pm_card_chargeDeclinedExpiredCard", "pm_card_chargeDeclinedIncorrectCvc",
)  # fmt: skip
_SPECIAL_CARDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.DECLINED: _DECLINED_CARDS,
    Kind.SECOND_CARD: _DECLINED_CARDS,
    Kind.REFUND_PENDING: ("pm_card_pendingRefund",),
    Kind.REFUND_FAILS: ("pm_card_refundFail",),
    Kind.DISPUTED: ("pm_card_createDispute", "pm_card_createDisputeProductNotReceived"),
    Kind.CASCADED: ("pm_card_tallystickUnavailable",),
    Kind.ANSWER_LOST: ("pm_card_tallystickTimeout",),
    Kind.CAPTURE_LOST: ("pm_card_tallystickTimeoutOnCapture",),
    Kind.REFUND_LOST: ("pm_card_tallystickTimeoutOnRefund",),
    Kind.TOLD_TWICE: ("pm_card_tallystickDuplicateNotification",),
    Kind.TOLD_IN_DISORDER: ("pm_card_tallystickReordered",),
}
_RANGES = {"EUR": (490, 24_900), "USD": (500, 29_900), "GBP": (450, 18_900), "JPY": (600, 48_000), "KWD": (150, 9_000)}
"""Smallest and largest order, in minor units; dinars in tens of fils, because a card network knows two decimals."""
_STEP = {"KWD": 10}


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant: what it is called, what it pays us, and in which currencies it sells (weights)."""

    id: str
    name: str
    email: str
    country: str
    currency: str
    sells: Mapping[str, int]
    basis_points: int
    fixed_minor: Mapping[str, int]


SHOPS = (
    Shop("acct_nordwind", "Nordwind Outdoor", "accounts@nordwind.example", "DE", "EUR",
         {"EUR": 70, "GBP": 18, "USD": 12}, 320, {"EUR": 25, "GBP": 20, "USD": 30}),
    Shop("acct_bluefin", "Bluefin Audio", "finance@bluefin.example", "US", "USD",
         {"USD": 66, "EUR": 14, "JPY": 20}, 350, {"EUR": 25, "USD": 30, "JPY": 40}),
    Shop("acct_saffron", "Saffron & Salt", "books@saffron.example", "KW", "KWD",
         {"KWD": 52, "USD": 28, "EUR": 20}, 340, {"EUR": 25, "USD": 30, "KWD": 100}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Order:
    """One payment as its merchant wants it; amounts in minor units of `currency`.

    `refunds` are given back one after the other; an empty `won` leaves a dispute undecided.
    """

    number: int
    kind: Kind
    shop: str
    description: str
    currency: str
    amount: int
    card: str
    second_card: str = ""
    capture: int | None = None
    refunds: tuple[int, ...] = ()
    dispute: str = ""

    @property
    def manual(self) -> bool:
        """Whether the money is only held at first."""
        return self.kind in HELD


def script(seed: int, payments: int) -> list[Order]:
    """The orders of a day, in the order in which customers come. Raises ValueError for fewer than FEWEST."""
    if payments < FEWEST:
        raise ValueError(f"a day has at least {FEWEST} payments")
    chance = random.Random(f"tallystick business day {seed}")
    kinds = _kinds(chance, payments)
    outcomes = iter(("won", "lost", "", *chance.choices(("won", "lost", ""), k=payments)))
    return [_order(chance, seed, number, kind, outcomes) for number, kind in enumerate(kinds, start=1)]


def _kinds(chance: random.Random, payments: int) -> list[Kind]:
    special = [share.kind for share in SHARES for _ in range(max(share.least, payments * share.per_thousand // 1000))]
    doubtful = [kind for kind in special if kind in LEAVES_DOUBT]
    others = [kind for kind in special if kind not in LEAVES_DOUBT]
    kinds = others + [Kind.PLAIN] * (payments - len(special))
    chance.shuffle(kinds)
    for kind in doubtful:
        kinds.insert(chance.randrange(payments // 2), kind)
    return kinds


def _order(chance: random.Random, seed: int, number: int, kind: Kind, outcomes: Iterator[str]) -> Order:
    shop = chance.choices(SHOPS, (46, 33, 21))[0]
    currency = chance.choices(list(shop.sells), list(shop.sells.values()))[0]
    amount = _amount(chance, currency)
    return Order(
        number=number,
        kind=kind,
        shop=shop.id,
        description=f"{shop.name} order {seed}-{number:05d}",
        currency=currency,
        amount=amount,
        card=chance.choice(_SPECIAL_CARDS.get(kind, _ORDINARY_CARDS)),
        second_card="pm_card_visa" if kind is Kind.SECOND_CARD else "",
        capture=_part(chance, amount, currency) if kind is Kind.PARTLY_CAPTURED else None,
        refunds=tuple(_refunds(chance, kind, amount, currency)),
        dispute=next(outcomes) if kind is Kind.DISPUTED else "",
    )


def _amount(chance: random.Random, currency: str) -> int:
    """Many small orders, few large ones; some with a round price."""
    least, most = _RANGES[currency]
    place = min(chance.randrange(1_000_000), chance.randrange(1_000_000))
    return (least + (most - least) * place // 1_000_000) * _STEP.get(currency, 1)


def _part(chance: random.Random, amount: int, currency: str) -> int:
    step = _STEP.get(currency, 1)
    return max(step, money.portion(amount, chance.randrange(3_000, 9_000)) // step * step)


def _refunds(chance: random.Random, kind: Kind, amount: int, currency: str) -> Sequence[int]:
    match kind:
        case Kind.REFUNDED | Kind.REFUND_PENDING | Kind.REFUND_FAILS | Kind.REFUND_LOST:
            return [amount]
        case Kind.PARTLY_REFUNDED:
            return [_part(chance, amount, currency)]
        case Kind.OFTEN_REFUNDED:
            step = _STEP.get(currency, 1)
            return [part * step for part in money.split(amount // step, [3, 2, 4])]
    return []
