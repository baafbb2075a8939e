"""People: their sessions, and what they may see."""

from __future__ import annotations

from tallystick import db, merchants
from tallystick.base import Instant, Refused
from tallystick.dashboard import view
from tallystick.merchants import PLATFORM, MerchantRefusal, Permission, User


class People:
    """Sign-in through `merchants`."""

    def __init__(self, database: db.Database) -> None:
        self._database = database

    async def sign_in(self, email: str, password: str, address: str, *, now: Instant) -> str | None:
        """The token of a new session. Raises Refused while there were too many attempts."""
        try:
            signed_in = await merchants.sign_in(
                self._database, email=email, password=password, address=address, now=now
            )
        except Refused as refused:
            if refused.code is MerchantRefusal.SIGN_IN_FAILED:
                return None
            raise
        return signed_in.token

    async def session(self, token: str, *, now: Instant) -> view.Visitor | None:
        """The visitor of a session that is still valid."""
        found = await merchants.session(self._database, token, now=now)
        if found is None:
            return None
        return view.Visitor(found.user, found.csrf_token, await self._merchants_of(found.user))

    async def sign_out(self, token: str, *, now: Instant) -> None:
        """End the session."""
        await merchants.sign_out(self._database, token)

    async def _merchants_of(self, user: User) -> tuple[view.Merchant, ...]:
        if user.may(Permission.READ, PLATFORM):
            found = await merchants.list_merchants(self._database)
        else:
            found = [await merchants.merchant_of(self._database, place) for place in sorted(user.roles)]
        return tuple(view.Merchant(merchant.id, merchant.name) for merchant in found)
