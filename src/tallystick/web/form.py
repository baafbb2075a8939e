"""Form bodies and query strings in brackets: `a[b][c]=x`, `a[0]=x`, `a[]=x`.

The encoding is application/x-www-form-urlencoded (url.spec.whatwg.org), the brackets Stripe's. Values stay text here;
`shape.py` knows what they should be. A key that stands twice is refused rather than one of the two being chosen.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from tallystick.base import Refused
from tallystick.web.model import WebRefusal

MOST_FIELDS = 1000
MOST_DEPTH = 8
_SHOWN = 100
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CACHED_KEYS = 4096
_CACHED_LENGTH = 120
_paths: dict[str, tuple[str, ...]] = {}

Path = tuple[str, ...]


def bracket(path: Path) -> str:
    """The way a path is written on the wire: ("a", "b") is `a[b]`."""
    return path[0] + "".join([f"[{name}]" for name in path[1:]]) if path else ""


def parse(source: bytes) -> dict[str, Any]:
    """The tree of text that the fields spell; containers are dicts, or lists where the key ended in `[]`.

    Raises Refused (BODY_MALFORMED, PARAMETER_DUPLICATE) naming the field.
    """
    if b"%" in source and _BAD_ESCAPE.search(source):
        raise malformed("A percent sign is not followed by two hexadecimal digits. Write a literal one as %25.")
    try:
        pairs = source.decode().split("&")
    except UnicodeDecodeError:
        raise not_utf8() from None
    if len(pairs) > MOST_FIELDS:
        raise malformed(f"The request has {len(pairs)} parameters. Send at most {MOST_FIELDS}.")
    tree: dict[str, Any] = {}
    for pair in pairs:
        if pair:
            key, _, value = pair.partition("=")
            path = _paths.get(key) or _path_of(key)
            _put(tree, path, plain(value) if "%" in value or "+" in value else value)
    return tree


def plain(text: str) -> str:
    """Text without its escapes. Raises Refused (BODY_MALFORMED) when it is not UTF-8."""
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise not_utf8() from None


def _path_of(key: str) -> Path:
    name = plain(key)
    match = _KEY.fullmatch(name)
    if match is None:
        raise malformed(f"{name[:_SHOWN]!r} is not a parameter name. Write name, name[key] or name[0].", name)
    path = (match.group(1), *match.group(2)[1:-1].split("][")) if match.group(2) else (match.group(1),)
    if len(path) > MOST_DEPTH:
        raise malformed(f"{name[:_SHOWN]!r} is nested more than {MOST_DEPTH} deep.", name)
    if "" in path[:-1]:
        raise malformed(f"{name[:_SHOWN]!r} has [] before its end. Number the elements: name[0][key].", name)
    if len(key) <= _CACHED_LENGTH:
        if len(_paths) >= _CACHED_KEYS:
            _paths.clear()  # keys of metadata are the callers' own: without a bound they would fill the memory
        _paths[key] = path
    return path


def _put(tree: dict[str, Any], path: Path, value: str) -> None:
    node: Any = tree
    for place, name in enumerate(path[:-1]):
        inner = node.get(name)
        if inner is None:
            inner = node[name] = [] if path[place + 1] == "" else {}
        elif type(inner) is not (list if path[place + 1] == "" else dict):
            raise duplicate(path[: place + 1])
        node = inner
    last = path[-1]
    if last == "":
        node.append(value)
    elif last in node:
        raise duplicate(path)
    else:
        node[last] = value


def malformed(message: str, param: str | None = None) -> Refused:
    """The body cannot be read."""
    return Refused(WebRefusal.BODY_MALFORMED, message, param=param[:_SHOWN] if param else None)


def not_utf8() -> Refused:
    """The body is not text."""
    return malformed("The request is not valid UTF-8. Encode text as UTF-8.")


def duplicate(path: Path) -> Refused:
    """The same parameter stands twice, or once as a value and once as a container."""
    name = bracket(path)[:_SHOWN]
    return Refused(
        WebRefusal.PARAMETER_DUPLICATE,
        f"The parameter {name} was sent more than once. Send it once; write lists as {name}[0], {name}[1].",
        param=name,
    )
