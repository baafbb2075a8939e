"""Converting money at a stated rate, exactly, with the rate kept as the fraction it was quoted as."""

from __future__ import annotations

from dataclasses import dataclass

from tallystick.money.currency import exponent
from tallystick.money.money import Money
from tallystick.money.split import divide_half_even


@dataclass(frozen=True, slots=True)
class Rate:
    """One major unit of `base` buys `numerator / denominator` major units of `quote`, as said by `source`."""

    base: str
    quote: str
    numerator: int
    denominator: int
    source: str

    def __post_init__(self) -> None:
        if self.numerator <= 0 or self.denominator <= 0:
            raise ValueError("a rate is a positive fraction")


def convert(money: Money, rate: Rate) -> Money:
    """`money` in the rate's quote currency, rounded half to even to its minor unit.

    Raises ValueError when the money is not in the rate's base currency.
    """
    if money.currency != rate.base:
        raise ValueError(f"the rate converts {rate.base}, not {money.currency}")
    shift = exponent(rate.quote) - exponent(rate.base)
    numerator = money.minor * rate.numerator * 10 ** max(shift, 0)
    return Money(divide_half_even(numerator, rate.denominator * 10 ** max(-shift, 0)), rate.quote)
