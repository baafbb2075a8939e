"""Exact amounts: minor units with a currency, and dividing them without loss."""

from tallystick.money.currency import CURRENCIES, Currency, MoneyRefusal, currency, exponent
from tallystick.money.fx import Rate, convert
from tallystick.money.money import Money, from_text, minor_to_text, text_to_minor, to_text
from tallystick.money.split import BASIS_POINTS, divide_half_even, portion, split

__all__ = [
    "BASIS_POINTS",
    "CURRENCIES",
    "Currency",
    "Money",
    "MoneyRefusal",
    "Rate",
    "convert",
    "currency",
    "divide_half_even",
    "exponent",
    "from_text",
    "minor_to_text",
    "portion",
    "split",
    "text_to_minor",
    "to_text",
]
