"""An operation of the API as a row of a table, what its handler is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec

from tallystick.base import Instant, Refused
from tallystick.db import Database, Unit
from tallystick.idempotency import Operation
from tallystick.web.model import Auth, Principal, WebRefusal

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""The id of an object, as a parameter."""

Metadata = Annotated[
    dict[Annotated[str, msgspec.Meta(min_length=1, max_length=40)], Annotated[str, msgspec.Meta(max_length=500)]],
    msgspec.Meta(max_length=50),
]
"""Up to 50 keys of the caller's own, 40 characters each, with values of 500. An empty value removes the key."""

encode = msgspec.json.Encoder().encode
NO_OPERATION = Operation("op_none")
"""The operation of a request that writes nothing."""


class Params(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of the parameters of an operation; a field without a default is required.

    A class made from this one or from ListParams says `kw_only=True` again if it has required fields after others.
    """


class NoParams(Params):
    """For operations without parameters."""


class ListParams(Params):
    """Cursor paging: newest first, from before or after an object's id."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    # Unset instead of None, because an empty value would be taken for None: it is refused, not answered with page 1.
    starting_after: Id | msgspec.UnsetType = msgspec.UNSET
    ending_before: Id | msgspec.UnsetType = msgspec.UNSET

    def __post_init__(self) -> None:
        if self.starting_after is not msgspec.UNSET and self.ending_before is not msgspec.UNSET:
            raise Refused(
                WebRefusal.PARAMETERS_EXCLUSIVE,
                "starting_after and ending_before cannot be used together. Send one of them.",
                param="ending_before",
            )

    @property
    def backwards(self) -> bool:
        """Whether the page lies before (newer than) the cursor."""
        return self.ending_before is not msgspec.UNSET

    @property
    def cursor(self) -> str | None:
        """The id the page starts from, exclusive."""
        return self.ending_before or self.starting_after or None


Seconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]
"""A moment in whole seconds since the Unix epoch, to the end of the year 9999."""


class TimeFilter(Params):
    """`created[gte]=…`: bounds in seconds since the Unix epoch."""

    gt: Seconds | None = None
    gte: Seconds | None = None
    lt: Seconds | None = None
    lte: Seconds | None = None


@dataclass(slots=True)
class Answer:
    """What a handler gives back: a dict or Struct that is rendered as JSON, or bytes that are sent as they are."""

    body: Any
    status: int = 200
    content_type: bytes = b"application/json"


class Call:
    """One request, as a handler sees it."""

    def __init__(
        self,
        database: Database,
        principal: Principal,
        params: Any,
        *,
        path: Mapping[str, str],
        now: Instant,
        request_id: str,
        raw_headers: Mapping[bytes, bytes],
        expand: tuple[str, ...] = (),
        body: bytes = b"",
    ) -> None:
        self.db = database
        self.principal = principal
        self.params = params
        self.path = path
        self.now = now
        self.request_id = request_id
        self.expand = expand
        self.body = body
        """The bytes of the request, for raw endpoints only."""
        self.operation = NO_OPERATION
        self.raw_headers = raw_headers

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.raw_headers.items()}

    def seal(self, unit: Unit, body: Any, *, status: int = 200) -> Answer:
        """Render the answer and store it with the writes of `unit`, the verb's last: saves a commit of its own.

        With expansions asked for, it is stored afterwards instead, since expanding reads.
        """
        if self.expand:
            return Answer(body, status)
        rendered = encode(body)
        self.operation.finish(unit, status, rendered)
        return Answer(rendered, status)


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class _Options:
    """What may be said of an endpoint by name."""

    params: type[msgspec.Struct] = NoParams
    returns: str | type[msgspec.Struct] | None = None
    summary: str = ""
    auth: Auth = Auth.SECRET
    many: bool | None = None
    raw: bool = False
    limit_bytes: int | None = None
    media: str = "application/json"


@dataclass(frozen=True)
class Endpoint(_Options):
    """One operation.

    `path` may hold `{names}`. `returns` is the name of the object answered (or a Struct that describes it); `many`
    says that it is a list of them, which params made from ListParams imply. A `raw` endpoint gets the bytes of the
    body instead of params. `limit_bytes` allows bodies of another size than usual.
    `media` is the type of the answer, for the OpenAPI document.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    handler: Handler

    @property
    def listing(self) -> bool:
        """Whether a list is answered."""
        return self.many if self.many is not None else issubclass(self.params, ListParams)

    @property
    def object(self) -> str:
        """The `object` name of what is answered, or of the members of the list that is."""
        return self.returns if isinstance(self.returns, str) else getattr(self.returns, "__name__", "object").lower()
