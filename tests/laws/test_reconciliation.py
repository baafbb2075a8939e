"""Laws 7, 8 and 9 of docs/reference/laws.md, on books that a generator makes with the truth known.

The generator knows payments, not rules: it books a payment on both sides, on one, twice, with another amount, under a
mangled reference, or beside a negative twin (same amount, day and party; a different payment).
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tallystick.reconciliation as recon
from tallystick.reconciliation import Item, Run, Side
from tallystick.reconciliation.engines import DuckDB

DAY = date(2026, 11, 20)
EXAMPLES = 12
SPEC = recon.spec.parse(
    """
name: law
tokens:
  order: {identifies: payment}
  auth: {identifies: payment, space: 68719476736}
  party: {identifies: party}
  payout: {identifies: batch}
left: {name: left, expected: {days: 1, missing_after_days: 2}}
right: {name: right}
tiers:
  - {rule: strong_key, keys: [order]}
  - {rule: batch, key: payout}
  - {rule: composite_exact, discriminators: [auth], until_days: 3}
  - {rule: exchangeable, keys: [order]}
"""
)
CASES = ("both", "left", "right", "amount", "copy", "twins", "auth", "nameless", "fee", "batch", "block")


@dataclass
class Book:
    """Items of both sides, and which payment each is truly about."""

    rng: random.Random
    left: list[Item] = field(default_factory=list)
    right: list[Item] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)

    def put(self, side: Side, payment: str, amount: int, references: dict[str, str], **more: object) -> None:
        items = self.left if side is Side.LEFT else self.right
        name = f"{'l' if side is Side.LEFT else 'r'}{len(items):04}"
        pairs = tuple(sorted((kind, token) for kind, token in references.items() if token))
        made = Item(
            item_id=name, source=side.name.lower(), account="main", references=pairs, amount_minor=amount,
            **{"currency": "EUR", "day": DAY, **more},  # type: ignore[arg-type]  # fields of several types
        )  # fmt: skip
        items.append(made)
        self.truth[name] = payment

    def add(self, number: int, case: str) -> None:
        """One payment's story."""
        rng, payment = self.rng, f"pay{number}"
        amount = rng.choice((1_000, 1_000, 2_500, rng.randrange(1, 10_000_000))) * rng.choice((1, 1, 1, -1))
        names = {"order": f"o{number}", "party": f"party{rng.randrange(4)}"}
        auth = {"auth": f"{rng.getrandbits(36):09x}", "party": names["party"]}
        later = DAY + timedelta(days=rng.randrange(3))
        match case:
            case "both":
                self.put(Side.LEFT, payment, amount, names)
                self.put(Side.RIGHT, payment, amount, names, day=later)
            case "left" | "right":
                self.put(Side[case.upper()], payment, amount, names)
            case "amount":
                self.put(Side.LEFT, payment, amount, names)
                self.put(Side.RIGHT, payment, amount + (1 if amount > 0 else -1), names)
            case "copy":
                self.put(Side.LEFT, payment, amount, names)
                for _ in range(2):
                    self.put(Side.RIGHT, payment, amount, names, natural_key=f"k{number}")
            case "twins":
                self.put(Side.LEFT, payment, amount, {"party": names["party"], "order": f"x{number}"})
                self.put(Side.RIGHT, f"twin{number}", amount, {"party": names["party"], "order": f"y{number}"})
            case "auth":
                self.put(Side.LEFT, payment, amount, auth)
                self.put(Side.RIGHT, payment, amount, auth, day=later)
                self.put(Side.RIGHT, f"twin{number}", amount, {**auth, "auth": f"{rng.getrandbits(36):09x}"})
            case "nameless":
                self.put(Side.LEFT, payment, amount, {"party": names["party"]})
                self.put(Side.RIGHT, f"other{number}", amount, {"party": names["party"]})
            case "fee":
                self.put(Side.LEFT, payment, amount, names, expected_fee_minor=30)
                self.put(Side.RIGHT, payment, amount, names, fee_minor=rng.choice((30, 31)))
            case "batch":
                parts = [rng.randrange(-500, 1_000) for _ in range(rng.randrange(1, 4))]
                for part in parts:
                    self.put(Side.LEFT, payment, part, {}, batch=f"po{number}")
                self.put(Side.RIGHT, payment, sum(parts), {"payout": f"po{number}"}, day=later)
            case "block":
                for _ in range(rng.randrange(2, 4)):
                    for side in Side:
                        self.put(side, payment, amount, names)

    def run(self, seed: int = 0, **more: object) -> Run:
        """Reconcile, in an order made from the seed."""
        left, right, rng = list(self.left), list(self.right), random.Random(seed)
        rng.shuffle(left)
        rng.shuffle(right)
        return recon.run(SPEC, recon.items_of(left), recon.items_of(right), **{"as_of": DAY, **more})  # type: ignore[arg-type]  # keyword arguments of several types


