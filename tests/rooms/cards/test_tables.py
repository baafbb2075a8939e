"""The tables of test cards and decline codes hold together."""

from __future__ import annotations

import pytest

from tallystick import cards
from tallystick.cards import Behaviour, TestCard

ALL = sorted(set(cards.TEST_CARDS.values()), key=lambda card: card.name)
KEY = b"fingerprint key"


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.name)
def test_every_test_card_is_a_possible_card(card: TestCard) -> None:
    assert cards.luhn(card.number)
    assert card.brand is not cards.Brand.UNKNOWN
    assert card.funding in {"credit", "debit", "prepaid"}
    assert card.note
    assert (card.decline_code is not None) == (card.behaviour is Behaviour.DECLINE)
    assert card.decline_code is None or card.decline_code in cards.DECLINES


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.name)
def test_every_test_card_is_found_by_each_of_its_names(card: TestCard) -> None:
    assert cards.by_number(card.number) is card
    assert cards.by_name(card.name) is card
    assert cards.by_name(card.token) is card


def test_numbers_and_tokens_are_unique() -> None:
    assert len({c.number for c in ALL}) == len({c.token for c in ALL}) == len(ALL)


def test_second_names_mean_the_same_card() -> None:
    assert cards.by_name("pm_card_chargeDeclined") is cards.by_name("tok_visa_chargeDeclined")
    assert cards.by_name("pm_card_us") is cards.by_number("4242424242424242")


def test_a_name_or_number_nobody_published_is_no_test_card() -> None:
    assert cards.by_name("pm_1234") is None
    assert cards.by_number("4000000000000000") is None


def test_every_behaviour_has_a_card() -> None:
    assert {c.behaviour for c in ALL} == set(Behaviour)


def test_only_authentication_cards_need_action() -> None:
    assert cards.TEST_CARDS["pm_card_threeDSecure2Required"].requires_action
    assert not cards.TEST_CARDS["pm_card_visa"].requires_action


def test_a_card_holds_no_number() -> None:
    test_card = cards.TEST_CARDS["pm_card_visa"]
    card = test_card.card(key=KEY)
    assert test_card.number not in repr(card)
    assert (card.token, card.brand, card.last4) == ("tok_visa", "visa", "4242")


def test_the_fingerprint_knows_a_card_again_and_needs_the_key() -> None:
    one = cards.fingerprint("tok_visa", key=KEY)
    assert one == cards.fingerprint("tok_visa", key=KEY)
    assert one != cards.fingerprint("tok_visa", key=b"other")
    assert one != cards.fingerprint("tok_amex", key=KEY)
    assert len(one) == 16


def test_error_codes_are_the_published_ones() -> None:
    assert cards.decline("insufficient_funds").code == "card_declined"
    assert cards.decline("expired_card").code == "expired_card"
    assert cards.decline("processing_error").code == "processing_error"
    assert cards.decline(None).decline_code == "generic_decline"


def test_reasons_that_lie_with_the_card_are_not_asked_elsewhere() -> None:
    for code in ("lost_card", "stolen_card", "fraudulent", "insufficient_funds", "expired_card", "do_not_try_again"):
        assert not cards.decline(code).retryable
    for code in ("processing_error", "issuer_not_available", "generic_decline", "do_not_honor"):
        assert cards.decline(code).retryable


def test_an_unknown_reason_is_not_asked_elsewhere() -> None:
    unknown = cards.decline("eaten_by_dog")
    assert unknown == cards.Decline("card_declined", "eaten_by_dog", "Your card was declined.", False, None)


def test_nothing_shown_to_a_customer_tells_of_loss_theft_or_fraud() -> None:
    shown = " ".join(d.message.lower() for d in cards.DECLINES.values())
    assert not any(word in shown for word in ("lost", "stolen", "fraud", "theft"))


def test_advice_never_contradicts_a_retry() -> None:
    assert not [d.decline_code for d in cards.DECLINES.values() if d.retryable and d.advice == "do_not_try_again"]
