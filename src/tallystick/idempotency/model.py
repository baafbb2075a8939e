"""What is claimed, what is answered, and why a key is refused.

The rules are Stripe's (docs.stripe.com/api/idempotent_requests); docs/reference/idempotency.md says them in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from tallystick.base import Kind, RefusalCode

KEY_LENGTH = 255
"""Longest key that is taken, in characters."""


class IdempotencyRefusal(RefusalCode):
    """Why a request with a key is not run."""

    KEY_TOO_LONG = "idempotency_key_too_long", Kind.INVALID
    KEY_REUSED = "idempotency_key_reused", Kind.INVALID
    """The key belongs to a request with other parameters; on HTTP its type is `idempotency_error`."""
    KEY_IN_USE = "idempotency_key_in_use", Kind.CONFLICT


def fingerprint(*parts: bytes) -> str:
    """What two requests must share to be the same request: a digest over method, path and parameters."""
    return sha256(b"\n".join(parts)).hexdigest()


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request as this room sees it. Without a key every request is its own."""

    merchant_id: str
    livemode: bool
    key: str | None
    fingerprint: str
    request_id: str

    @property
    def operation_id(self) -> str:
        """The id of the work, should this request be the one that does it: `op_` with the request's own suffix."""
        return "op" + self.request_id[self.request_id.index("_") :]

    @property
    def scope(self) -> str:
        """The primary key of the claim: merchant, mode and key in one digest, so that keys compare byte by byte."""
        return sha256(f"{self.merchant_id}\n{self.livemode:d}\n{self.key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer ready to be sent.

    `keep` says that it is the answer for good: every later request with the key gets these bytes. An answer that is
    not kept (a request that was malformed, or that met another one) leaves the key free to be tried again.
    `original_request` is the id of the request that was run, when this answer replays it.
    """

    status: int
    body: bytes
    keep: bool = True
    original_request: str | None = None

    @property
    def replayed(self) -> bool:
        """Whether this answer was stored by an earlier request."""
        return self.original_request is not None
