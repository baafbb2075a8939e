"""Three kinds of no: an outcome is returned, a refusal is raised as `Refused`, a fault is an assertion.

A refusal is the platform's own typed answer to a request that cannot be done. Its code is a member of the room's
own enum; the kind of the code decides how a surface shows it (`web/problems.py` for HTTP).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self


class Kind(StrEnum):
    """What a refusal means to the one who asked."""

    MISSING = "missing"
    """The thing named does not exist, or not for this caller."""
    CONFLICT = "conflict"
    """Somebody else is at it; trying again may succeed."""
    FORBIDDEN = "forbidden"
    """This caller may not."""
    INVALID = "invalid"
    """The request is malformed; nothing was begun."""
    STATE = "state"
    """Well-formed, but not possible in the present state."""
    INSUFFICIENT = "insufficient"
    """Not enough money or room."""
    LATER = "later"
    """Not now; the platform asks for patience."""
    UNAUTHENTICATED = "unauthenticated"
    """Who is asking is not known."""
    TOO_LARGE = "too_large"
    """More than will be read."""


class RefusalCode(StrEnum):
    """Base of every room's refusal codes: members are written `NAME = "wire_code", Kind.X`."""

    kind: Kind

    def __new__(cls, code: str, kind: Kind) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.kind = kind
        return member


class Refused(Exception):
    """A request that cannot be done.

    `message` tells the reader what to do next; `param` names the offending parameter where there is one;
    `details` holds what a surface may add to the answer. Nothing was changed.
    """

    def __init__(self, code: RefusalCode, message: str, *, param: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.details = details

    @property
    def kind(self) -> Kind:
        """The kind of the code."""
        return self.code.kind

    def __str__(self) -> str:
        where = f" ({self.param})" if self.param else ""
        return f"{self.code}{where}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.code, self.message, self.param, self.details)


def _rebuild(
    cls: type[Refused], code: RefusalCode, message: str, param: str | None, details: dict[str, Any]
) -> Refused:
    return cls(code, message, param=param, **details)
