"""The HTTP shell: a table of endpoints in, an ASGI application in Stripe's dialect out."""

from tallystick.web.body import EMAIL, Gone
from tallystick.web.endpoint import (
    Answer,
    Call,
    Endpoint,
    Handler,
    Id,
    ListParams,
    Metadata,
    NoParams,
    Params,
    Seconds,
    TimeFilter,
    encode,
)
from tallystick.web.expand import Expansion, Expansions, Loader
from tallystick.web.model import NOBODY, VERSION, Auth, KeyKind, Principal, WebRefusal
from tallystick.web.paging import page
from tallystick.web.problems import card_error, problem
from tallystick.web.shell import Guard, Shell, asgi

OPEN = Auth.OPEN
PUBLISHABLE = Auth.PUBLISHABLE
SECRET = Auth.SECRET

__all__ = [
    "EMAIL",
    "NOBODY",
    "OPEN",
    "PUBLISHABLE",
    "SECRET",
    "VERSION",
    "Answer",
    "Auth",
    "Call",
    "Endpoint",
    "Expansion",
    "Expansions",
    "Gone",
    "Guard",
    "Handler",
    "Id",
    "KeyKind",
    "ListParams",
    "Loader",
    "Metadata",
    "NoParams",
    "Params",
    "Principal",
    "Seconds",
    "Shell",
    "TimeFilter",
    "WebRefusal",
    "asgi",
    "card_error",
    "encode",
    "page",
    "problem",
]
