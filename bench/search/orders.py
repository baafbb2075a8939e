"""What merchants sell in 90 days: who pays how much for what, and what becomes of it. Seeded, so that runs compare."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tallystick.base import MICROSECONDS_PER_SECOND, Instant

DAYS = 90
MERCHANTS = 20
PAYMENTS_PER_PERSON = 20
CURRENCIES, SHARES = ("EUR", "USD", "GBP", "JPY", "KWD"), (50, 25, 14, 8, 3)
KIOSK = "GBP"
"""Kiosks take this currency only: two frequent words that never meet are the hardest thing to search for."""
COLOURS = ("black", "white", "red", "blue", "green", "yellow", "grey", "brown", "pink", "violet", "orange", "silver")
GOODS = (
    "backpack", "bicycle", "blanket", "book", "bottle", "camera", "candle", "chair", "clock", "coat", "cup", "desk",
    "drum", "flask", "glove", "guitar", "hat", "headphones", "jacket", "kettle", "knife", "lamp", "mirror", "notebook",
    "pen", "pillow", "plate", "puzzle", "racket", "ring", "rug", "scarf", "shirt", "shoes", "skirt", "sofa", "sweater",
    "tent", "umbrella", "vase",
)  # fmt: skip
FIRST = (
    "anna",
    "ben",
    "clara",
    "david",
    "emma",
    "felix",
    "greta",
    "hugo",
    "ida",
    "jonas",
    "kira",
    "leo",
    "mia",
    "noah",
)
LAST = ("adams", "bauer", "cohen", "diaz", "evans", "fischer", "garcia", "hansen", "ito", "jansen", "klein", "lopez")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who buys from the merchant of this number; `customer` is empty for a guest."""

    merchant: int
    customer: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """One payment to be. `part` is what is refunded or captured of `amount`, both in minor units."""

    number: int
    at: Instant
    shape: int
    person: Person
    amount: int
    part: int
    currency: str
    channel: str
    description: str


class Town:
    """Merchants of very different size, and the people who buy from them."""

    def __init__(self, seed: int, payments: int, end: Instant) -> None:
        self.payments, self.end = payments, end
        self._random = random.Random(seed)
        self.weights = [1 / (rank + 1) for rank in range(MERCHANTS)]
        self.people: list[list[Person]] = [[] for _ in range(MERCHANTS)]

    def people_of(self, merchant: int) -> int:
        """How many buy from this merchant."""
        share = self.weights[merchant] / sum(self.weights)
        return max(5, round(self.payments / PAYMENTS_PER_PERSON * share))

    def somebody(self, merchant: int, number: int, customer: str) -> Person:
        """The person of this number; nearly every third is a guest."""
        first, last = self._random.choice(FIRST), self._random.choice(LAST)
        return Person(merchant, customer, f"{first}.{last}.{merchant}.{number}@example.com", f"{first} {last}".title())

    def order(self, number: int, at: Instant, shape: int, person: Person) -> Order:
        """What this person buys at that moment."""
        chance = self._random
        currency = chance.choices(CURRENCIES, SHARES)[0]
        amount = price(chance)
        thing = f"{chance.choice(COLOURS)} {GOODS[int(len(GOODS) * chance.random() ** 2)]}"
        channel = "kiosk" if currency == KIOSK else chance.choice(("web", "web", "app"))
        part = max(10, amount // 20 * 10)
        return Order(number, at, shape, person, amount, part, currency, channel, f"Order {number}: {thing}")

    def orders(self, shares: Sequence[int]) -> Iterator[Order]:
        """All of them, oldest first; `shares` says how often each shape of payment comes."""
        chance, span = self._random, DAYS * 86_400 * MICROSECONDS_PER_SECOND
        start, merchants, shapes = self.end - span, range(MERCHANTS), range(len(shares))
        sizes, frequencies = list(accumulate(self.weights)), list(accumulate(shares))
        for number in range(self.payments):
            merchant = chance.choices(merchants, cum_weights=sizes)[0]
            shape = chance.choices(shapes, cum_weights=frequencies)[0]
            at = start + int(span * (number + chance.random()) / self.payments)
            yield self.order(number, Instant(at), shape, chance.choice(self.people[merchant]))


def price(chance: random.Random) -> int:
    """Minor units, most between 10 and 100 of a two-decimal currency, ending as prices do; tens, for all currencies."""
    whole = int(math.exp(chance.gauss(3.6, 0.9))) + 1
    return whole * 100 + chance.choice((0, 50, 90, 90, 90))
