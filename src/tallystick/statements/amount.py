"""Decimal text to whole minor units, exactly or not at all.

ISO 20022 allows five decimals whatever the currency. Zeros beyond the currency's own decimals change nothing and are
taken; any other digit there is refused, because a ledger in cents cannot hold it and rounding loses money in silence.
"""

from __future__ import annotations

import re

from tallystick import money
from tallystick.statements.model import Place, StatementRefusal

LARGEST_MINOR = 2**63 - 1
LONGEST_AMOUNT = 40
CONTROL_DECIMALS = 5
"""Sums that a file states over its entries are compared at this many decimals, whatever the currencies."""

_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?", re.ASCII)


def places_of(currency: str, place: Place) -> int:
    """Decimals of the currency's minor unit. Raises Refused(CURRENCY_UNKNOWN)."""
    found = money.CURRENCIES.get(currency)
    if found is None:
        raise place.refuse(
            StatementRefusal.CURRENCY_UNKNOWN, f"{currency[:16]!r} is not a currency of ISO 4217 with a minor unit"
        )
    return found.exponent


def to_minor(text: str, currency: str, place: Place) -> int:
    """Signed minor units. Raises Refused: CURRENCY_UNKNOWN, AMOUNT_INVALID or AMOUNT_NOT_EXACT."""
    places = places_of(currency, place)
    minor = _digits(text, places, place, currency)
    if abs(minor) > LARGEST_MINOR:
        raise place.refuse(StatementRefusal.AMOUNT_INVALID, f"amount {text} {currency} is larger than can be kept")
    return minor


def to_unsigned_minor(text: str, currency: str, place: Place) -> int:
    """Minor units of an amount whose direction is said elsewhere. Raises as `to_minor`, and for a sign."""
    if text.startswith("-"):
        raise place.refuse(
            StatementRefusal.AMOUNT_INVALID, f"amount {text[:LONGEST_AMOUNT]} has a sign; the direction is CdtDbtInd"
        )
    return to_minor(text, currency, place)


def to_control(text: str, place: Place) -> int:
    """A stated sum, in units of the fifth decimal."""
    return _digits(text, CONTROL_DECIMALS, place, "")


def control_text(control: int) -> str:
    """Units of the fifth decimal as decimal text without needless zeros beyond two decimals."""
    text = money.minor_to_text(control, CONTROL_DECIMALS)
    while text.endswith("0") and text[-3] != ".":
        text = text[:-1]
    return text


def _digits(text: str, places: int, place: Place, currency: str) -> int:
    """As XML Schema has decimals: digits with at most one point, before, between or behind them."""
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match.group(2) or match.group(3)) or len(text) > LONGEST_AMOUNT:
        raise place.refuse(StatementRefusal.AMOUNT_INVALID, f"{text[:LONGEST_AMOUNT]!r} is not a decimal amount")
    sign, whole, fraction = match.group(1), match.group(2) or "0", match.group(3) or ""
    try:
        return money.text_to_minor(f"{sign}{whole}.{fraction}", places)
    except ValueError:
        reason = f"{text} has more than the {places} decimals{f' of {currency}' if currency else ''}; it is not rounded"
        raise place.refuse(StatementRefusal.AMOUNT_NOT_EXACT, reason) from None
