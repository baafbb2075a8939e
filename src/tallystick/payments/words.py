"""The words a payment is found by. Pure; `search.py` keeps and asks them.

A token is lower-case text of at most 120 characters. Some stand for a field (`currency:eur`, `metadata:order=17`), the
others are what somebody would type: an e-mail address, words of the description, the amount, the card's end, the
processor's reference. Ids of ours need no tokens, they are keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from tallystick import money
from tallystick.payments.model import Payment
from tallystick.payments.rules import read_instrument
from tallystick.payments.store.tables import TOKEN_LENGTH

MOST_WORDS = 30
"""Words of one description that are kept."""
_WORD = re.compile(r"\w[\w.@+-]*")


def tokens(payment: Payment) -> frozenset[str]:
    """Everything the payment is found by."""
    found = [
        payment.receipt_email,
        payment.processor_reference,
        str(payment.amount),
        money.minor_to_text(payment.amount, money.exponent(payment.currency)),
        field("currency", payment.currency),
        field("processor", payment.processor) if payment.processor else "",
        *words(payment.description),
        *_of_metadata(payment.metadata),
    ]
    instrument = read_instrument(payment.card)
    if instrument is not None:
        found.append(instrument.last4)
    return frozenset(normal(token) for token in found if token)


def words(text: str) -> list[str]:
    """The words somebody typed, in lower case."""
    return [normal(word.rstrip(".-")) for word in _WORD.findall(text)[:MOST_WORDS]]


def field(name: str, value: str) -> str:
    """The token of a field with this value."""
    return normal(f"{name}:{value}")


def of_metadata(key: str, value: str) -> str:
    """The token of one metadata pair."""
    return normal(f"metadata:{key}={value}")


def normal(token: str) -> str:
    """As tokens are kept."""
    return token.strip().lower()[:TOKEN_LENGTH]


def _of_metadata(text: str) -> Iterable[str]:
    if text == "{}":
        return
    for key, value in msgspec.json.decode(text, type=dict[str, str]).items():
        yield of_metadata(key, value)
        yield value
        yield from words(value)
