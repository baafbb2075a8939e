"""The doors, answered from the rooms."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick import db
from tallystick.base import ProcessorSettings
from tallystick.dashboard.doors import Doors
from tallystick.dashboard.pages.books import Books
from tallystick.dashboard.pages.close import Close
from tallystick.dashboard.pages.developers import Developers
from tallystick.dashboard.pages.payments import Payments
from tallystick.dashboard.pages.people import People
from tallystick.dashboard.pages.reconciliation import Reconciliation
from tallystick.dashboard.pages.start import Start


def rooms(
    database: db.Database, *, pepper: bytes, processors: dict[str, ProcessorSettings], consumers: Sequence[str]
) -> Doors:
    """All doors of one platform. `pepper` keys the digests of API keys; `consumers` names who is sent the news."""
    close = Close(database, processors)
    return Doors(
        people=People(database),
        start=Start(database, close, processors),
        payments=Payments(database, tuple(processors)),
        reconciliation=Reconciliation(database),
        close=close,
        books=Books(database),
        developers=Developers(database, pepper, consumers),
    )
