"""A new merchant, and finding the ones there are."""

from __future__ import annotations

import re

from tallystick import money
from tallystick.base import Instant, Refused
from tallystick.db import Database, LostRace
from tallystick.merchants import store
from tallystick.merchants.model import Merchant, MerchantRefusal

_EMAIL = re.compile(r"[^@\s\x00]{1,64}@[^@\s\x00]{1,255}")
_COUNTRY = re.compile(r"[A-Z]{2}")
LONGEST_NAME = 200


async def create_merchant(
    database: Database,
    *,
    name: str,
    email: str,
    country: str,
    default_currency: str,
    now: Instant,
    merchant_id: str | None = None,
) -> Merchant:
    """Enrol a merchant. With a `merchant_id` of one's own, doing it again gives back the merchant that is there.

    `country` is ISO 3166 in capitals, `default_currency` ISO 4217 in capitals. Raises Refused: NAME_INVALID,
    EMAIL_INVALID, COUNTRY_INVALID, money's UNSUPPORTED_CURRENCY.
    """
    check_name(name)
    check_email(email)
    if not _COUNTRY.fullmatch(country):
        raise Refused(
            MerchantRefusal.COUNTRY_INVALID, "Give the country as two capital letters, such as DE.", param="country"
        )
    money.currency(default_currency)
    new_id = merchant_id or database.ids.new("acct")
    merchant = Merchant(new_id, name, email, country, default_currency, now)
    try:
        async with database.unit() as unit:
            row = {field: getattr(merchant, field) for field in Merchant.__slots__}
            unit.insert(store.ADD_MERCHANT, row | {"fee_basis_points": 0, "version": 0})
    except LostRace:
        return await merchant_of(database, new_id)
    return merchant


async def merchant_of(database: Database, merchant_id: str) -> Merchant:
    """The merchant with this id. Raises Refused(MERCHANT_MISSING)."""
    found = await store.merchant(database, merchant_id)
    if found is None:
        raise missing(merchant_id)
    return found[0]


async def list_merchants(database: Database) -> list[Merchant]:
    """All merchants, oldest first."""
    return await store.merchants(database)


def missing(merchant_id: str) -> Refused:
    """There is no such merchant."""
    return Refused(
        MerchantRefusal.MERCHANT_MISSING, f"There is no merchant {merchant_id[:64]!r}. List the merchants to find it."
    )


def check_name(name: str) -> None:
    """Raises Refused(NAME_INVALID)."""
    if not name.strip() or len(name) > LONGEST_NAME or "\x00" in name:
        raise Refused(MerchantRefusal.NAME_INVALID, f"Give a name of 1 to {LONGEST_NAME} characters.", param="name")


def check_email(email: str) -> None:
    """Raises Refused(EMAIL_INVALID)."""
    if not _EMAIL.fullmatch(email):
        raise Refused(MerchantRefusal.EMAIL_INVALID, "Give an email address such as name@example.com.", param="email")
