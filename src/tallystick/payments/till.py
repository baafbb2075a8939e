"""What every verb works with: the database, the processors, the routes, the fee, and how long to be patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tallystick import connectors, db, merchants, routing
from tallystick.base import Instant


@dataclass(frozen=True, slots=True)
class Till:
    """Made once per process.

    An attempt without an answer is asked for after `resolve_after_seconds`, which must be longer than a call to a
    processor may take. `accept_window_seconds` is how long after its making an attempt may still be sent; only an
    attempt older than that is believed to have never reached a processor that does not know it.
    `fees` has the merchants' fee plans (None: no fee is charged); `fingerprint_key` keys card fingerprints.
    """

    database: db.Database
    processors: Mapping[str, connectors.Connector]
    routes: routing.Routes
    fees: merchants.Fees | None = None
    resolve_after_seconds: int = 15
    accept_window_seconds: int = 60
    fingerprint_key: bytes = field(default=b"tallystick", repr=False)

    def __post_init__(self) -> None:
        if self.accept_window_seconds < self.resolve_after_seconds:
            raise ValueError("accept_window_seconds must not be shorter than resolve_after_seconds")

    async def fee(self, merchant_id: str, minor: int, currency: str, *, now: Instant) -> int:
        """Our fee in minor units on `minor` captured units of `currency`."""
        if self.fees is None:
            return 0
        return (await self.fees.plan(merchant_id, now=now)).fee(minor, currency)
