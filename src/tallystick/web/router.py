"""From a path to the endpoints behind it: a tree of segments, literals before `{names}`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
_NAME = re.compile(r"[\x21-\x7e]{1,255}")
"""What a `{name}` in a path may be; nothing else can be the id of anything."""


class _Node(Generic[T]):
    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.named: tuple[str, _Node[T]] | None = None
        self.methods: dict[str, T] = {}


class Router(Generic[T]):
    """Finds what was filed under a method and a path template."""

    def __init__(self, entries: Iterable[tuple[str, str, T]]) -> None:
        self._root = _Node[T]()
        self._fixed: dict[str, dict[str, T]] = {}
        for method, template, target in entries:
            self._file(method, template, target)

    def _file(self, method: str, template: str, target: T) -> None:
        node = self._root
        for segment in template.split("/")[1:]:
            if segment.startswith("{"):
                node.named = node.named or (segment[1:-1], _Node())
                if node.named[0] != segment[1:-1]:
                    raise ValueError(f"{template}: this segment is called {{{node.named[0]}}} elsewhere")
                node = node.named[1]
            else:
                node = node.literals.setdefault(segment, _Node())
        if method in node.methods:
            raise ValueError(f"{method} {template} is declared twice")
        node.methods[method] = target
        if "{" not in template:
            self._fixed[template] = node.methods

    def find(self, path: str) -> tuple[dict[str, T], dict[str, str]] | None:
        """What answers at this path, by method, and the names in it; None when nothing does."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        node, names = self._root, {}
        for segment in path.split("/")[1:]:
            literal = node.literals.get(segment)
            if literal is not None:
                node = literal
            elif node.named is not None and _NAME.fullmatch(segment):
                names[node.named[0]] = segment
                node = node.named[1]
            else:
                return None
        return (node.methods, names) if node.methods else None
