"""From the bytes of a request to the params of an operation: size, content type, form or JSON, shape.

Everything here fails before anything is begun, so none of its refusals is stored under an idempotency key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

import msgspec

from tallystick.base import Refused
from tallystick.web.form import MOST_DEPTH, Path, bracket, duplicate, malformed, not_utf8, parse
from tallystick.web.model import WebRefusal
from tallystick.web.shape import Shape, compile_shape, settle

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
P = TypeVar("P", bound=msgspec.Struct)

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
EXPAND = "expand"
EMAIL = r"^$|^[^@\s]+@[^@\s]+$"
"""The pattern of an e-mail address, or of none."""
_MOST_EXPANSIONS = 20
_decode = msgspec.json.Decoder().decode
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at `(?:key` in `)?\$(?P<place>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")


class _Expand(msgspec.Struct):
    expand: list[str]


_EXPAND_SHAPE = (compile_shape(_Expand).fields or {})[EXPAND]
_EXPAND_SHAPE.most = _MOST_EXPANSIONS


class Gone(Exception):
    """The caller hung up before the request was complete; there is nobody to answer."""


async def read(receive: Receive, declared: bytes | None, limit: int) -> bytes:
    """The whole body. Raises Refused(BODY_TOO_LARGE) as soon as it is known to exceed `limit` bytes, and Gone."""
    if declared is not None and declared.isdigit() and int(declared[:20]) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts, size = [body], len(body)
        while message.get("more_body"):
            if size > limit:
                raise _too_large(limit)
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
        body = b"".join(parts)
    if message["type"] == "http.disconnect":
        raise Gone
    if len(body) > limit:
        raise _too_large(limit)
    return body


def tree_of(body: bytes, content_type: bytes, query: bytes) -> tuple[dict[str, Any], bool]:
    """The parameters as sent, and whether they were text (form) rather than typed (JSON).

    Raises Refused: CONTENT_TYPE_UNSUPPORTED, BODY_MALFORMED, PARAMETER_DUPLICATE.
    """
    kind, _, option = content_type.partition(b";")
    kind = kind.strip().lower()
    if not body:
        return parse(query), True
    charset = option.strip().lower()
    if kind not in (FORM, JSON) or (charset.startswith(b"charset=") and charset[8:].strip(b'"') != b"utf-8"):
        raise Refused(
            WebRefusal.CONTENT_TYPE_UNSUPPORTED,
            "Send the body as application/x-www-form-urlencoded or application/json, in UTF-8, "
            "and say so in the Content-Type header.",
        )
    if kind == JSON:
        return _json(body, query), False
    return parse(query + b"&" + body if query else body), True


def _json(body: bytes, query: bytes) -> dict[str, Any]:
    if query:
        raise malformed("Parameters stand in the address and in a JSON body. Put them all in the body.")
    if body.count(b"{") + body.count(b"[") > MOST_DEPTH and _depth(body) > MOST_DEPTH:
        raise malformed(f"The JSON body is nested more than {MOST_DEPTH} deep.")
    try:
        tree = _decode(body)
    except UnicodeDecodeError:
        raise not_utf8() from None
    except msgspec.MsgspecError as error:
        raise malformed(f"The body is not valid JSON: {error}.") from None
    if type(tree) is not dict:
        raise malformed("The JSON body must be an object of parameters.")
    # msgspec keeps the last of two equal keys without a word; only the standard library shows the pairs. Numbers stay
    # text there, since they have been read already.
    _check_once(json.loads(body.decode(), object_pairs_hook=tuple, parse_int=str, parse_float=str, strict=False), ())
    return tree


def _check_once(value: Any, path: Path) -> None:
    """Refuse an object (a tuple of pairs) that has a key twice, at any depth."""
    if type(value) is tuple:
        seen = set()
        for key, inner in value:
            if key in seen:
                raise duplicate((*path, key))
            seen.add(key)
            _check_once(inner, (*path, key))
    elif type(value) is list:
        for place, inner in enumerate(value):
            _check_once(inner, (*path, str(place)))


def _depth(body: bytes) -> int:
    """How deep brackets are nested outside of strings."""
    deepest = depth = 0
    for byte in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", body, flags=re.DOTALL):
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


class Reader:
    """Reads the params of one endpoint."""

    def __init__(self, params: type[msgspec.Struct]) -> None:
        self._params = params
        self._shape: Shape = compile_shape(params)

    def read(self, tree: dict[str, Any], *, form: bool) -> tuple[Any, tuple[str, ...]]:
        """The params Struct and the wanted expansions. Raises Refused naming the parameter at fault."""
        wanted = tree.pop(EXPAND, None)
        expand = () if wanted is None else tuple(settle(_EXPAND_SHAPE, wanted, (EXPAND,), form=form))
        settle(self._shape, tree, (), form=form)
        try:
            return msgspec.convert(tree, self._params), expand
        except msgspec.ValidationError as error:
            raise _explained(error) from None


def _explained(error: msgspec.ValidationError) -> Refused:
    """What the walk leaves to the Struct: patterns, multiples, checks of several fields together."""
    match = _PLACE.match(str(error))
    assert match is not None, "the pattern matches any text"
    steps = _STEP.findall(match.group("place") or "")
    param = bracket(tuple(name or index for name, index in steps if (name or index) != "...")) or None
    where = f"The parameter {param}" if param else "The request"
    what = match.group("what")
    if EMAIL in what.replace("\\\\", "\\"):
        what = "write an e-mail address, such as name@example.com, or leave it empty"
    return Refused(WebRefusal.PARAMETER_INVALID, f"{where} does not fit: {what}.", param=param)


def _too_large(limit: int) -> Refused:
    return Refused(WebRefusal.BODY_TOO_LARGE, f"The body is larger than {limit} bytes. Send less in one request.")
