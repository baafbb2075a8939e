"""What a file format must offer to be a plug of the rack `formats/`.

A format turns bytes into events and never raises anything but `Refused`. It reads its source once, from the start to
the end, and keeps no more of it than the entry at hand. The suite `tests/contracts/test_formats.py` runs every plug.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tallystick.statements.model import Event


class Source(Protocol):
    """Bytes to read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end."""


class Format(Protocol):
    """One kind of file."""

    @property
    def name(self) -> str:
        """Short name, such as `camt`."""

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes is for this format to read or to refuse."""

    def open(self, source: Source, *, file: str) -> Reading:
        """Begin to read; `file` is the name that refusals say."""


class Reading(Protocol):
    """One file being read."""

    @property
    def version(self) -> str:
        """The version the file claims, such as `camt.053.001.08`; known once the first event is out."""

    def events(self) -> Iterator[Event]:
        """Begun, lines and Ended, statement by statement; raises Refused at the first thing that is wrong."""
