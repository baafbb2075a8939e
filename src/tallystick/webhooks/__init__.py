"""Webhooks: endpoints, signed deliveries with retries, everything visible and repeatable."""

from tallystick.webhooks.address import check_url, refusal
from tallystick.webhooks.api import endpoints
from tallystick.webhooks.configure import Rules, Wish, create, delete, find, rotate, update
from tallystick.webhooks.courier import Courier, Step
from tallystick.webhooks.deliver import Send, Sender
from tallystick.webhooks.deliveries import find as find_delivery
from tallystick.webhooks.deliveries import ping, prune, resend
from tallystick.webhooks.fan_out import FanOut
from tallystick.webhooks.model import (
    Answer,
    Delivery,
    DeliveryStatus,
    Endpoint,
    EndpointStatus,
    Reply,
    Trouble,
    Try,
    WebhookRefusal,
)
from tallystick.webhooks.seal import Seal, Unreadable
from tallystick.webhooks.sign import signature
from tallystick.webhooks.store import page_of_deliveries, page_of_endpoints, tries

__all__ = [
    "Answer",
    "Courier",
    "Delivery",
    "DeliveryStatus",
    "Endpoint",
    "EndpointStatus",
    "FanOut",
    "Reply",
    "Rules",
    "Seal",
    "Send",
    "Sender",
    "Step",
    "Trouble",
    "Try",
    "Unreadable",
    "WebhookRefusal",
    "Wish",
    "check_url",
    "create",
    "delete",
    "endpoints",
    "find",
    "find_delivery",
    "page_of_deliveries",
    "page_of_endpoints",
    "ping",
    "prune",
    "refusal",
    "resend",
    "rotate",
    "signature",
    "tries",
    "update",
]
