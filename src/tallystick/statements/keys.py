"""Which lines are the same movement, and whether they say the same.

A bank's own reference within account and booking day names an entry strongly: the same entry in another file has the
same key. Where a bank gives none, the key falls back on everything the entry says *and* on the statement it stands
in, so that two different payments never become one by looking alike; likeness alone is no identity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

import msgspec

from tallystick.statements.model import Charge, Detail, Line, Reference

_PLACING = {"statement", "ordinal", "natural_key", "digest", "occurrence", "line", "element", "references"}
_CONTENT = attrgetter(*(item.name for item in fields(Line) if item.name not in _PLACING))
_OF_DETAIL = attrgetter(*(item.name for item in fields(Detail)))
_OF_CHARGE = attrgetter(*(item.name for item in fields(Charge)))
_KEY_BYTES = 16
_encode = msgspec.json.Encoder(order="sorted").encode


def digest(parts: Iterable[Any]) -> str:
    """128 bits over JSON-able parts, as 32 hexadecimal digits."""
    return hashlib.sha256(_encode(tuple(parts))).digest()[:_KEY_BYTES].hex()


def content_digest(line: Line) -> str:
    """128 bits over everything the line says, but not where it stands: its place in file and statement is left out."""
    references = {kind: token for kind, token in line.references.items() if kind != Reference.ENTRY}
    return digest([references, *(_plain(value) for value in _CONTENT(line))])


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_OF_DETAIL(item) if isinstance(item, Detail) else _OF_CHARGE(item) for item in value]
    return value


def with_digest(line: Line) -> Line:
    """The line with the digest of its content."""
    return replace(line, digest=content_digest(line))
