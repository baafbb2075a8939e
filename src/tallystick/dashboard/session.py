"""Cookies and the proof that a form came from our own page.

The session cookie holds the token `merchants` gave out; it is HttpOnly and SameSite=Lax. The session has a form token
of its own, which every form must carry. Before sign-in a random cookie takes the session's place, and the form token
is an HMAC of a fixed word under it, so it needs no store. A form is refused unless the token fits *and* the browser
does not call the request cross-site (OWASP, Cross-Site Request Forgery Prevention; W3C Fetch Metadata).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

SESSION = "tally_session"
FORM = "tally_form"
MODE = "tally_mode"
MERCHANT = "tally_merchant"
THEME = "tally_theme"

FORM_BYTES = 65_536
YEAR_SECONDS = 31_536_000


def form_token(secret: str) -> str:
    """What the sign-in form must carry when `secret` is in the form cookie."""
    return hmac.new(secret.encode(), b"tallystick dashboard form", hashlib.sha256).hexdigest()


def genuine(request: Request, form: Mapping[str, str], expected: str) -> bool:
    """Whether the form was sent from a page we served to this browser."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    return bool(expected) and hmac.compare_digest(form.get("form_token", "").encode(), expected.encode())


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a url-encoded form; a repeated field keeps its last value. Too long or not UTF-8 gives none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return {}
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
        return {name: value.replace("\x00", "") for name, value in fields}
    except ValueError:
        return {}


def remember(response: Response, name: str, value: str, *, path: str, secure: bool) -> None:
    """A cookie for a choice of the visitor's; scripts need not read it."""
    response.set_cookie(name, value, max_age=YEAR_SECONDS, path=path, samesite="lax", httponly=True, secure=secure)


def give(response: Response, name: str, value: str, *, path: str, secure: bool) -> None:
    """A cookie that ends with the browser session."""
    response.set_cookie(name, value, path=path, samesite="lax", httponly=True, secure=secure)
