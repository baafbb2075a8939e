"""The shop of this room's tests."""

from __future__ import annotations

import pytest

from tallystick import db
from tests.clocks import ManualClock
from tests.rooms.payments.shop import Shop


@pytest.fixture
def shop(database: db.Database, clock: ManualClock) -> Shop:
    return Shop(database, clock)
