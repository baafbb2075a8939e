"""What may be known of a card, the published test cards, and what a decline means."""

from tallystick.cards.declines import DECLINES, Decline, decline
from tallystick.cards.model import Behaviour, Brand, Card, CardRefusal, TestCard, fingerprint
from tallystick.cards.number import brand_of, check_cvc, check_expiry, luhn, read_number
from tallystick.cards.published import TEST_CARDS, by_name, by_number

__all__ = [
    "DECLINES",
    "TEST_CARDS",
    "Behaviour",
    "Brand",
    "Card",
    "CardRefusal",
    "Decline",
    "TestCard",
    "brand_of",
    "by_name",
    "by_number",
    "check_cvc",
    "check_expiry",
    "decline",
    "fingerprint",
    "luhn",
    "read_number",
]
