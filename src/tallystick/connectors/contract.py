"""What a plug for a payment processor must offer. The suite is `tests/contracts/test_connectors.py`.

Transport trouble is never an exception here: a method returns an outcome whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tallystick.base import Instant, ProcessorSettings
from tallystick.connectors.model import (
    AuthorizeOrder,
    CaptureOrder,
    NoAnswer,
    NotFound,
    Notification,
    NotSent,
    Outcome,
    RefundOrder,
    Response,
    VoidOrder,
)


class Caller(Protocol):
    """What carries a request out: `connectors.Transport`, or a stand-in inside one process."""

    async def call(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> Response | NotSent | NoAnswer: ...


class Connector(Protocol):
    """One processor. The same order with the same key has one effect there, however often it is given."""

    @property
    def name(self) -> str: ...
    async def authorize(self, order: AuthorizeOrder) -> Outcome: ...
    async def capture(self, order: CaptureOrder) -> Outcome: ...
    async def void(self, order: VoidOrder) -> Outcome: ...
    async def refund(self, order: RefundOrder) -> Outcome: ...
    async def look_up(self, key: str) -> Outcome | NotFound:
        """What became of `key`. Never NotSent: a question that could not be asked leaves it Unknown."""
        ...

    def read_notifications(self, headers: Mapping[str, str], body: bytes, *, now: Instant) -> list[Notification]:
        """The news in one call; raises Refused when it was not signed by the processor within the last minutes."""
        ...


@dataclass(frozen=True, slots=True)
class Plug:
    """One line of the registry."""

    kind: str
    build: Callable[[str, ProcessorSettings, Caller], Connector]
