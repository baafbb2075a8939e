"""Which address is answered by which screen: GET shows, POST does one thing and sends the browser on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.responses import Response

from tallystick.dashboard.desk import Desk
from tallystick.dashboard.screens import books, breaks, close, developers, overview, payments, reconciliation, settings

Screen = Callable[[Desk, Mapping[str, str]], Awaitable[Response]]

ROUTES: Final[dict[str, dict[str, Screen]]] = {
    "/": {"GET": overview.show},
    "/payments": {"GET": payments.index},
    "/payments/{id}": {"GET": payments.one},
    "/ledger": {"GET": books.trial_balance},
    "/reconciliation": {"GET": reconciliation.index},
    "/reconciliation/{id}": {"GET": reconciliation.one},
    "/breaks": {"GET": breaks.index},
    "/breaks/{id}": {"GET": breaks.one},
    "/breaks/{id}/{action}": {"POST": breaks.act},
    "/close": {"GET": close.index},
    "/close/{day}": {"GET": close.one, "POST": close.lock},
    "/close/{day}/proof": {"GET": close.proof},
    "/webhooks": {"GET": developers.webhooks},
    "/webhooks/{id}/resend": {"POST": developers.resend},
    "/keys": {"GET": developers.keys, "POST": developers.issue},
    "/keys/{id}/revoke": {"POST": developers.revoke},
    "/system": {"GET": developers.system},
    "/mode": {"POST": settings.mode},
    "/merchant": {"POST": settings.merchant},
    "/sign-out": {"POST": settings.sign_out},
}
