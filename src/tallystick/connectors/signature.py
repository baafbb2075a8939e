"""Signed notifications: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` (docs.stripe.com/webhooks/signature).

The time is signed too, and an old one is refused: else whoever once saw a notification could send it again for ever.
"""

from __future__ import annotations

import hashlib
import hmac

from tallystick.base import Instant, Refused, epoch_seconds
from tallystick.connectors.model import ConnectorRefusal

TOLERANCE_SECONDS = 300


def verify(header: str | None, body: bytes, *, secret: str, now: Instant) -> None:
    """Accept a body signed with `secret` less than five minutes before or after `now`; any one of several v1 will do.

    Raises Refused(BAD_SIGNATURE) or Refused(STALE_SIGNATURE).
    """
    fields = [part.strip().partition("=") for part in (header or "").split(",")]
    moment = next((value for name, _, value in fields if name == "t"), "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise Refused(ConnectorRefusal.BAD_SIGNATURE, "The notification carries no signature of the form t=…,v1=….")
    wanted = hmac.digest(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hex().encode()
    given = [value.encode() for name, _, value in fields if name == "v1"]
    if not any(hmac.compare_digest(wanted, value) for value in given):
        raise Refused(ConnectorRefusal.BAD_SIGNATURE, "The signature does not fit; check the notification secret.")
    if abs(epoch_seconds(now) - int(moment)) > TOLERANCE_SECONDS:
        raise Refused(
            ConnectorRefusal.STALE_SIGNATURE,
            f"The notification was signed more than {TOLERANCE_SECONDS} seconds away from now; check both clocks.",
        )
