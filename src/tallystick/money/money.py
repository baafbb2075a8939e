"""An amount is a whole number of minor units with its currency. There are no floats anywhere near money.

Debit and credit are said in words by the ledger; `Money` may be negative only where a difference is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tallystick.money.currency import currency as find_currency
from tallystick.money.currency import exponent


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units (cents, yen, fils) of `currency` (ISO 4217, capitals).

    Raises TypeError when `minor` is not exactly an int (a bool or float is refused) and
    Refused(UNSUPPORTED_CURRENCY) for an unknown currency.
    """

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"minor units are a whole int, not {type(self.minor).__name__}")
        if find_currency(self.currency).code != self.currency:
            raise ValueError(f"write the currency in capitals: {self.currency.upper()}")

    def _same(self, other: Money) -> None:
        if not isinstance(other, Money):
            raise TypeError("money adds to and compares with money only")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix; convert first")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        return f"{to_text(self)} {self.currency}"


def minor_to_text(minor: int, places: int) -> str:
    """`minor` units with `places` decimals as plain text: (-5, 2) gives `-0.05`."""
    sign = "-" if minor < 0 else ""
    digits = str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits}" if places == 0 else f"{sign}{digits[:-places]}.{digits[-places:]}"


def to_text(money: Money) -> str:
    """The amount in major units with exactly the currency's decimals, such as `1234.50`; no grouping."""
    return minor_to_text(money.minor, exponent(money.currency))


_DECIMAL = re.compile(r"([+-]?)([0-9]{1,30})(?:\.([0-9]{0,20}))?", re.ASCII)


def text_to_minor(text: str, places: int) -> int:
    """The exact whole number of minor units that decimal `text` says.

    Trailing zeros beyond `places` are harmless; any other further digit raises ValueError, because rounding
    here would lose money in silence.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a decimal amount such as 12.34")
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    if fraction[places:].strip("0"):
        raise ValueError(f"{text[:40]!r} has more than {places} decimals")
    minor = int(whole + fraction[:places].ljust(places, "0"))
    return -minor if sign == "-" else minor


def from_text(text: str, currency: str) -> Money:
    """The amount that decimal `text` in major units says, exactly. Raises ValueError as `text_to_minor` does."""
    return Money(text_to_minor(text, exponent(currency)), currency)
