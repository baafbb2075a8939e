"""An amount as people write it: `10.00 EUR`, `€10`, `10,00`, `1.234,50 €`, `¥1000`, `amount:1000`. Pure.

A number is an amount where a currency stands beside it, or where its commas say so; any other is a word like all words,
because it may be an order's number as well. `$` says only that there are two decimals: many currencies share it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tallystick import money

_SIGNS = {
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "￥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "$": "",
}
_WORDS_TOO = frozenset(
    ("ALL", "BAM", "BOB", "CAD", "COP", "CUP", "GEL", "MAD", "MOP", "PEN", "RON", "SOS", "TOP", "TRY")
)
"""Codes that are everyday words as well: they are meant in capitals only."""
_GROUPED = r"\d{1,3}(?:[.,'\u2019\u00a0\u202f]\d{3})+"
_NUMBER = rf"{_GROUPED}(?:[.,]\d{{1,4}})?|\d{{1,12}}(?:[.,]\d{{1,4}})?"
_UNIT = (
    rf"[{''.join(_SIGNS)}]|(?i:{'|'.join(sorted(money.CURRENCIES.keys() - _WORDS_TOO))})|{'|'.join(sorted(_WORDS_TOO))}"
)
_GAP = r"[ \u00a0\u202f]?"
_AMOUNT = re.compile(
    rf"(?<![\w.,:@+-])(?:(?P<before>{_UNIT}){_GAP}(?P<second>{_NUMBER})|(?P<first>{_NUMBER})(?:{_GAP}(?P<after>{_UNIT}))?"
    r"|amount:(?P<minor>\d{1,8}))"
    r"(?![.,:@+-]?\w)"
)
_COMMAS_SAY_SO = re.compile(rf"\d+,\d\d|{_GROUPED}[.,]\d\d")


@dataclass(frozen=True, slots=True)
class Written:
    """An amount: the `text` that payments of it are found by, the currency if one was named, and `minor` units where
    it is sure how many they are."""

    text: str
    currency: str = ""
    minor: int | None = None


def amount(text: str) -> tuple[Written | None, str]:
    """The first amount in what somebody typed, and the text without it: a payment has one."""
    for match in _AMOUNT.finditer(text):
        found = _read(match)
        if found is not None:
            return found, f"{text[: match.start()]} {text[match.end() :]}"
    return None, text


def _read(match: re.Match[str]) -> Written | None:
    if match["minor"]:
        return Written(str(int(match["minor"])), minor=int(match["minor"]))
    number, unit = match["second"] or match["first"], match["before"] or match["after"] or ""
    if not unit and not _COMMAS_SAY_SO.fullmatch(number):
        return None
    currency = _SIGNS.get(unit, unit.upper())
    places = money.exponent(currency) if currency else 2
    minor = _minor(number, places)
    if minor is None:
        return None
    text = money.minor_to_text(minor, places)
    return Written(text, currency, minor) if currency else Written(text)


def _minor(number: str, places: int) -> int | None:
    """Minor units; None for what cannot be an amount with so many decimals. The last dot or comma is before the
    decimals, unless it only groups thousands: three digits follow where there are not three decimals, or it comes
    twice."""
    place = max(number.rfind("."), number.rfind(","))
    whole, decimals = (number[:place], number[place + 1 :]) if place >= 0 else (number, "")
    twice = place >= 0 and number[place] in whole
    if len(decimals) == 3 and (places != 3 or twice):
        whole, decimals, twice = whole + decimals, "", False
    if twice:
        return None
    try:
        return money.text_to_minor(f"{re.sub(r'[^0-9]', '', whole)}.{decimals}", places)
    except ValueError:
        return None
