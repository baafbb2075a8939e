"""Reading a file: its format is known by its content, its bytes are hashed as they pass, its numbers must agree.

`read` gives the whole file; `stream` gives its events and never holds more than the entry at hand.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from tallystick.statements import archive, keys, registry
from tallystick.statements.contract import Format, Source
from tallystick.statements.model import (
    Begun,
    Ended,
    Event,
    Line,
    Place,
    ReversalReading,
    Statement,
    StatementFile,
    StatementRefusal,
)

HEAD_BYTES = 4096
LARGEST_FILE_BYTES = 4 * 1024**3
Progress = Callable[[int], None]
"""Told how many bytes were read so far."""


class Passing:
    """Bytes on their way to a format: hashed, counted, bounded."""

    def __init__(self, source: Source, *, file: str, progress: Progress | None = None) -> None:
        self._source = source
        self._file = file
        self._progress = progress
        self._hash = hashlib.sha256()
        self._head: bytes | None = None
        self.size = 0

    def head(self) -> bytes:
        """The first bytes, which will be read again."""
        if self._head is None:
            self._head = self._take(HEAD_BYTES)
        return self._head

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes. Raises Refused(FILE_TOO_LARGE)."""
        if self._head:
            data, self._head = self._head, b""
            return data
        return self._take(size)

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        self._hash.update(data)
        self.size += len(data)
        if self.size > LARGEST_FILE_BYTES:
            reason = f"larger than {LARGEST_FILE_BYTES} bytes, the most that is read"
            raise Place(self._file).refuse(StatementRefusal.FILE_TOO_LARGE, reason)
        if self._progress is not None:
            self._progress(self.size)
        return data

    def digest(self) -> str:
        """SHA-256 of everything that was read."""
        return self._hash.hexdigest()


def sniff(source: bytes | Path) -> str | None:
    """The name of the format that a file's content is in: a plug's name, `zip`, or None."""
    with _opened(source) as stream:
        head = stream.read(HEAD_BYTES)
    if archive.is_archive(head):
        return archive.NAME
    found = registry.recognise(head)
    return None if found is None else found.name


def read(source: bytes | Path, name: str | None = None, *, progress: Progress | None = None) -> StatementFile:
    """Read one file whole. An archive is read when it holds just one.

    Raises Refused(StatementRefusal.X) with file, line, element and reason; see `docs/reference/statements.md`.
    """
    files = list(read_all(source, name, progress=progress, at_most_one=True))
    return files[0]


def read_all(
    source: bytes | Path, name: str | None = None, *, progress: Progress | None = None, at_most_one: bool = False
) -> Iterator[StatementFile]:
    """Read a file, or each file of an archive, one after the other. Raises Refused at the first that is wrong."""
    for file, stream in _members(source, name, at_most_one=at_most_one):
        yield _collect(Passing(stream, file=file, progress=progress), file)


def prove(
    source: bytes | Path, name: str | None = None, *, progress: Progress | None = None
) -> Iterator[StatementFile]:
    """Each file with its statements and their proofs, but without lines: nothing is kept of them. Raises as `read`."""
    for file, content in _members(source, name, at_most_one=False):
        passing = Passing(content, file=file, progress=progress)
        (found, version), events = _events(passing, file)
        ended = tuple(event.statement for event in events if isinstance(event, Ended))
        yield StatementFile(file, found.name, version(), passing.digest(), passing.size, ended)


def stream(source: bytes | Path, name: str | None = None, *, progress: Progress | None = None) -> Iterator[Event]:
    """The events of a file; memory does not grow with it. An archive must hold just one.

    Lines are in file order with the ISO reading of reversals and `occurrence` 1 throughout; nothing is proven before
    the `Ended` of the statement. Raises Refused, possibly after events have been given.
    """
    for file, content in _members(source, name, at_most_one=True):
        yield from _events(Passing(content, file=file, progress=progress), file)[1]


@dataclass(frozen=True, slots=True)
class Reading:
    """One file under way: its events, and, once those are through, the SHA-256 of its bytes."""

    name: str
    events: Iterator[Event]
    digest: Callable[[], str]


def readings(source: bytes | Path, name: str | None = None, *, progress: Progress | None = None) -> Iterator[Reading]:
    """As `stream`, for each file of an archive; the events of one are to be read before the next."""
    for file, content in _members(source, name, at_most_one=False):
        passing = Passing(content, file=file, progress=progress)
        yield Reading(file, _events(passing, file)[1], passing.digest)


def _members(source: bytes | Path, name: str | None, *, at_most_one: bool) -> Iterator[tuple[str, BinaryIO]]:
    file = name or (source.name if isinstance(source, Path) else "file")
    with _opened(source) as content:
        head = content.read(4)
        content.seek(0)
        if archive.is_archive(head):
            yield from archive.members(content, file, at_most_one=at_most_one)
        else:
            yield file, content


@contextmanager
def _opened(source: bytes | Path) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    with source.open("rb") as content:
        yield content


def _events(passing: Passing, file: str) -> tuple[tuple[Format, Callable[[], str]], Iterator[Event]]:
    head = passing.head()
    if not head.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise Place(file).refuse(StatementRefusal.FILE_EMPTY, "the file is empty")
    found = registry.recognise(head)
    if found is None:
        known = ", ".join(plug.name for plug in registry.FORMATS)
        raise Place(file, 1).refuse(StatementRefusal.FORMAT_UNKNOWN, f"the content is in none of the formats {known}")
    reading = found.open(passing, file=file)
    return (found, lambda: reading.version), _once_each(reading.events(), file)


def _once_each(events: Iterator[Event], file: str) -> Iterator[Event]:
    """A statement that stands in a file twice would count everything twice. Raises Refused(STRUCTURE_INVALID)."""
    seen: set[str] = set()
    for event in events:
        if isinstance(event, Begun):
            statement = event.statement
            if statement.key in seen:
                reason = f"{statement.identity!r} of account {statement.account} stands in the file twice"
                place = Place(file, 0, f"statement {statement.ordinal}")
                raise place.refuse(StatementRefusal.STRUCTURE_INVALID, reason)
            seen.add(statement.key)
        yield event


def _collect(passing: Passing, file: str) -> StatementFile:
    (found, version), events = _events(passing, file)
    lines: dict[int, list[Line]] = {}
    ended: list[Statement] = []
    seen: Counter[str] = Counter()
    for event in events:
        match event:
            case Begun(statement):
                lines[statement.ordinal] = []
            case Line():
                seen[event.natural_key] += 1
                occurrence = seen[event.natural_key]
                line = event if occurrence == 1 else replace(event, occurrence=occurrence)
                lines[event.statement].append(line)
            case Ended(statement):
                ended.append(replace(statement, lines=settle(statement, lines.pop(statement.ordinal))))
    return StatementFile(file, found.name, version(), passing.digest(), passing.size, tuple(ended))


def settle(statement: Statement, lines: list[Line]) -> tuple[Line, ...]:
    """The lines with the reading of reversals that the statement's balances proved."""
    if statement.proof.reversals is ReversalReading.OF_ENTRY:
        return tuple(lines)
    return tuple(turned(line) if line.reversal else line for line in lines)


def turned(line: Line) -> Line:
    """A reversed line read the other way."""
    return keys.with_digest(line.turned())
