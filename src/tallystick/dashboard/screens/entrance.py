"""Sign-in: the one page without a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tallystick.base import Refused
from tallystick.dashboard.desk import House, show
from tallystick.dashboard.session import FORM, SESSION, form_token, genuine, give, read_form

WRONG = "That e-mail and password do not belong together. Check both and try again."
STALE = "This page was open too long. Please sign in again."


def endpoint(house: House) -> Callable[[Request], Awaitable[Response]]:
    """The page and what it does."""

    async def sign_in(request: Request) -> Response:
        if request.method != "POST":
            return _form(house, request, expired=bool(request.query_params.get("expired")))
        form = await read_form(request)
        cookie = request.cookies.get(FORM, "")
        if not genuine(request, form, form_token(cookie) if cookie else ""):
            return _form(house, request, form=form, problem=STALE, status=403)
        try:
            token = await house.doors.people.sign_in(
                form.get("email", "").strip(), form.get("password", ""), _address(request), now=house.clock.now()
            )
        except Refused as refused:
            return _form(house, request, form=form, problem=refused.message, status=429)
        if token is None:
            return _form(house, request, form=form, problem=WRONG, status=401)
        return _enter(house, request, form, token)

    return sign_in


def local(house: House, path: str) -> str:
    """The path when it is one of our own pages, else the overview: never another site's."""
    parts = urlsplit(path)
    ours = not parts.scheme and not parts.netloc and parts.path.startswith(house.root + "/")
    return path if ours and "\\" not in path and "/sign-" not in path else f"{house.root}/"


def _form(
    house: House,
    request: Request,
    *,
    form: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
    expired: bool = False,
) -> Response:
    secret = request.cookies.get(FORM) or house.entropy()
    asked = request.query_params.get("next", "") or (form or {}).get("next", "")
    answer = show(
        house,
        request,
        "sign_in.html",
        status=status,
        form_token=form_token(secret),
        email=(form or {}).get("email", ""),
        problem=problem,
        expired=expired,
        next=local(house, asked),
    )
    give(answer, FORM, secret, path=house.root, secure=request.url.scheme == "https")
    return answer


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _enter(house: House, request: Request, form: Mapping[str, str], token: str) -> Response:
    answer = RedirectResponse(local(house, form.get("next", "")), status_code=303)
    give(answer, SESSION, token, path=house.root, secure=request.url.scheme == "https")
    answer.delete_cookie(FORM, path=house.root)
    return answer
