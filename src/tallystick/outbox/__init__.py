"""News: written with the change it tells of, read in commit order, handed on until taken."""

from tallystick.outbox import relay
from tallystick.outbox.add import add, compose
from tallystick.outbox.brokers import BROKERS, broker
from tallystick.outbox.contract import Broker
from tallystick.outbox.model import Event, Head, OutboxRefusal
from tallystick.outbox.read import event, events, load
from tallystick.outbox.relay import Consumer, Lag, Publisher, Relayed, lag

__all__ = [
    "BROKERS",
    "Broker",
    "Consumer",
    "Event",
    "Head",
    "Lag",
    "OutboxRefusal",
    "Publisher",
    "Relayed",
    "add",
    "broker",
    "compose",
    "event",
    "events",
    "lag",
    "load",
    "relay",
]
