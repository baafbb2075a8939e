"""Dividing whole amounts so that no unit is created or lost."""

from __future__ import annotations

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` minor units in proportion to `weights`; the parts always sum to `total`.

    Largest remainder (Hamilton's method): each part is first rounded towards zero, then the units left over go to the
    largest remainders, earlier parts first among equals. Raises ValueError for no weights, a negative weight, or
    weights that are all zero.
    """
    if not weights or min(weights) < 0 or (whole := sum(weights)) == 0:
        raise ValueError("weights must be given, not negative, and not all zero")
    sign = -1 if total < 0 else 1
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [quotient for quotient, _ in shares]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-shares[index][1], index))
    for index in by_remainder[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


BASIS_POINTS = 10_000


def portion(minor: int, basis_points: int) -> int:
    """`basis_points` hundredths of a percent of `minor` units, rounded half to even on exact integers."""
    return divide_half_even(minor * basis_points, BASIS_POINTS)


def divide_half_even(numerator: int, denominator: int) -> int:
    """`numerator / denominator` rounded to the nearest integer, a half to the even one (IEEE 754 roundTiesToEven).

    Raises ValueError unless `denominator` is positive.
    """
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))
