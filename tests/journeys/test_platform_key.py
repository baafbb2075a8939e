"""Reconciliation and close over HTTP: with a key of the platform, and with no merchant's."""

from pathlib import Path

import pytest

from tallystick import merchants
from tests.client import Client
from tests.clocks import ManualClock
from tests.journeys import street


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_the_platform_sees_its_days_and_a_merchant_does_not(
    sqlite_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    here = await street.build(sqlite_url, clock)
    database = here.platform.database
    await merchants.create_merchant(
        database,
        name="Platform",
        email="platform@localhost.invalid",
        country="DE",
        default_currency="EUR",
        now=clock.now(),
        merchant_id=merchants.PLATFORM,
    )
    pepper = merchants.pepper_of(here.platform.settings.secret_key.get_secret_value())
    issued = await merchants.issue_key(
        database,
        pepper,
        merchant_id=merchants.PLATFORM,
        kind=merchants.KeyKind.SECRET,
        livemode=False,
        now=clock.now(),
    )
    platform = Client(here.shell, issued.secret)
    for path in ("/v1/closes", "/v1/breaks", "/v1/reconciliation/runs"):
        assert (await platform.get(path)).status == 200, path
        assert (await here.ada.get(path)).status == 403, path
    await here.platform.close()
