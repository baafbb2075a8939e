"""Rules that need no database: what may be paid, captured and refunded, how ids relate, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tallystick import money
from tallystick.base import Instant, Refused
from tallystick.payments.model import Instrument, Options, Payment, PaymentRefusal

MOST_MINOR = 99_999_999
"""The largest amount of one payment, in minor units (eight digits, as at Stripe)."""
SETTLING_DAYS = 2
"""Days from a charge until its net amount counts as available."""
MOST_METADATA_KEYS = 50
_CROCKFORD = str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")
_TIME_DIGITS = 10
NO_OPTIONS = Options()
_DECODE_OPTIONS = msgspec.json.Decoder(Options).decode
_DECODE_INSTRUMENT = msgspec.json.Decoder(Instrument).decode


def read_options(text: str) -> Options:
    """The options that JSON text holds."""
    return NO_OPTIONS if text == "{}" else _DECODE_OPTIONS(text)


def read_instrument(text: str) -> Instrument | None:
    """The instrument that JSON text holds; None for empty text."""
    return _DECODE_INSTRUMENT(text) if text else None


def to_text(value: Any) -> str:
    """A value as JSON text, as the columns keep it."""
    return msgspec.json.encode(value).decode()


def merged_metadata(text: str, changes: Mapping[str, str] | None) -> str:
    """Metadata after an update: keys of `changes` are set, those with an empty value removed; None clears all.

    Raises Refused(PARAMETER_INVALID) for more than 50 keys.
    """
    if changes is None:
        return "{}"
    kept = {} if text == "{}" else msgspec.json.decode(text, type=dict[str, str])
    kept.update(changes)
    kept = {key: value for key, value in kept.items() if value}
    if len(kept) > MOST_METADATA_KEYS:
        raise Refused(
            PaymentRefusal.PARAMETER_INVALID,
            f"An object holds at most {MOST_METADATA_KEYS} metadata keys. Remove some by setting them to ''.",
            param="metadata",
        )
    return to_text(kept) if kept else "{}"


def charge_id(attempt_id: str) -> str:
    """The charge that an authorise attempt is seen as: same suffix, prefix `ch`."""
    return "ch_" + attempt_id.partition("_")[2]


def attempt_id(charge: str) -> str:
    """The authorise attempt behind a charge; empty, which is nobody's id, for the id of anything else."""
    prefix, _, suffix = charge.partition("_")
    return f"att_{suffix}" if prefix == "ch" else ""


def made_at(identifier: str) -> Instant:
    """When an id was made, to the millisecond.

    Objects take their `created` from their id, so that a range of `created` is exactly a range of keys.
    """
    digits = identifier.partition("_")[2][:_TIME_DIGITS]
    return Instant(int(digits.translate(_CROCKFORD), 32) * 1000)


def missing(what: str, identifier: str, *, param: str = "id") -> Refused:
    """The refusal for an id that does not exist, or not for this merchant and mode."""
    return Refused(PaymentRefusal.RESOURCE_MISSING, f"No such {what}: '{identifier[:64]}'", param=param)


def locked(payment: Payment) -> Refused:
    """The refusal while an earlier question about the payment is open."""
    return Refused(
        PaymentRefusal.LOCK_TIMEOUT,
        f"{payment.id} is being worked on: an earlier request on it has no outcome yet. Try again in a moment; "
        "if its status stays 'processing', the outcome is being asked for at the processor.",
    )


def check_amount(amount: int, exponent: int, *, param: str = "amount") -> None:
    """Refuse an amount that cannot be paid.

    Raises Refused: not positive, more than eight digits, or, in a currency of three decimals, not a multiple of ten
    (card networks carry two of them).
    """
    if amount < 1:
        raise Refused(
            PaymentRefusal.AMOUNT_TOO_SMALL, "The amount must be a positive number of minor units.", param=param
        )
    if amount > MOST_MINOR:
        raise Refused(PaymentRefusal.AMOUNT_TOO_LARGE, f"The amount must be no more than {MOST_MINOR}.", param=param)
    _check_decimals(amount, exponent, param=param)


def _check_decimals(amount: int, exponent: int, *, param: str) -> None:
    if exponent == 3 and amount % 10:
        raise Refused(
            PaymentRefusal.PARAMETER_INVALID,
            "Amounts in a three-decimal currency must end in 0, because card networks carry two decimals.",
            param=param,
        )


def check_refund(payment: Payment, amount: int | None) -> int:
    """The minor units to refund: `amount`, or all that is left.

    Raises Refused: nothing captured, disputed, nothing left, more than is left, or a part that card networks cannot
    carry (as `check_amount`). All that is left is always fine, or the rest of a payment could never go back.
    """
    if payment.captured == 0:
        raise Refused(
            PaymentRefusal.CHARGE_NOT_CAPTURED,
            f"{payment.id} has no captured charge to refund. Cancel it to release an authorisation.",
        )
    if payment.refundable <= 0:
        raise Refused(
            PaymentRefusal.CHARGE_ALREADY_REFUNDED, f"Charge {charge_id(payment.charge)} has already been refunded."
        )
    if payment.disputed:
        raise Refused(
            PaymentRefusal.CHARGE_DISPUTED,
            f"Charge {charge_id(payment.charge)} is disputed; the money has gone back already. Answer the dispute.",
        )
    wanted = payment.refundable if amount is None else amount
    if wanted < 1:
        raise Refused(PaymentRefusal.AMOUNT_TOO_SMALL, "The refund must be a positive amount.", param="amount")
    if wanted > payment.refundable:
        raise Refused(
            PaymentRefusal.REFUND_TOO_LARGE,
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({payment.refundable}).",
            param="amount",
        )
    if wanted != payment.refundable:
        _check_decimals(wanted, money.exponent(payment.currency), param="amount")
    return wanted


def check_capture(payment: Payment, amount: int | None) -> int:
    """The minor units to capture: `amount`, or the whole hold, which is always fine.

    Raises Refused: more than is held, less than 1, or a part that card networks cannot carry (as `check_amount`).
    """
    wanted = payment.authorised if amount is None else amount
    if wanted < 1:
        raise Refused(
            PaymentRefusal.AMOUNT_TOO_SMALL, "Capture a positive amount, or cancel.", param="amount_to_capture"
        )
    if wanted > payment.authorised:
        raise Refused(
            PaymentRefusal.AMOUNT_TOO_LARGE,
            f"The amount to capture ({wanted}) is greater than the amount held ({payment.authorised}).",
            param="amount_to_capture",
        )
    if wanted != payment.authorised:
        _check_decimals(wanted, money.exponent(payment.currency), param="amount_to_capture")
    return wanted
