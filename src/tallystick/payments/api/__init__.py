"""The operations of this room: tables of endpoints, one file per resource."""

from __future__ import annotations

from tallystick import web
from tallystick.payments.api import customers, intents, methods, notifications, records, refunds
from tallystick.payments.api.expandable import EXPANSIONS
from tallystick.payments.till import Till

__all__ = ["endpoints", "expansions"]


def expansions(_till: Till) -> tuple[web.Expansion, ...]:
    """Every id in an answer of this room that can be expanded."""
    return EXPANSIONS


def endpoints(till: Till) -> tuple[web.Endpoint, ...]:
    """Everything that is answered over HTTP."""
    return (
        *intents.endpoints(intents.Intents(till)),
        *refunds.endpoints(refunds.Refunds(till)),
        *customers.endpoints(customers.Customers(till)),
        *methods.endpoints(methods.Methods(till)),
        *records.endpoints(records.Records(till)),
        *notifications.endpoints(notifications.Notifications(till)),
    )
