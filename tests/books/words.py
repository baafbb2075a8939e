"""What may stand in a cell: a day, an amount, an account, what a posting is for, a fee, how something went."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from tallystick import ledger, merchants, money
from tallystick.base import Refused
from tallystick.ledger import AccountFlags, AccountRef, TransferCode, TransferFlags
from tests.books.table import Row

T = TypeVar("T")

PURPOSES = MappingProxyType({code.name.lower().replace("_", " "): code for code in TransferCode})
PURPOSE_WORDS = MappingProxyType({code: word for word, code in PURPOSES.items()})

KINDS = MappingProxyType(
    {
        "post": TransferFlags.NONE,
        "hold": TransferFlags.PENDING,
        "post hold": TransferFlags.POST_PENDING_TRANSFER,
        "void hold": TransferFlags.VOID_PENDING_TRANSFER,
    }
)
KIND_WORDS = MappingProxyType({flags: word for word, flags in KINDS.items()})

LIMITS = MappingProxyType(
    {
        "never in debit": AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS,
        "never in credit": AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS,
    }
)

CARDS = MappingProxyType(
    {
        "card": "pm_card_visa",
        "card without funds": "pm_card_chargeDeclinedInsufficientFunds",
        "card whose refund fails": "pm_card_refundFail",
    }
)
WIRE = MappingProxyType({"answer lost": "answer", "request lost": "request", "not connected": "refuse"})
"""What happens to a call on its way, in the words of the shop's wire to the processor."""
REPORTS = MappingProxyType(
    {
        "without one payment": "missing_payment",
        "with one fee too high": "wrong_fee",
        "payout a day late": "late_payout",
    }
)

_FIXED = r"(?P<fixed>(?: \+ [0-9.]+ [A-Z]{3})*)"
_FEE = re.compile(rf"(?P<percent>[0-9]+\.[0-9]{{2}}) %{_FIXED}", re.ASCII)


def word(row: Row, column: str, known: Mapping[str, T]) -> T:
    """What the word in a cell stands for."""
    text = row.cells[column]
    if text not in known:
        raise row.place.malformed(f"{text!r} in {column!r} is none of: {', '.join(sorted(known))}")
    return known[text]


def _cell(row: Row, column: str, form: str, reader: Callable[[str], T]) -> T:
    text = row.cells[column]
    try:
        return reader(text)
    except (ValueError, Refused) as fault:
        raise row.place.malformed(f"{text!r} in {column!r} is not {form}") from fault


def day(row: Row, column: str = "day") -> date:
    """A date such as 2026-03-02."""

    def read(text: str) -> date:
        found = date.fromisoformat(text)
        if found.isoformat() != text:
            raise ValueError(text)
        return found

    return _cell(row, column, "a day such as 2026-03-02", read)


def _amount(text: str) -> money.Money:
    decimal, _, currency = text.partition(" ")
    found = money.from_text(decimal, currency)
    if str(found) != text:
        raise ValueError(text)
    return found


def amount(row: Row, column: str = "amount") -> money.Money:
    """An amount such as 10.00 EUR, with exactly the decimals of its currency."""
    return _cell(row, column, "an amount such as 10.00 EUR or 1000 JPY", _amount)


def account(row: Row, column: str, declared: Mapping[str, AccountRef]) -> AccountRef:
    """An account of the chart, or one that the story declares, by its path."""
    text = row.cells[column]
    if text in declared:
        return declared[text]
    found = _cell(row, column, "an account such as test:mill:merchant_payable:EUR", charted)
    if found.path != text:
        raise row.place.malformed(f"{text!r} in {column!r} is written {found.path!r}")
    return found


def charted(path: str) -> AccountRef:
    """The account of the chart at this path. Raises ValueError, Refused for an unknown currency."""
    mode, merchant, name, *processor, currency = path.split(":")
    kind = ledger.chart.BY_NAME.get(name)
    in_front = kind in (ledger.chart.PROCESSOR_RECEIVABLE, ledger.chart.PROCESSOR_FEE_EXPENSE)
    if kind is None or mode not in ("live", "test") or len(processor) != in_front or not merchant:
        raise ValueError(path)
    return AccountRef(
        livemode=mode == "live",
        merchant=merchant,
        name=name,
        currency=money.currency(currency).code,
        code=kind.code,
        processor="".join(processor),
    )


def fee(row: Row, column: str) -> merchants.FeePlan:
    """Our fee such as `1.50 % + 0.10 EUR`, or none."""

    def read(text: str) -> merchants.FeePlan:
        if text == "none":
            return merchants.FeePlan()
        match = _FEE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        fixed = [_amount(part) for part in match["fixed"].split(" + ") if part]
        return merchants.FeePlan(money.text_to_minor(match["percent"], 2), {one.currency: one.minor for one in fixed})

    return _cell(row, column, "a fee such as 1.50 % + 0.10 EUR, or none", read)


def text_of(minor: int, currency: str) -> str:
    """Minor units as a cell shows them."""
    return str(money.Money(minor, currency))
