"""The visitor's own choices: mode, merchant, and leaving."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from tallystick.dashboard.desk import Desk
from tallystick.dashboard.screens.entrance import local
from tallystick.dashboard.session import MERCHANT, MODE, SESSION, remember


async def mode(desk: Desk, form: Mapping[str, str]) -> Response:
    """Live or test data."""
    return _chosen(desk, form, MODE, "live" if form.get("mode") == "live" else "test")


async def merchant(desk: Desk, form: Mapping[str, str]) -> Response:
    """One merchant or all; one that is not the visitor's is ignored when the cookie is read."""
    return _chosen(desk, form, MERCHANT, form.get("merchant", "")[:64])


async def sign_out(desk: Desk, _: Mapping[str, str]) -> Response:
    """End the session."""
    await desk.doors.people.sign_out(desk.token, now=desk.now)
    answer = RedirectResponse(f"{desk.house.root}/sign-in", status_code=303)
    answer.delete_cookie(SESSION, path=desk.house.root)
    return answer


def _chosen(desk: Desk, form: Mapping[str, str], cookie: str, value: str) -> Response:
    answer = RedirectResponse(_list_of(desk, form.get("back", "")), status_code=303)
    secure = desk.request.url.scheme == "https"
    remember(answer, cookie, value, path=desk.house.root, secure=secure)
    return answer


def _list_of(desk: Desk, path: str) -> str:
    """The page to go back to; one thing's page belongs to one mode and merchant, so its list is shown instead."""
    section = local(desk.house, path).removeprefix(desk.house.root).strip("/").split("/")[0]
    return f"{desk.house.root}/{section}"
