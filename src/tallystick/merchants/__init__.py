"""Merchants, their API keys and fees, and the people who work for them."""

from tallystick.merchants import api
from tallystick.merchants.admit import Guard
from tallystick.merchants.enrol import create_merchant, list_merchants, merchant_of
from tallystick.merchants.fees import Fees, fee_plan, set_fee_plan
from tallystick.merchants.guard import require
from tallystick.merchants.keys import issue_key, list_keys, pepper_of, revoke_key
from tallystick.merchants.model import (
    PLATFORM,
    ApiKey,
    FeePlan,
    IssuedKey,
    Merchant,
    MerchantRefusal,
    Permission,
    Role,
    Session,
    SignedIn,
    User,
)
from tallystick.merchants.people import create_user, grant, set_password, user_by_email, user_of
from tallystick.merchants.sessions import prune, session, sign_in, sign_out
from tallystick.web import KeyKind

endpoints = api.endpoints

__all__ = [
    "PLATFORM",
    "ApiKey",
    "FeePlan",
    "Fees",
    "Guard",
    "IssuedKey",
    "KeyKind",
    "Merchant",
    "MerchantRefusal",
    "Permission",
    "Role",
    "Session",
    "SignedIn",
    "User",
    "create_merchant",
    "create_user",
    "endpoints",
    "fee_plan",
    "grant",
    "issue_key",
    "list_keys",
    "list_merchants",
    "merchant_of",
    "pepper_of",
    "prune",
    "require",
    "revoke_key",
    "session",
    "set_fee_plan",
    "set_password",
    "sign_in",
    "sign_out",
    "user_by_email",
    "user_of",
]
