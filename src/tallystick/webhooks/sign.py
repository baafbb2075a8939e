"""The signature by which a receiver knows that a webhook is ours, fresh and unchanged.

`Stripe-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body" under the endpoint's secret>`, with one v1 per
secret that is valid (docs.stripe.com/webhooks/signature). The receivers of every Stripe SDK check it as it is.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from tallystick.base import Instant, epoch_seconds

HEADER = "Stripe-Signature"


def signature(secrets: Iterable[str], now: Instant, body: bytes) -> str:
    """The header's value."""
    at = epoch_seconds(now)
    signed = b"%d.%b" % (at, body)
    marks = [f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in secrets]
    return ",".join([f"t={at}", *marks])
