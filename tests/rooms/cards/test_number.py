"""Card numbers: check digit, network, expiry, security code."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick import cards
from tallystick.base import Refused
from tallystick.cards import Brand, CardRefusal

TODAY = datetime.date(2026, 11, 21)


@given(st.text("0123456789", min_size=11, max_size=18))
def test_exactly_one_check_digit_fits(head: str) -> None:
    assert sum(cards.luhn(head + digit) for digit in "0123456789") == 1


@given(st.sampled_from(sorted({c.number for c in cards.TEST_CARDS.values()})), st.data())
def test_a_single_wrong_digit_is_noticed(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not cards.luhn(number[:place] + other + number[place + 1 :])


def test_spaces_and_dashes_are_how_people_write_numbers() -> None:
    assert cards.read_number("4242 4242-4242 4242") == "4242424242424242"


@pytest.mark.parametrize("text", ["", "4242", "4242424242424241", "42424242424242424242", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", "4242x"])
def test_what_is_no_card_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Refused) as caught:
        cards.read_number(text)
    assert caught.value.code is CardRefusal.INCORRECT_NUMBER
    assert not text or text not in caught.value.message


@pytest.mark.parametrize(
    ("digits", "brand"),
    [
        ("4242424242424242", Brand.VISA),
        ("2221000000000000", Brand.MASTERCARD),
        ("2720999999999999", Brand.MASTERCARD),
        ("2721000000000000", Brand.UNKNOWN),
        ("378282246310005", Brand.AMEX),
        ("6011111111111117", Brand.DISCOVER),
        ("6200000000000005", Brand.UNIONPAY),
        ("3566002020360505", Brand.JCB),
        ("36227206271667", Brand.DINERS),
        ("9999999999999999", Brand.UNKNOWN),
    ],
)
def test_the_range_gives_the_network(digits: str, brand: Brand) -> None:
    assert cards.brand_of(digits) is brand


def test_a_card_is_good_through_its_month() -> None:
    cards.check_expiry(11, 2026, today=TODAY)
    cards.check_expiry(1, 2076, today=TODAY)


@pytest.mark.parametrize(
    ("month", "year", "code"),
    [
        (13, 2030, CardRefusal.INVALID_EXPIRY_MONTH),
        (0, 2030, CardRefusal.INVALID_EXPIRY_MONTH),
        (10, 2026, CardRefusal.INVALID_EXPIRY_MONTH),
        (12, 2025, CardRefusal.INVALID_EXPIRY_YEAR),
        (12, 95, CardRefusal.INVALID_EXPIRY_YEAR),
        (12, 2077, CardRefusal.INVALID_EXPIRY_YEAR),
    ],
)
def test_an_impossible_expiry_is_refused(month: int, year: int, code: CardRefusal) -> None:
    with pytest.raises(Refused) as caught:
        cards.check_expiry(month, year, today=TODAY)
    assert caught.value.code is code


@pytest.mark.parametrize(
    ("cvc", "brand"), [("12", Brand.VISA), ("1234", Brand.VISA), ("abc", Brand.VISA), ("12", Brand.AMEX)]
)
def test_a_wrong_length_of_security_code_is_refused(cvc: str, brand: Brand) -> None:
    with pytest.raises(Refused) as caught:
        cards.check_cvc(cvc, brand=brand)
    assert caught.value.code is CardRefusal.INVALID_CVC


def test_security_codes_of_the_right_length_pass() -> None:
    cards.check_cvc("123", brand=Brand.VISA)
    cards.check_cvc("1234", brand=Brand.AMEX)
