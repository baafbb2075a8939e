"""What a screen works with: the visitor, the scope, the time, and the way to answer.

One `Desk` is made per request by the guard in `mount.py`; screens never read cookies or clocks themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tallystick.base import Clock, Instant
from tallystick.dashboard.doors import Doors
from tallystick.dashboard.session import MERCHANT, MODE, SESSION, THEME
from tallystick.dashboard.view import Scope, Visitor


@dataclass(frozen=True, slots=True)
class House:
    """What stays the same for all requests."""

    doors: Doors
    clock: Clock
    templates: Environment
    root: str
    entropy: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of a signed-in visitor."""

    house: House
    request: Request
    scope: Scope
    now: Instant
    token: str
    """The session's; the cookie's content."""

    @property
    def doors(self) -> Doors:
        """What may be asked."""
        return self.house.doors

    @property
    def section(self) -> str:
        """The part of the dashboard: the first word of the address."""
        return self.request.url.path.removeprefix(self.house.root).strip("/").partition("/")[0]

    @property
    def partial(self) -> bool:
        """Whether the browser asked for one part of the page only."""
        return self.request.headers.get("hx-request-type") == "partial"

    def asked(self, name: str) -> str:
        """A query parameter, cut to a length no honest one has, without the character databases refuse."""
        return self.request.query_params.get(name, "")[:200].replace("\x00", "")

    async def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """The page, or its part."""
        seen = self.scope.visitor.platform and not self.partial
        breaks = await self.doors.start.open_breaks(self.scope) if seen else 0
        return show(
            self.house,
            self.request,
            template,
            status=status,
            scope=self.scope,
            now=self.now,
            form_token=self.scope.visitor.form_token,
            open_breaks=breaks,
            **values,
        )

    async def missing(self, what: str) -> Response:
        """404 with a way on."""
        return await self.page(
            "error.html",
            status=404,
            title=f"{what} not found",
            code=404,
            message=(
                "It does not exist, belongs to another merchant, or lives in the other mode. "
                "Check the address, or switch between test and live at the top."
            ),
        )

    def to(self, path: str, done: str = "") -> Response:
        """On to another page after a form, with a short word of what was done."""
        mark = ("&" if "?" in path else "?") + f"done={done}" if done else ""
        return RedirectResponse(f"{self.house.root}{path}{mark}", status_code=303)


def show(
    house: House, request: Request, template: str, *, status: int = 200, form_token: str = "", **values: Any
) -> Response:
    """A rendered template with what every page needs."""
    theme = request.cookies.get(THEME, "")
    html = house.templates.get_template(template).render(
        request=request,
        path=request.url.path.removeprefix(house.root) or "/",
        theme=theme if theme in ("light", "dark") else "",
        form_token=form_token,
        done=request.query_params.get("done", ""),
        **values,
    )
    return HTMLResponse(html, status_code=status)


def scope_of(request: Request, visitor: Visitor) -> Scope:
    """The visitor's choice of merchant and mode, as far as it is theirs to choose."""
    chosen = request.cookies.get(MERCHANT, "")
    merchant = chosen if any(m.id == chosen for m in visitor.merchants) else None
    return Scope(visitor, merchant, livemode=request.cookies.get(MODE) == "live")


def session_token(request: Request) -> str:
    """The token in the session cookie, or empty."""
    return request.cookies.get(SESSION, "")[:200]
