"""Archives: files of their own, and nothing that swells, nests, hides or lies."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import StatementRefusal, archive
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry

DAY = bank.closed([Entry(5)])
OTHER = bank.closed([Entry(7)], identity="S-2")


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as made:
        for name, content in members:
            made.writestr(name, content)
    return packed.getvalue()


def refusal(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        list(statements.read_all(data, "a.zip"))
    return caught.value


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_of_one_is_read_as_the_file_in_it(method: int) -> None:
    file = statements.read(zipped(("day.xml", DAY), method=method), "a.zip")
    assert file.name == "a.zip!day.xml"
    assert file.digest == statements.read(DAY).digest


def test_an_archive_of_several_is_read_file_by_file(tmp_path: Path) -> None:
    data = zipped(("2/day.xml", DAY), ("1/other.xml", OTHER), ("1/", b""), ("__MACOSX/x", b"x"), ("1/.DS_Store", b"x"))
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert statements.sniff(path) == statements.sniff(data) == "zip"
    names = ["a.zip!2/day.xml", "a.zip!1/other.xml"]
    assert [file.name for file in statements.read_all(path)] == names
    assert [file.name for file in statements.prove(path)] == names
    with pytest.raises(Refused) as caught:
        statements.read(path)
    assert caught.value.code is StatementRefusal.ARCHIVE_HOLDS_SEVERAL


def test_a_broken_file_is_named_within_its_archive() -> None:
    found = refusal(zipped(("day.xml", DAY), ("bad\n\x1b[31m.xml", b"<x/>")))
    assert found.message.startswith("a.zip!bad??[31m.xml: no element Document")


@pytest.mark.parametrize("members", [[], [("folder/", b"")], [("__MACOSX/._day.xml", b"x")]])
def test_an_archive_of_nothing_is_refused(members: list[tuple[str, bytes]]) -> None:
    assert "holds no file" in refusal(zipped(*members)).message


def test_what_swells_beyond_measure_is_refused_while_it_is_read() -> None:
    padded = DAY.replace(b"<Stmt>", b"<Stmt>" + b" " * 30_000_000)
    data = zipped(("day.xml", padded))
    assert len(data) < 100_000
    assert "times its packed size" in refusal(data).message


def test_all_files_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_TOTAL_BYTES", len(DAY) + 10)
    assert len(list(statements.read_all(zipped(("day.xml", DAY))))) == 1
    assert "unpacks to more than" in refusal(zipped(("day.xml", DAY), ("other.xml", OTHER))).message


def test_too_many_files_are_refused() -> None:
    members = [(f"{n}.xml", b"x") for n in range(archive.MOST_MEMBERS + 1)]
    assert "1001 files" in refusal(zipped(*members, method=zipfile.ZIP_STORED)).message


def test_an_archive_in_an_archive_is_refused() -> None:
    assert "archive in an archive" in refusal(zipped(("inner.zip", zipped(("day.xml", DAY))))).message


def test_a_size_that_lies_is_noticed() -> None:
    data = bytearray(zipped(("day.xml", DAY), method=zipfile.ZIP_STORED))
    for signature, at in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.index(signature) + at] ^= 0xFF  # the checksum
    found = refusal(bytes(data))
    assert found.code is StatementRefusal.ARCHIVE_INVALID
    assert "damaged" in found.message


def test_an_encrypted_file_is_refused() -> None:
    data = bytearray(zipped(("day.xml", DAY)))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + at] |= 1
    assert refusal(bytes(data)).code is StatementRefusal.ARCHIVE_INVALID


def test_an_archive_cut_short_or_damaged_anywhere_is_refused_or_read() -> None:
    data = zipped(("day.xml", DAY))
    for position in range(4, len(data)):
        with pytest.raises(Refused):
            list(statements.read_all(data[:position], "a.zip"))
    for position in range(4, len(data)):
        damaged = data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :]
        try:
            (file,) = statements.read_all(damaged, "a.zip")
        except Refused:
            continue
        assert file.digest == statements.read(DAY).digest
