"""Why a card was declined: the decline codes Stripe publishes (docs.stripe.com/declines/codes), and what each allows.

`retryable` answers one question only: may the same payment be offered to *another processor* at once? Yes where the
reason lies with the way the payment took (an error on it, an issuer not reached, a refusal without a reason); no where
it lies with the card or its holder, because a second question gets the same answer and card networks charge for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Decline:
    """One decline code. `advice` is `try_again_later`, `do_not_try_again`, `confirm_card_data` or None, as Stripe's
    `advice_code`; `message` may be shown to the customer and never tells of fraud, loss or theft."""

    code: str
    decline_code: str
    message: str
    retryable: bool
    advice: str | None


_DECLINED = "Your card was declined."
_NOT_SUPPORTED = "Your card does not support this type of purchase."
_PIN = "The PIN is incorrect. Try again with the right one."
_ERROR = "An error occurred while processing your card. Try again in a little bit."
_OWN_ERROR_CODES = frozenset({
    "expired_card", "incorrect_cvc", "incorrect_number", "incorrect_zip", "invalid_cvc", "invalid_expiry_month",
    "invalid_expiry_year", "invalid_number", "processing_error", "authentication_required",
})  # fmt: skip
"""Decline codes whose error `code` is their own name; all others answer `card_declined`."""

# decline code, retryable at another processor, advice, message
_CODES: tuple[tuple[str, bool, str | None, str], ...] = (
    ("approve_with_id", True, "try_again_later", _DECLINED),
    ("authentication_not_handled", False, "try_again_later", _DECLINED),
    ("authentication_required", False, None, "Your card was declined. This payment needs authentication."),
    ("call_issuer", False, "do_not_try_again", _DECLINED),
    ("card_not_supported", False, "do_not_try_again", _NOT_SUPPORTED),
    (
        "card_velocity_exceeded",
        False,
        "try_again_later",
        "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    ),
    ("currency_not_supported", False, "do_not_try_again", "Your card does not support this currency."),
    ("do_not_honor", True, "try_again_later", _DECLINED),
    ("do_not_try_again", False, "do_not_try_again", _DECLINED),
    (
        "duplicate_transaction",
        False,
        "do_not_try_again",
        "A payment of the same amount with this card was made very recently.",
    ),
    ("expired_card", False, "confirm_card_data", "Your card has expired."),
    ("fraudulent", False, "do_not_try_again", _DECLINED),
    ("generic_decline", True, "try_again_later", _DECLINED),
    ("incorrect_address", False, "confirm_card_data", "Your card's billing address is incorrect."),
    ("incorrect_cvc", False, "confirm_card_data", "Your card's security code is incorrect."),
    ("incorrect_number", False, "confirm_card_data", "Your card number is incorrect."),
    ("incorrect_pin", False, "confirm_card_data", _PIN),
    ("incorrect_zip", False, "confirm_card_data", "Your card's postal code is incorrect."),
    ("insufficient_funds", False, "try_again_later", "Your card has insufficient funds."),
    ("invalid_account", False, "do_not_try_again", _DECLINED),
    ("invalid_amount", False, "do_not_try_again", "The amount is not allowed on your card."),
    ("invalid_cvc", False, "confirm_card_data", "Your card's security code is invalid."),
    ("invalid_expiry_month", False, "confirm_card_data", "Your card's expiration month is invalid."),
    ("invalid_expiry_year", False, "confirm_card_data", "Your card's expiration year is invalid."),
    ("invalid_number", False, "confirm_card_data", "Your card number is invalid."),
    ("invalid_pin", False, "confirm_card_data", _PIN),
    ("issuer_not_available", True, "try_again_later", _DECLINED),
    ("lost_card", False, "do_not_try_again", _DECLINED),
    ("merchant_blacklist", False, "do_not_try_again", _DECLINED),
    ("new_account_information_available", False, "confirm_card_data", _DECLINED),
    ("no_action_taken", True, "try_again_later", _DECLINED),
    ("not_permitted", False, "do_not_try_again", _DECLINED),
    ("offline_pin_required", False, None, _DECLINED),
    ("online_or_offline_pin_required", False, None, _DECLINED),
    ("pickup_card", False, "do_not_try_again", _DECLINED),
    ("pin_try_exceeded", False, "do_not_try_again", "Too many wrong PINs. Use another card."),
    ("processing_error", True, "try_again_later", _ERROR),
    ("reenter_transaction", True, "try_again_later", _DECLINED),
    ("restricted_card", False, "do_not_try_again", _DECLINED),
    ("revocation_of_all_authorizations", False, "do_not_try_again", _DECLINED),
    ("revocation_of_authorization", False, "do_not_try_again", _DECLINED),
    ("security_violation", False, "do_not_try_again", _DECLINED),
    ("service_not_allowed", False, "do_not_try_again", _DECLINED),
    ("stolen_card", False, "do_not_try_again", _DECLINED),
    ("stop_payment_order", False, "do_not_try_again", _DECLINED),
    (
        "testmode_decline",
        False,
        "do_not_try_again",
        "Your card was declined: it is a test card, and this is live mode.",
    ),
    ("transaction_not_allowed", False, "do_not_try_again", _DECLINED),
    ("try_again_later", True, "try_again_later", _DECLINED),
    ("withdrawal_count_limit_exceeded", False, "try_again_later", "Your card's limit is exceeded. Use another card."),
)

DECLINES: Mapping[str, Decline] = MappingProxyType({
    name: Decline(name if name in _OWN_ERROR_CODES else "card_declined", name, message, retryable, advice)
    for name, retryable, advice, message in _CODES
})  # fmt: skip
"""Every known decline code."""


def decline(decline_code: str | None) -> Decline:
    """The entry for a decline code; one nobody knows is a generic decline that is not offered elsewhere.

    An unknown code may mean anything, also "stolen", so the cautious answer is not to ask again.
    """
    known = DECLINES.get(decline_code or "generic_decline")
    return known or Decline("card_declined", decline_code or "generic_decline", _DECLINED, False, None)
