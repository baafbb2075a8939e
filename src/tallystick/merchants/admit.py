"""Who is asking: from the Authorization header to a principal, at a microsecond or two per request.

Both ways of Stripe's clients are taken: `Authorization: Bearer sk_…` and HTTP Basic with the key as user name
(`curl -u sk_…:`; RFC 7617). What was read is believed for two seconds, so a key revoked anywhere stops working
everywhere within that time.
"""

from __future__ import annotations

import base64
import binascii
from typing import NoReturn

from tallystick.base import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND, Instant, Refused
from tallystick.db import Database, LostRace
from tallystick.merchants import keys, store
from tallystick.merchants.model import ApiKey, MerchantRefusal
from tallystick.web import Principal

FRESH_SECONDS = 2
_MOST_KNOWN = 10_000


class Guard:
    """Admits callers; one per process."""

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._database = database
        self._pepper = pepper
        self._known: dict[str, tuple[Principal, int]] = {}

    async def admit(self, authorization: str | None, *, now: Instant) -> Principal:
        """The caller behind an Authorization header.

        Raises Refused: API_KEY_MISSING, API_KEY_INVALID, API_KEY_EXPIRED.
        """
        secret = _secret_in(authorization)
        if not keys.FORM.fullmatch(secret):
            _unknown(secret)
        mark = keys.digest(self._pepper, secret)
        known = self._known.get(mark)
        if known is not None and now < known[1]:
            return known[0]
        return await self._look_up(mark, secret, now)

    async def _look_up(self, mark: str, secret: str, now: Instant) -> Principal:
        key = await store.key_by_digest(self._database, mark)
        if key is None or key.revoked is not None:
            self._known.pop(mark, None)
            if key is None:
                _unknown(secret)
            raise Refused(
                MerchantRefusal.API_KEY_EXPIRED,
                f"The API key {key.hint} was revoked. Use a current key from the dashboard.",
            )
        principal = Principal(key.merchant_id, key.livemode, key.kind, key.id)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[mark] = (principal, now + FRESH_SECONDS * MICROSECONDS_PER_SECOND)
        await self._note_use(key, now)
        return principal

    async def _note_use(self, key: ApiKey, now: Instant) -> None:
        """Once per key and day; a lost race means somebody else has noted it."""
        today = now // MICROSECONDS_PER_DAY
        if key.last_used_day != today:
            try:
                async with self._database.unit() as unit:
                    unit.update(store.USED_KEY, {"id": key.id, "last_used_day": today})
            except LostRace:
                return


def _secret_in(authorization: str | None) -> str:
    scheme, _, rest = (authorization or "").strip().partition(" ")
    scheme, rest = scheme.lower(), rest.strip()
    if scheme == "bearer" and rest:
        return rest
    if scheme == "basic" and rest:
        return _user_name(rest)
    raise Refused(
        MerchantRefusal.API_KEY_MISSING,
        "No API key was sent. Send it as 'Authorization: Bearer sk_test_…' or as the user name of HTTP Basic.",
    )


def _user_name(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("latin-1").partition(":")[0]
    except (binascii.Error, ValueError):
        raise Refused(
            MerchantRefusal.API_KEY_MISSING, "The Basic credentials are not base64. Send the API key as user name."
        ) from None


def _unknown(secret: str) -> NoReturn:
    """Shows no more of what was sent than its kind and end, since it may be a real key of somewhere else."""
    shown = f"{secret[:8]}…{secret[-4:]}" if keys.FORM.fullmatch(secret) else "sent"
    raise Refused(
        MerchantRefusal.API_KEY_INVALID,
        f"The API key {shown} is not known here. Copy a current key from the dashboard.",
    )
