"""What a broker must offer to be told of every event; one file per broker in `brokers/`.

A broker's module has `SCHEME`, the first part of the addresses it understands, and `open_broker(address)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tallystick.outbox.model import Event


class Broker(Protocol):
    """Somewhere outside the database that keeps or spreads news."""

    name: str
    """Names the cursor that says how far this broker has been told; another name starts from the first event."""

    async def publish(self, events: Sequence[Event]) -> None:
        """Hand over events in order of seq. Returning says all of them are safe there.

        Raising says nothing about how many are. Either way the same events, or some of them, may be handed over once
        more after a crash, perhaps by another process at the same time: keep them apart by seq or id where you can.
        """

    async def close(self) -> None:
        """Let go of connections; nothing is published after."""
