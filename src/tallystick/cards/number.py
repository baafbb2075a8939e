"""Card numbers: the check digit (ISO/IEC 7812-1, annex B) and the network by range.

The ranges are those the networks publish for their issuer identification numbers. They say which network a number
belongs to, not whether the card exists.
"""

from __future__ import annotations

import datetime
import re

from tallystick.base import Refused
from tallystick.cards.model import Brand, CardRefusal

_DIGITS = re.compile(r"[0-9]{12,19}", re.ASCII)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_RANGES: tuple[tuple[int, int, Brand], ...] = (
    (400000, 499999, Brand.VISA),
    (222100, 272099, Brand.MASTERCARD),
    (510000, 559999, Brand.MASTERCARD),
    (340000, 349999, Brand.AMEX),
    (370000, 379999, Brand.AMEX),
    (300000, 305999, Brand.DINERS),
    (360000, 369999, Brand.DINERS),
    (380000, 399999, Brand.DINERS),
    (352800, 358999, Brand.JCB),
    (601100, 601199, Brand.DISCOVER),
    (644000, 659999, Brand.DISCOVER),
    (620000, 629999, Brand.UNIONPAY),
    (810000, 817199, Brand.UNIONPAY),
)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    total = sum(int(d) for d in digits[-1::-2]) + sum(_DOUBLED[int(d)] for d in digits[-2::-2])
    return total % 10 == 0


def brand_of(digits: str) -> Brand:
    """The network whose range holds the first six digits, or UNKNOWN."""
    head = int(digits[:6])
    return next((brand for first, last, brand in _RANGES if first <= head <= last), Brand.UNKNOWN)


def read_number(text: str) -> str:
    """The digits of a card number as people write it, with spaces or dashes.

    Raises Refused(INCORRECT_NUMBER) for anything but 12 to 19 digits with a right check digit. The message never
    repeats the number.
    """
    digits = text.replace(" ", "").replace("-", "")
    if not _DIGITS.fullmatch(digits) or not luhn(digits):
        raise Refused(
            CardRefusal.INCORRECT_NUMBER, "Your card number is incorrect. Check it and try again.", param="number"
        )
    return digits


def check_expiry(month: int, year: int, *, today: datetime.date) -> None:
    """Refuse an expiry date that is no month, lies in the past, or more than 50 years ahead.

    Raises Refused(INVALID_EXPIRY_MONTH) or Refused(INVALID_EXPIRY_YEAR).
    """
    if not 1 <= month <= 12:
        raise Refused(CardRefusal.INVALID_EXPIRY_MONTH, "Give the expiry month as 1 to 12.", param="exp_month")
    if not today.year <= year <= today.year + 50:
        raise Refused(
            CardRefusal.INVALID_EXPIRY_YEAR, "Give the expiry year in four digits, not in the past.", param="exp_year"
        )
    if (year, month) < (today.year, today.month):
        raise Refused(CardRefusal.INVALID_EXPIRY_MONTH, "The card has expired; use another one.", param="exp_month")


def check_cvc(cvc: str, *, brand: Brand) -> None:
    """Refuse a security code that is not three digits (four on American Express). Raises Refused(INVALID_CVC)."""
    length = 4 if brand is Brand.AMEX else 3
    if not (len(cvc) in (3, length) and cvc.isascii() and cvc.isdigit()):
        raise Refused(CardRefusal.INVALID_CVC, f"The security code of this card has {length} digits.", param="cvc")
