"""The stage of this room's tests."""

from __future__ import annotations

import pytest

from tallystick import db
from tests.clocks import ManualClock
from tests.rooms.webhooks.stage import Stage


@pytest.fixture
def stage(database: db.Database, clock: ManualClock) -> Stage:
    return Stage(database, clock)
