"""A database per backend, and a clock that stands still."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from tallystick import db
from tallystick.base import IdSource
from tests.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def database(database_url: str, clock: ManualClock, seed: int) -> AsyncIterator[db.Database]:
    opened = await db.open(database_url, ids=IdSource(clock, random.Random(seed)), clock=clock)
    yield opened
    await opened.close()
