"""A stream of XML elements with nothing of XML's dangers.

Built on expat, which reads in pieces and keeps nothing. A document type declaration is refused where it begins, so
there are no entities to expand, nothing external to fetch, and no default attributes. Depth and text length are
bounded. Only the branches that a reader asks to keep become `Node`s; they are dropped when the reader has seen them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from tallystick.base import Refused
from tallystick.statements.model import Place, StatementRefusal

DEEPEST = 64
LONGEST_TEXT = 20_000
LONGEST_TOKEN = 4 * 1024 * 1024

_CODES = expat.errors.codes
_OF_ENCODING = {
    _CODES[expat.errors.XML_ERROR_UNKNOWN_ENCODING],
    _CODES[expat.errors.XML_ERROR_INCORRECT_ENCODING],
}
_CUT = "; the file seems to be cut short"
_HINTS = {
    _CODES[expat.errors.XML_ERROR_NO_ELEMENTS]: _CUT,
    _CODES[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: _CUT,
    _CODES[expat.errors.XML_ERROR_PARTIAL_CHAR]: _CUT,
    _CODES[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION]: _CUT,
    _CODES[expat.errors.XML_ERROR_INVALID_TOKEN]: "; a character that may not stand here, or bytes in another encoding",
}


class Node:
    """An element: local name, attributes, text, children in order, and the line it begins on."""

    __slots__ = ("attributes", "children", "line", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.line = line
        self.text = ""
        self.children: list[Node] = []

    def child(self, tag: str) -> Node | None:
        """The first child with this name."""
        for node in self.children:
            if node.tag == tag:
                return node
        return None

    def every(self, tag: str) -> Iterator[Node]:
        """All children with this name."""
        return (node for node in self.children if node.tag == tag)

    def find(self, *path: str) -> Node | None:
        """The first descendant down this path."""
        node: Node | None = self
        for tag in path:
            if node is None:
                return None
            node = node.child(tag)
        return node

    def said(self, *path: str) -> str:
        """The text at the end of the path without outer spaces; empty where there is none."""
        node = self.find(*path)
        return "" if node is None else node.text.strip()


class Listener(Protocol):
    """Who is told of elements. Raises Refused to stop."""

    skipped: frozenset[str]
    """Names of elements that are of no interest within a kept branch."""

    watched: frozenset[str]
    """Names of elements within a kept branch that `inside` is told of."""

    def opened(self, namespace: str, tag: str, line: int) -> bool:
        """An element begins outside any kept branch; True keeps it whole as a branch."""

    def closed(self, tag: str, line: int) -> None:
        """An element ends that was not kept."""

    def kept(self, branch: Node) -> None:
        """A kept branch is complete."""

    def inside(self, node: Node, parent: Node) -> bool:
        """A watched element within a kept branch is complete; False drops it from its parent."""


class Reader:
    """Feeds bytes to expat and tells a listener.

    The handlers run for every element and text of a file, so they look at few things and in the order of likelihood.
    """

    def __init__(self, listener: Listener, *, file: str) -> None:
        self._listener = listener
        self._file = file
        self._top: Node | None = None
        self._above: list[Node] = []
        self._depth = 0
        self._skipping = 0
        self._fed = 0
        self._names: dict[str, tuple[str, str, bool, bool]] = {}
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.StartDoctypeDeclHandler = self._doctype

    @property
    def line(self) -> int:
        """The line being read, from 1."""
        return self._expat.CurrentLineNumber

    def feed(self, data: bytes, *, last: bool = False) -> None:
        """Read on. Raises Refused: MARKUP_FORBIDDEN, MARKUP_INVALID, ENCODING_INVALID or what the listener says."""
        self._fed += len(data)
        try:
            self._expat.Parse(data, last)
        except expat.ExpatError as error:
            raise self._malformed(error) from None
        except (LookupError, ValueError) as error:
            reason = f"the declared encoding is not usable: {error}"
            raise Place(self._file, 1).refuse(StatementRefusal.ENCODING_INVALID, reason) from None
        if self._fed - self._expat.CurrentByteIndex > LONGEST_TOKEN:
            reason = f"one tag or comment is longer than {LONGEST_TOKEN} bytes"
            raise Place(self._file, self.line).refuse(StatementRefusal.MARKUP_FORBIDDEN, reason)

    def _malformed(self, error: expat.ExpatError) -> Refused:
        code = StatementRefusal.ENCODING_INVALID if error.code in _OF_ENCODING else StatementRefusal.MARKUP_INVALID
        reason = f"not well-formed XML at column {error.offset + 1}: {expat.ErrorString(error.code)}"
        return Place(self._file, error.lineno).refuse(code, reason + _HINTS.get(error.code, ""))

    def _doctype(self, *_: object) -> None:
        reason = "a document type declaration is not allowed; bank messages have none, and it can hide entities"
        raise Place(self._file, self.line).refuse(StatementRefusal.MARKUP_FORBIDDEN, reason)

    def _name(self, name: str) -> tuple[str, str, bool, bool]:
        """Namespace, local name, and whether the listener skips or watches it."""
        found = self._names.get(name)
        if found is None:
            namespace, _, tag = name.rpartition(" ")
            found = (namespace, tag, tag in self._listener.skipped, tag in self._listener.watched)
            self._names[name] = found
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            place = Place(self._file, self.line)
            raise place.refuse(StatementRefusal.MARKUP_FORBIDDEN, f"elements nest deeper than {DEEPEST}")
        if self._skipping:
            self._skipping += 1
            return
        namespace, tag, skipped, _ = self._names.get(name) or self._name(name)
        top = self._top
        if top is not None:
            if skipped:
                self._skipping = 1
                return
            self._above.append(top)
            self._top = node = Node(tag, attributes, self._expat.CurrentLineNumber)
            top.children.append(node)
        elif self._listener.opened(namespace, tag, self._expat.CurrentLineNumber):
            self._top = Node(tag, attributes, self._expat.CurrentLineNumber)

    def _end(self, name: str) -> None:
        self._depth -= 1
        if self._skipping:
            self._skipping -= 1
            return
        node = self._top
        if node is None:
            self._listener.closed(self._name(name)[1], self._expat.CurrentLineNumber)
        elif self._above:
            self._top = parent = self._above.pop()
            if self._names[name][3] and not self._listener.inside(node, parent):
                parent.children.pop()
        else:
            self._top = None
            self._listener.kept(node)

    def _text(self, data: str) -> None:
        node = self._top
        if node is None or self._skipping:
            return
        node.text = node.text + data if node.text else data
        if len(node.text) > LONGEST_TEXT:
            place = Place(self._file, node.line, node.tag)
            raise place.refuse(StatementRefusal.VALUE_INVALID, f"text is longer than {LONGEST_TEXT} characters")
