"""The estimate behind a certificate: never too small where the truth is known, and never a float."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tallystick.reconciliation.chance import Chance

COUNTS = st.integers(0, 10**6)


@given(COUNTS, COUNTS, COUNTS, st.fractions(Fraction(1, 10**9), Fraction(1, 101)))
def test_the_limit_is_the_last_that_stays_below(once: int, twice: int, collisions: int, policy: Fraction) -> None:
    chance = Chance(once + 2 * twice, once, twice, collisions)
    allowed = chance.candidates_allowed(policy)
    assert chance.expected(allowed) < policy <= chance.expected(allowed + 1)
    assert isinstance(chance.accident, Fraction)


@given(st.integers(1, 10**6), COUNTS)
def test_more_repeats_never_prove_more(once: int, twice: int) -> None:
    fewer, more = Chance(once + 2 * twice, once, twice, twice), Chance(once + 2 * twice + 2, once, twice + 1, twice + 1)
    assert more.accident >= fewer.accident * Fraction(once + 2 * twice, once + 2 * twice + 2)


@given(st.integers(2, 10**12), st.integers(0, 10**5))
def test_a_claim_is_believed_only_while_the_data_bear_it(space: int, tokens: int) -> None:
    expected = Fraction(tokens * (tokens - 1), 2 * space)
    honest = Chance(tokens, tokens, 0, int(expected), space)
    assert not honest.contradicted
    assert honest.accident == Fraction(1, space)
    liar = Chance(tokens, tokens, 0, int(4 * expected) + 4, space)
    assert liar.contradicted


def test_few_data_prove_little() -> None:
    assert Chance(0, 0, 0, 0).accident == 1
    assert Chance(10, 10, 0, 0).accident == Fraction(2, 100)
