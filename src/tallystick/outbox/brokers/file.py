"""News as a file: one JSON document per line (ndjson), only ever appended, on the disk before we say so.

For those without a broker: `tail -F` it, or let a shipper read it. Moving the file away is how to rotate it. A line
that a crash tore is cut off before the next is written; events already in the file are not written twice, as far as
the file's last line tells.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from tallystick.base import Refused, iso
from tallystick.outbox.model import Event, OutboxRefusal

SCHEME = "file"
_BLOCK = 65_536


class _Place(msgspec.Struct):
    seq: int


_decode_place = msgspec.json.Decoder(_Place).decode


class FileBroker:
    """Appends to one file. Several processes may share it: they take turns by a lock on the file."""

    def __init__(self, path: Path) -> None:
        self.name = f"file:{path.name}"
        self._path = path

    async def publish(self, events: Sequence[Event]) -> None:
        """Append what the file does not hold yet, in order, and wait for the disk."""
        await asyncio.to_thread(self._append, events)

    async def close(self) -> None:
        """Nothing is held between calls."""

    def _append(self, events: Sequence[Event]) -> None:
        new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            last = _mend(handle)
            _write(handle, b"".join([_line(event) for event in events if event.seq > last]))
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            _sync_folder(self._path.parent)


def _line(event: Event) -> bytes:
    document = {
        "seq": event.seq,
        "at": iso(event.created),
        "merchant": event.merchant_id,
        "event": msgspec.Raw(event.payload),
    }
    return msgspec.json.encode(document) + b"\n"


def _write(handle: int, data: bytes) -> None:
    """os.write may write less than it is given."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _mend(handle: int) -> int:
    """Cut off a torn last line; answer the seq of the last whole one, 0 in an empty file."""
    size = os.fstat(handle).st_size
    tail, start = b"", size
    while start and tail.count(b"\n") < 2:
        step = min(_BLOCK, start)
        start -= step
        tail = os.pread(handle, step, start) + tail
    whole, _, torn = tail.rpartition(b"\n")
    if torn:
        os.ftruncate(handle, size - len(torn))
    line = whole.rpartition(b"\n")[2]
    return _decode_place(line).seq if line else 0


def _sync_folder(folder: Path) -> None:
    """A new file's name is in its folder, which must reach the disk as well."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_broker(address: str) -> FileBroker:
    """The file at `file:///absolute/path`; Refused when there is no path or no folder for it."""
    parts = urlsplit(address)
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute() or not path.parent.is_dir() or path.is_dir():
        raise Refused(
            OutboxRefusal.UNKNOWN_BROKER,
            f"{address!r} names no file; write file:///folder/events.ndjson with a folder that exists",
            param="event_brokers",
        )
    return FileBroker(path)