@st.composite
def books(draw: st.DrawFn) -> Book:
    """A few payments, each with a story."""
    book = Book(random.Random(draw(st.integers(0, 2**32))))
    for number, case in enumerate(draw(st.lists(st.sampled_from(CASES), min_size=1, max_size=60))):
        book.add(number, case)
    return book


def groups(run: Run) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for link in run.matches():
        found[link.group_id].append(link.item_id)
    return found


@settings(max_examples=EXAMPLES)
@given(books())
def test_law_7_every_item_ends_in_exactly_one_place(book: Book) -> None:
    run = book.run()
    counts = run.counts
    assert counts.items == len(book.left) + len(book.right) == len(run.states())
    assert counts.matched + counts.pending + counts.in_break + counts.superseded == counts.items
    linked = [link.item_id for link in run.matches()]
    assert len(linked) == len(set(linked))
    assert run.verdict != "incomplete"
    for line in run.bridge:
        items = [one for one in (book.left, book.right)[line.side] if one.currency == line.currency]
        assert line.incoming_minor == sum(one.amount_minor for one in items)
        assert line.residual_minor == 0
    for side in Side:
        closing = sum(line.closing_minor for line in run.bridge if line.side is side)
        opened = [row["amount"] for row in run.open_items().to_pylist() if row["side"] == side]
        assert closing == sum(opened)


@settings(max_examples=EXAMPLES)
@given(books())
def test_law_8_no_match_joins_different_payments_and_every_certificate_holds(book: Book) -> None:
    run = book.run()
    for members in groups(run).values():
        assert len({book.truth[name] for name in members}) == 1, members
    assert recon.certificate.check(run, run.certificates()) == []


@settings(max_examples=EXAMPLES)
@given(books(), st.integers(0, 2**16))
def test_law_9_order_and_threads_do_not_change_a_byte(book: Book, seed: int) -> None:
    first = book.run(engine=DuckDB(threads=1))
    second = book.run(seed, engine=DuckDB(threads=2))
    assert first.digest == second.digest
    assert recon.proof.record(first) == recon.proof.record(second)
    for name in ("items", "groups", "links", "superseded"):
        assert getattr(first, name).equals(getattr(second, name)), name


@settings(max_examples=EXAMPLES)
@given(books(), st.integers(1, 4))
def test_days_continue_exactly_and_lose_nothing(book: Book, cut: int) -> None:
    """The same items over two days: open(t) = open(t-1) + new - matched - superseded +- differences."""
    first = Book(book.rng, book.left[::cut], book.right[::cut], book.truth).run()
    seen = {one.item_id for one in (*book.left[::cut], *book.right[::cut])}
    rest = Book(book.rng, [one for one in book.left if one.item_id not in seen],
                [one for one in book.right if one.item_id not in seen], book.truth)  # fmt: skip
    second = rest.run(carried=first.carry(), as_of=DAY + timedelta(days=1))
    closing = {(line.side, line.account): line.closing_minor for line in first.bridge if line.closing_minor}
    opening = {(line.side, line.account): line.opening_minor for line in second.bridge if line.opening_minor}
    assert closing == opening
    assert all(line.residual_minor == 0 for line in second.bridge)
    assert second.verdict != "incomplete"
    for run in (first, second):
        for members in groups(run).values():
            assert len({book.truth[name] for name in members if name in book.truth}) == 1


@settings(max_examples=EXAMPLES)
@given(st.integers(0, 2**32), st.integers(2, 60))
def test_negative_twins_are_never_matched(seed: int, count: int) -> None:
    """Equal in amount, day and party, and nothing else known: no pair is made, however rare the amount."""
    rng, book = random.Random(seed), Book(random.Random(seed))
    for number in range(count):
        amount = rng.randrange(1, 10**9)
        book.put(Side.LEFT, f"pay{number}", amount, {"party": f"party{number}"})
        book.put(Side.RIGHT, f"twin{number}", amount, {"party": f"party{number}"})
    assert groups(book.run()) == {}


@pytest.mark.slow
def test_a_storm_of_equal_amounts_makes_no_pairs_and_no_explosion() -> None:
    book = Book(random.Random(1))
    for number in range(10_000):
        book.put(Side.LEFT, f"pay{number}", 4_990, {"party": "party1"})
        book.put(Side.RIGHT, f"pay{number}", 4_990, {"party": "party1"})
    run = book.run()
    assert (run.counts.groups, run.counts.pending, run.counts.in_break) == (0, 10_000, 10_000)
