"""What a signed-in person may do where: roles are a table in `model.py`, asked here."""

from __future__ import annotations

from tallystick.base import Refused
from tallystick.merchants.model import PLATFORM, MerchantRefusal, Permission, User


def require(user: User, permission: Permission, merchant_id: str = PLATFORM) -> None:
    """Raises Refused(ROLE_INSUFFICIENT) unless a role of `user` at the merchant, or on the platform, allows it."""
    if not user.may(permission, merchant_id):
        place = "on the platform" if merchant_id == PLATFORM else f"at {merchant_id}"
        raise Refused(
            MerchantRefusal.ROLE_INSUFFICIENT,
            f"Your role {place} does not allow to {permission}. Ask an owner to do it or to give you the role.",
        )
