"""API keys: issued and shown once, kept as a digest, revoked for good.

A key is its prefix (`sk_live_`, `pk_test_`, …) and 160 random bits, so a digest needs no salt and no stretching. The
digest is keyed with the server's secret: a copy of the database alone lets nobody test guesses.
"""

from __future__ import annotations

import hmac
import re

from tallystick.base import Instant, Refused
from tallystick.db import Database
from tallystick.merchants import store
from tallystick.merchants.enrol import merchant_of
from tallystick.merchants.model import ApiKey, IssuedKey, MerchantRefusal, prefix
from tallystick.web import KeyKind

SECRET_LENGTH = 32
LONGEST_NAME = 100
FORM = re.compile(r"[sp]k_(?:test|live)_[0-9a-z]{32}", re.ASCII)


def pepper_of(secret_key: str) -> bytes:
    """The key that digests are made with, from the platform's `secret_key` setting."""
    return hmac.digest(secret_key.encode(), b"tallystick api keys", "sha256")


def digest(pepper: bytes, secret: str) -> str:
    """How a key is known to the database."""
    return hmac.digest(pepper, secret.encode(), "sha256").hex()


async def issue_key(
    database: Database,
    pepper: bytes,
    *,
    merchant_id: str,
    kind: KeyKind,
    livemode: bool,
    name: str = "",
    now: Instant,
) -> IssuedKey:
    """A new key for a merchant. Its secret is in the answer and nowhere else.

    Raises Refused: MERCHANT_MISSING, NAME_INVALID.
    """
    if len(name) > LONGEST_NAME or "\x00" in name:
        raise Refused(
            MerchantRefusal.NAME_INVALID, f"Give the key a name of at most {LONGEST_NAME} characters.", param="name"
        )
    await merchant_of(database, merchant_id)
    secret = prefix(kind, livemode=livemode) + database.ids.secret(SECRET_LENGTH)
    key = ApiKey(
        id=database.ids.new("key"),
        merchant_id=merchant_id,
        kind=kind,
        livemode=livemode,
        name=name,
        last4=secret[-4:],
        created=now,
        revoked=None,
        last_used_day=None,
    )
    row = {field: getattr(key, field) for field in ApiKey.__slots__}
    async with database.unit() as unit:
        unit.insert(store.ADD_KEY, row | {"kind": str(kind), "digest": digest(pepper, secret)})
    return IssuedKey(key, secret)


async def revoke_key(database: Database, *, key_id: str, merchant_id: str, now: Instant) -> ApiKey:
    """End a key; ending it again changes nothing. It stops working everywhere within two seconds.

    Raises Refused(KEY_MISSING) also for another merchant's key.
    """
    key = await store.key(database, key_id)
    if key is None or key.merchant_id != merchant_id:
        raise Refused(
            MerchantRefusal.KEY_MISSING, f"There is no API key {key_id[:64]!r}. List the merchant's keys to find it."
        )
    if key.revoked is None:
        async with database.unit() as unit:
            unit.update(store.REVOKE_KEY, {"id": key_id, "revoked": now})
        return await revoke_key(database, key_id=key_id, merchant_id=merchant_id, now=now)
    return key


async def list_keys(database: Database, *, merchant_id: str, livemode: bool) -> list[ApiKey]:
    """A merchant's keys of one mode, revoked ones too, newest first."""
    return await store.keys(database, merchant_id, livemode=livemode)
