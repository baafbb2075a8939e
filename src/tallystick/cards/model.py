"""What may be known of a card: never its number.

A card in Tallystick is a token, four digits and what the number's range gives away. The number itself is looked at
once, at the door, to find its token, and then forgotten (PCI DSS requirement 3: what is not stored cannot leak).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from tallystick.base import Kind, RefusalCode


class Brand(StrEnum):
    """Card networks by the names Stripe's API gives them."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex"
    DISCOVER = "discover"
    DINERS = "diners"
    JCB = "jcb"
    UNIONPAY = "unionpay"
    UNKNOWN = "unknown"


class CardRefusal(RefusalCode):
    """Why card details were not taken; the order is the order of the checks."""

    INCORRECT_NUMBER = "incorrect_number", Kind.INVALID
    INVALID_EXPIRY_MONTH = "invalid_expiry_month", Kind.INVALID
    INVALID_EXPIRY_YEAR = "invalid_expiry_year", Kind.INVALID
    INVALID_CVC = "invalid_cvc", Kind.INVALID


@dataclass(frozen=True, slots=True)
class Card:
    """A card as rooms hand it about. `token` names it at the vault; for a test card it is the published `tok_` name."""

    token: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    funding: str
    country: str
    fingerprint: str


class Behaviour(StrEnum):
    """What a processor that knows the published test cards does with one."""

    APPROVE = "approve"
    DECLINE = "decline"
    """Declines with the card's `decline_code`."""
    REQUIRES_ACTION = "requires_action"
    """Wants the customer to authenticate (3-D Secure) first."""
    DISPUTE = "dispute"
    """Approves; after capture the payment is disputed as fraudulent."""
    DISPUTE_NOT_RECEIVED = "dispute_not_received"
    """Approves; after capture disputed because the goods never came."""
    DISPUTE_TWICE = "dispute_twice"
    """Approves; after capture two disputes of half the amount each."""
    INQUIRY = "inquiry"
    """Approves; after capture the bank asks, but takes no money."""
    FRAUD_WARNING = "fraud_warning"
    """Approves; after capture an early fraud warning comes."""
    REFUND_PENDING = "refund_pending"
    """Approves; a refund is pending at first and succeeds later."""
    REFUND_FAILS = "refund_fails"
    """Approves; a refund is pending at first and fails later."""
    TIMEOUT = "timeout"
    """Approves the payment, but the answer never comes."""
    TIMEOUT_CAPTURE = "timeout_capture"
    """Captures, but the answer to the capture never comes."""
    TIMEOUT_REFUND = "timeout_refund"
    """Refunds, but the answer to the refund never comes."""
    UNAVAILABLE = "unavailable"
    """The processor says that it is not available, and has done nothing."""
    DUPLICATE_NOTIFICATION = "duplicate_notification"
    """Approves; every notification comes twice."""
    REORDERED = "reordered"
    """Approves; the notification of the capture comes before that of the authorisation."""


@dataclass(frozen=True, slots=True)
class TestCard:
    """One published test card. `number` is public, and the only kind of number this package ever holds."""

    __test__ = False  # it is not a test case, whatever pytest thinks of the name

    name: str
    token: str
    number: str
    brand: Brand
    funding: str
    country: str
    behaviour: Behaviour
    decline_code: str | None
    note: str

    @property
    def requires_action(self) -> bool:
        """Whether the customer would have to authenticate first."""
        return self.behaviour is Behaviour.REQUIRES_ACTION

    def card(self, *, key: bytes, exp_month: int = 12, exp_year: int = 2034) -> Card:
        """The card without its number. `key` keys the fingerprint."""
        return Card(
            token=self.token,
            brand=self.brand.value,
            last4=self.number[-4:],
            exp_month=exp_month,
            exp_year=exp_year,
            funding=self.funding,
            country=self.country,
            fingerprint=fingerprint(self.token, key=key),
        )


def fingerprint(token: str, *, key: bytes) -> str:
    """16 characters that are the same for the same card and tell nothing to whom has not the key."""
    digest = hmac.digest(key, token.encode(), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode()
