"""The overview."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from tallystick.dashboard.desk import Desk
from tallystick.dashboard.view import Period


async def show(desk: Desk, _: Mapping[str, str]) -> Response:
    """Volume, approval, money under way, today's proof, recent payments."""
    asked = desk.asked("period")
    period = Period(asked) if asked in set(Period) else Period.DAY
    overview = await desk.doors.start.overview(desk.scope, period, desk.asked("currency").upper(), now=desk.now)
    template = "overview_live.html" if desk.partial else "overview.html"
    return await desk.page(template, overview=overview, periods=PERIODS)


PERIODS = ((Period.DAY, "24 hours"), (Period.WEEK, "7 days"), (Period.MONTH, "30 days"))
