"""Amounts, times and states as a reader sees them."""

from __future__ import annotations

import pytest

from tallystick import payments
from tallystick.base import Instant
from tallystick.dashboard import words
from tallystick.money import Money


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (123_450, "EUR", "1,234.50"),
        (-5, "EUR", "−0.05"),
        (0, "JPY", "0"),
        (1_234_567, "JPY", "1,234,567"),
        (-1_234_567, "KWD", "−1,234.567"),
    ],
)
def test_amounts_have_their_currencys_decimals(minor: int, currency: str, shown: str) -> None:
    assert words.amount(Money(minor, currency)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "just now"),
        (44, "just now"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 h ago"),
        (4_500, "1 h 15 min ago"),
        (86_399, "23 h 59 min ago"),
        (3 * 86_400 + 5_000, "3 d ago"),
        (-90, "in 1 min"),
    ],
)
def test_times_are_told_from_now(seconds: int, shown: str) -> None:
    now = Instant(1_795_273_800_000_000)
    assert words.relative(Instant(now - seconds * 1_000_000), now).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert words.percent(9_999).startswith("99.9")


@pytest.mark.parametrize(
    "name",
    [
        *payments.PaymentStatus,
        *payments.AttemptState,
        *payments.RefundStatus,
        "matched",
        "pending",
        "break",
        "superseded",
    ],
)
def test_every_state_is_told_by_word_colour_and_shape(name: str) -> None:
    assert str(name) in words.STATES


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("key_taken", "Key taken"), ("left 0.247 KWD, right 1 KWD", "Left 0.247 KWD, right 1 KWD"), ("", "")],
)
def test_a_reason_keeps_its_currencies(reason: str, shown: str) -> None:
    assert words.reason(reason) == shown


def test_an_unknown_state_is_shown_by_its_name() -> None:
    assert words.state_of("brand_new") == words.State("Brand new", "calm", "ring")
