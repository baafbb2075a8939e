"""Visitors of the dashboard."""

from __future__ import annotations

import pytest

from tests.rooms.dashboard.visit import Visit


@pytest.fixture
async def ada() -> Visit:
    """An owner on the platform, signed in, looking at test data."""
    visit = Visit()
    await visit.sign_in()
    return visit


@pytest.fixture
async def ray() -> Visit:
    """Somebody who may only look, at one merchant."""
    visit = Visit()
    await visit.sign_in("ray@northwind.test")
    return visit
