"""The rack of brokers: one file each, one name here."""

from __future__ import annotations

from importlib import import_module

from tallystick.base import Refused
from tallystick.outbox.contract import Broker
from tallystick.outbox.model import OutboxRefusal

BROKERS: tuple[str, ...] = ("tallystick.outbox.brokers.file",)


def broker(address: str) -> Broker:
    """The broker at an address such as `file:///var/lib/tallystick/events.ndjson`; Refused(UNKNOWN_BROKER)."""
    scheme, separator, _ = address.partition("://")
    for name in BROKERS:
        module = import_module(name)
        if separator and scheme == module.SCHEME:
            opened: Broker = module.open_broker(address)
            return opened
    raise Refused(
        OutboxRefusal.UNKNOWN_BROKER,
        f"No broker understands {address!r}. Known: {', '.join(name.rpartition('.')[2] for name in BROKERS)}.",
        param="event_brokers",
    )
