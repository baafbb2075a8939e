"""The dashboard as one Starlette application, to be mounted where the wiring wants it.

Promises: no page without a session; no form without its token; no script or style but our own files
(Content-Security-Policy); no page with money kept in a cache. Refusals of the rooms are shown with their message.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tallystick import merchants
from tallystick.base import Clock, Kind, Refused, log
from tallystick.dashboard import render
from tallystick.dashboard.desk import Desk, House, scope_of, session_token, show
from tallystick.dashboard.doors import Doors
from tallystick.dashboard.headers import Headers
from tallystick.dashboard.screens import ROUTES, Screen, entrance
from tallystick.dashboard.session import genuine, read_form
from tallystick.merchants import Permission

Endpoint = Callable[[Request], Awaitable[Response]]
BROKEN = "The page could not be made. Nothing was changed. Try again; if it stays, look at the server's log."
PLATFORM_SECTIONS = frozenset({"reconciliation", "breaks", "close", "system"})
"""What covers all merchants is shown to those with a role on the platform only."""
STATUS = {Kind.MISSING: 404, Kind.FORBIDDEN: 403, Kind.CONFLICT: 409, Kind.LATER: 503}


def app(
    doors: Doors,
    *,
    clock: Clock,
    root: str = "/dashboard",
    entropy: Callable[[], str] = lambda: secrets.token_urlsafe(24),
) -> Starlette:
    """The application; mount it at `root`."""
    house = House(doors, clock, render.environment(root), root, entropy)
    routes = [
        Mount("/static", StaticFiles(directory=render.STATIC)),
        Route("/sign-in", entrance.endpoint(house), methods=["GET", "POST"]),
        *(Route(path, _guarded(house, methods), methods=list(methods)) for path, methods in ROUTES.items()),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Headers)],
        exception_handlers={404: _nowhere(house), 405: _nowhere(house)},
    )


def site(doors: Doors, *, clock: Clock, root: str = "/dashboard") -> Starlette:
    """The application at `root`, and the bare address leading there: what answers beside the API."""

    async def start(_: Request) -> Response:
        return RedirectResponse(f"{root}/", status_code=307)

    return Starlette(routes=[Route("/", start), Mount(root, app(doors, clock=clock, root=root))])


def _guarded(house: House, screens: dict[str, Screen]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        try:
            return await _served(house, screens, request)
        except Exception as error:  # a fault of one page: told, logged, and the next request is served
            log.get("dashboard").error("page_failed", path=request.url.path, error=repr(error), exc_info=True)
            return _plain_error(house, request, 500, "Something broke", BROKEN)

    return endpoint


async def _served(house: House, screens: dict[str, Screen], request: Request) -> Response:
    desk = await desk_of(house, request)
    if desk is None:
        return _to_sign_in(house, request)
    if "\x00" in request.url.path or "%00" in request.url.path:
        return await desk.missing("Page")
    if request.method != "POST":
        return await _answer(desk, screens["GET"], {})
    form = await read_form(request)
    if not genuine(request, form, desk.scope.visitor.form_token):
        return await _stale_form(desk)
    return await _answer(desk, screens["POST"], form)


async def _answer(desk: Desk, screen: Screen, form: dict[str, str]) -> Response:
    try:
        if desk.section in PLATFORM_SECTIONS:
            merchants.require(desk.scope.visitor.user, Permission.READ)
        return await screen(desk, form)
    except Refused as refused:
        status = STATUS.get(refused.kind, 400)
        title = "Not found" if status == 404 else "That is not possible"
        return await desk.page("error.html", status=status, title=title, code=status, message=refused.message)


async def desk_of(house: House, request: Request) -> Desk | None:
    """The visitor's desk, or None without a session."""
    token, now = session_token(request), house.clock.now()
    visitor = await house.doors.people.session(token, now=now) if token else None
    return Desk(house, request, scope_of(request, visitor), now, token) if visitor else None


def _to_sign_in(house: House, request: Request) -> Response:
    expired = "&expired=1" if session_token(request) else ""
    target = f"{house.root}/sign-in?next={entrance.local(house, request.url.path)}{expired}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


async def _stale_form(desk: Desk) -> Response:
    return await desk.page(
        "error.html",
        status=403,
        title="This form is out of date",
        code=403,
        message="It was made for another session, or did not come from this dashboard. Go back, reload the page and "
        "send it again. Nothing was changed.",
    )


def _nowhere(house: House) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, _: Exception) -> Response:
        desk = await desk_of(house, request)
        if desk is not None:
            return await desk.missing("Page")
        return _plain_error(house, request, 404, "Page not found", "Check the address, or start from the overview.")

    return handler


def _plain_error(house: House, request: Request, status: int, title: str, message: str) -> Response:
    return show(house, request, "error_alone.html", status=status, code=status, title=title, message=message)
