"""What single checks say, for books that no platform would let come about."""

from __future__ import annotations

from datetime import date

import pytest

from tallystick.base import Instant
from tallystick.close.checks import CHECKS
from tallystick.close.model import Facts, Line

DAY = date(2026, 11, 20)
NOW = Instant(1_795_273_800_000_000)


def facts(*lines: Line) -> Facts:
    return Facts(
        day=DAY, now=NOW, livemode=False, lines=lines, later={}, balances={one.account: 0 for one in lines},
        clearing=(), files=(), waiting={}, breaks=(), signed_off=(), runs=(), unknown=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "given", "zero"), [("EUR", "1234.50", "0.00"), ("JPY", "123450", "0"), ("KWD", "123.450", "0.000")]
)
def test_unequal_books_are_told_in_the_decimals_of_their_currency(currency: str, given: str, zero: str) -> None:
    line = Line(
        account="bank", name="bank", merchant="", processor="", currency=currency, opening_minor=0,
        debits_minor=123_450, credits_minor=0, closing_minor=123_450,
    )  # fmt: skip
    (check,) = (one for one in CHECKS if one.name == "trial_balance")
    assert [one.message for one in check.findings(facts(line))] == [
        f"The {currency} accounts sum to {given}, not to zero.",
        f"bank holds {zero}; opening and movements give {given} {currency}.",
    ]
