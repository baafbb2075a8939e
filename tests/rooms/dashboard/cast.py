"""Who and when, in the believable data."""

from __future__ import annotations

import hashlib

from tallystick.base import Instant, day, from_seconds
from tallystick.dashboard import view
from tallystick.merchants import PLATFORM, Role, User

NOW = Instant(from_seconds(1_795_273_800) + 123_456)  # Saturday, 21 November 2026, 15:10 UTC
TODAY = day(NOW)
MERCHANTS = (
    view.Merchant("mer_01northwind", "Northwind Coffee"),
    view.Merchant("mer_02harbour", "Harbour Bikes"),
    view.Merchant("mer_03atelier", "Atelier Lumen"),
)
ADA = view.Visitor(User("user_1", "ada@tallystick.test", "Ada Byrne", {PLATFORM: Role.OWNER}), "form-ada", MERCHANTS)
RAY = view.Visitor(
    User("user_2", "ray@northwind.test", "Ray Osei", {MERCHANTS[0].id: Role.VIEWER}), "form-ray", MERCHANTS[:1]
)
PASSWORDS = {"ada@tallystick.test": ("correct horse", ADA), "ray@northwind.test": ("correct horse", RAY)}
PEOPLE = (ADA.email, "noor@tallystick.test", "sam@tallystick.test")


def sha(text: str) -> str:
    """A digest of nothing in particular."""
    return hashlib.sha256(text.encode()).hexdigest()
