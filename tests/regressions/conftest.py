"""The shop of the payments tests, on every database."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from tallystick import db
from tallystick.base import IdSource
from tests.clocks import ManualClock
from tests.rooms.payments.shop import Shop


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def shop(database_url: str, clock: ManualClock, seed: int) -> AsyncIterator[Shop]:
    database = await db.open(database_url, ids=IdSource(clock, random.Random(seed)), clock=clock)
    yield Shop(database, clock)
    await database.close()
