"""Day close: the month, one day with its checks, the lock, and the proof on paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from starlette.responses import Response

from tallystick import merchants
from tallystick.base import day as day_of
from tallystick.dashboard.desk import Desk
from tallystick.merchants import Permission

YEARS = range(1970, 3000)


async def index(desk: Desk, _: Mapping[str, str]) -> Response:
    """The days of a month."""
    month = _month(desk.asked("month")) or day_of(desk.now).replace(day=1)
    page = await desk.doors.close.days(desk.scope, month, now=desk.now)
    earlier = (month - timedelta(days=1)).replace(day=1)
    later = (month + timedelta(days=32)).replace(day=1)
    return await desk.page("days.html", page=page, month=month, earlier=earlier, later=later, today=day_of(desk.now))


async def one(desk: Desk, _: Mapping[str, str]) -> Response:
    """One day: what stands in the way, or the proof."""
    day = _day(desk.request.path_params["day"])
    page = await desk.doors.close.day(desk.scope, day, now=desk.now) if day else None
    if page is None:
        return await desk.missing("Day")
    return await desk.page("day.html", page=page, row=page.row)


async def lock(desk: Desk, _: Mapping[str, str]) -> Response:
    """Close the day."""
    day = _day(desk.request.path_params["day"])
    if day is None:
        return await desk.missing("Day")
    merchants.require(desk.scope.visitor.user, Permission.CLOSE)
    await desk.doors.close.close(desk.scope, day, now=desk.now)
    return desk.to(f"/close/{day}", done="closed")


async def proof(desk: Desk, _: Mapping[str, str]) -> Response:
    """The stored proof, laid out for paper."""
    day = _day(desk.request.path_params["day"])
    page = await desk.doors.close.day(desk.scope, day, now=desk.now) if day else None
    if page is None or page.proof is None:
        return await desk.missing("Proof")
    return await desk.page("proof.html", page=page, proof=page.proof)


def _day(text: str) -> date | None:
    """None too for a day of another age, beside which there may be no other in the calendar."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def _month(text: str) -> date | None:
    return _day(f"{text}-01")
