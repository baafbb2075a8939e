"""Money neither appears nor disappears: conversions are exact, divisions sum to the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import money
from tallystick.base import Refused
from tallystick.money import Money, Rate

CODES = st.sampled_from(sorted(money.CURRENCIES))


@given(st.integers(-(10**24), 10**24), CODES)
def test_text_and_minor_units_say_the_same(minor: int, code: str) -> None:
    amount = Money(minor, code)
    assert money.from_text(money.to_text(amount), code) == amount


@given(st.integers(-(10**18), 10**18), st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_parts_sum_to_the_whole_and_are_within_one_unit_of_fair(total: int, weights: list[int]) -> None:
    parts = money.split(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_half_even_is_nearest(numerator: int, denominator: int) -> None:
    rounded = money.divide_half_even(numerator, denominator)
    assert 2 * abs(rounded * denominator - numerator) <= denominator


@pytest.mark.parametrize(("numerator", "expected"), [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (7, 4)])
def test_halves_go_to_the_even_neighbour(numerator: int, expected: int) -> None:
    assert money.divide_half_even(numerator, 2) == expected


@pytest.mark.parametrize(("code", "places"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_exponents_are_those_of_iso_4217(code: str, places: int) -> None:
    assert money.exponent(code) == places == money.exponent(code.lower())


@pytest.mark.parametrize("text", ["", ".", "1,00", "1.2.3", "1e3", "٣", "--1", "1.005", "0x1", " 1", "NaN", "1" * 40])
def test_text_that_is_not_an_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        money.from_text(text, "EUR")


def test_trailing_zeros_are_harmless_and_further_digits_are_not() -> None:
    assert money.from_text("1.5000", "EUR") == Money(150, "EUR")
    with pytest.raises(ValueError, match="more than 0 decimals"):
        money.from_text("1.5", "JPY")


@pytest.mark.parametrize("minor", [1.0, True, "1", None])
def test_only_whole_ints_are_money(minor: object) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")  # type: ignore[arg-type]  # the point of the test


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="convert first"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(TypeError):
        Money(1, "EUR") < 2  # type: ignore[operator]  # noqa: B015  # the point of the test
    with pytest.raises(Refused, match="ISO 4217"):
        Money(1, "XXX")


def test_conversion_keeps_exponents_apart() -> None:
    rate = Rate("EUR", "JPY", 16_250, 100, source="test")
    assert money.convert(Money(100, "EUR"), rate) == Money(162, "JPY")  # 162.5 yen, half to even
    assert money.convert(Money(1000, "JPY"), Rate("JPY", "KWD", 2, 1000, source="test")) == Money(2000, "KWD")
