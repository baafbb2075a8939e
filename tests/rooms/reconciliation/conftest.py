"""The business of this room's tests."""

from __future__ import annotations

import pytest

from tallystick import db
from tests.clocks import ManualClock
from tests.rooms.payments.shop import Shop
from tests.rooms.reconciliation.business import Business


@pytest.fixture
def business(database: db.Database, clock: ManualClock) -> Business:
    return Business(Shop(database, clock))
