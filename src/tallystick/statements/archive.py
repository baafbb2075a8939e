"""Zip archives: each file within is read as a file of its own, straight from the archive, nothing is unpacked.

Sizes are counted as bytes come out, never believed from the directory. Encrypted archives, archives in archives, and
members that swell beyond measure are refused.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from typing import IO, BinaryIO, cast

from tallystick.statements.model import Place, StatementRefusal

NAME = "zip"
MOST_MEMBERS = 1_000
LARGEST_TOTAL_BYTES = 4 * 1024**3
HIGHEST_RATIO = 200
RATIO_FREE_BYTES = 1024 * 1024
"""Below this size a member may be packed as tightly as it likes."""

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the library raises for archives that are not what they say; RuntimeError for encrypted ones."""

_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")


def is_archive(head: bytes) -> bool:
    """Whether a file begins like a zip archive."""
    return head.startswith(_SIGNATURES)


def members(content: BinaryIO, file: str, *, at_most_one: bool) -> Iterator[tuple[str, BinaryIO]]:
    """Name and content of each file within. Raises Refused: ARCHIVE_INVALID, ARCHIVE_HOLDS_SEVERAL."""
    place = Place(file)
    try:
        archive = zipfile.ZipFile(content)
    except _DAMAGE as error:
        raise _invalid(place, f"not a readable zip archive: {error}") from None
    with archive:
        found = [info for info in archive.infolist() if not _is_furniture(info.filename)]
        _check(found, place, at_most_one=at_most_one)
        budget = Budget(place)
        for info in found:
            name = f"{file}!{_clean(info.filename)}"
            try:
                stream = archive.open(info)
            except _DAMAGE as error:
                raise _invalid(Place(name), f"cannot be taken out of the archive: {error}") from None
            with stream:
                yield name, cast(BinaryIO, BufferedReader(Member(stream, info.compress_size, Place(name), budget)))


def _is_furniture(name: str) -> bool:
    return name.endswith("/") or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _clean(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:200]


def _check(found: list[zipfile.ZipInfo], place: Place, *, at_most_one: bool) -> None:
    if not found:
        raise _invalid(place, "the archive holds no file")
    if len(found) > MOST_MEMBERS:
        raise _invalid(place, f"the archive holds {len(found)} files; {MOST_MEMBERS} are the most")
    if at_most_one and len(found) > 1:
        names = ", ".join(_clean(info.filename) for info in found[:3])
        raise place.refuse(
            StatementRefusal.ARCHIVE_HOLDS_SEVERAL, f"the archive holds {len(found)} files ({names}); read them all"
        )


def _invalid(place: Place, reason: str) -> Exception:
    return place.refuse(StatementRefusal.ARCHIVE_INVALID, reason)


class Budget:
    """Bytes that may still come out of the archive."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._left = LARGEST_TOTAL_BYTES

    def spend(self, size: int) -> None:
        """Count bytes. Raises Refused when there are too many."""
        self._left -= size
        if self._left < 0:
            raise _invalid(self._place, f"the archive unpacks to more than {LARGEST_TOTAL_BYTES} bytes")


class Member(RawIOBase):
    """A file within the archive, bounded while it is read."""

    def __init__(self, stream: IO[bytes], packed: int, place: Place, budget: Budget) -> None:
        super().__init__()
        self._stream = stream
        self._packed = max(packed, 1)
        self._place = place
        self._budget = budget
        self._size = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object, /) -> int:
        """Fill the buffer. Raises Refused(ARCHIVE_INVALID)."""
        view = cast(memoryview, buffer)
        try:
            data = self._stream.read(len(view))
        except _DAMAGE as error:
            raise _invalid(self._place, f"damaged in the archive: {error}") from None
        self._size += len(data)
        self._budget.spend(len(data))
        if is_archive(data) and self._size == len(data):
            raise _invalid(self._place, "an archive in an archive is not read")
        if self._size > RATIO_FREE_BYTES and self._size > HIGHEST_RATIO * self._packed:
            raise _invalid(self._place, f"unpacks to more than {HIGHEST_RATIO} times its packed size")
        view[: len(data)] = data
        return len(data)
