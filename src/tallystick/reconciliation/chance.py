"""How likely two different payments share a token by accident: whole numbers and fractions, no floats.

For a token seen once on each side, the expected number of accidental partners is

    lambda = candidates x p

where `candidates` counts the other side's items with the same scope, direction and amount (an upper bound of those in
the window), and p is the chance that one unrelated item carries this very token. Two estimates of p exist:

* from the data: Good and Turing's estimate for a token seen once, p = 2 (N2 + 1) / (N1 N), where N tokens of the kind
  were seen on that side, N1 of them once and N2 twice (I. J. Good, "The population frequencies of species and the
  estimation of population parameters", Biometrika 40, 1953); the 1 is added so that few data never prove much;
* from the spec: `space`, how many equally likely values the kind has. It is believed only while the data do not
  contradict it: with C colliding pairs among N tokens, C must not exceed 3 + 4 N (N - 1) / (2 space).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Chance:
    """What was seen of one token kind on one side, and what the spec claims of it."""

    tokens: int
    """N: how many items carry a token of the kind."""
    once: int
    """N1: tokens seen exactly once."""
    twice: int
    """N2: tokens seen exactly twice."""
    collisions: int
    """C: pairs of items of this side that carry the same token."""
    space: int = 0
    """Equally likely values the spec claims; 0 when it claims nothing."""

    @property
    def contradicted(self) -> bool:
        """More collisions than the claimed space allows."""
        return 2 * self.space * self.collisions > 6 * self.space + 4 * self.tokens * (self.tokens - 1)

    @property
    def accident(self) -> Fraction:
        """p: the chance that one unrelated item carries a given token that was seen once."""
        if self.space and not self.contradicted:
            return Fraction(1, self.space)
        if not self.once:
            return Fraction(1)
        return min(Fraction(1), Fraction(2 * (self.twice + 1), self.once * self.tokens))

    def candidates_allowed(self, below: Fraction) -> int:
        """The largest number of candidates for which lambda stays strictly below `below`."""
        accident = self.accident
        most = below.numerator * accident.denominator
        return (most - 1) // (below.denominator * accident.numerator)

    def expected(self, candidates: int) -> Fraction:
        """lambda for that many candidates."""
        return self.accident * candidates
