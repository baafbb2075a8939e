"""One suite for every file format: whatever the bytes are, the answer is a proven reading or a refusal that says where.

The golden inputs of a format are its examples; a new plug brings at least one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import Begun, Ended, Line, StatementFile, StatementRefusal

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "statements"
EXAMPLES = {
    plug.name: sorted(
        path
        for path in (GOLDEN / plug.name).iterdir()
        if path.suffix != ".json" and not path.name.startswith("refused-")
    )
    for plug in statements.FORMATS
}
ALL = [path for paths in EXAMPLES.values() for path in paths]
BOM = b"\xef\xbb\xbf"
STEPS_TO_CUT = 40

example = pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
plug = pytest.mark.parametrize("plug", statements.FORMATS, ids=lambda plug: plug.name)


def outcome(data: bytes) -> StatementFile | Refused:
    """What reading gives; any other exception fails the test."""
    try:
        return statements.read(data, "given")
    except Refused as caught:
        refusal = caught
    assert isinstance(refusal.code, StatementRefusal)
    assert refusal.message.startswith("given")
    assert refusal.details["file"].startswith("given")
    assert refusal.details["reason"]
    assert refusal.details["line"] >= 0
    return refusal


def refused(data: bytes) -> Refused:
    found = outcome(data)
    assert isinstance(found, Refused), "a broken file was read"
    return found


def content(file: StatementFile) -> tuple[object, ...]:
    """What a file says, whatever bytes it says it with."""
    return tuple(file.statements)


@plug
def test_a_format_brings_an_example_and_knows_it(plug: statements.Format) -> None:
    for path in EXAMPLES[plug.name]:
        assert statements.sniff(path) == plug.name
        assert statements.read(path).format == plug.name
    assert EXAMPLES[plug.name]


@example
def test_same_file_same_reading(path: Path) -> None:
    assert statements.read(path) == statements.read(path.read_bytes(), path.name)


@example
def test_events_come_in_order(path: Path) -> None:
    open_statements: set[int] = set()
    ordinals: list[int] = []
    for event in statements.stream(path):
        match event:
            case Begun(statement):
                assert statement.ordinal not in open_statements
                open_statements.add(statement.ordinal)
            case Line():
                assert event.statement in open_statements
                ordinals.append(event.ordinal)
            case Ended(statement):
                open_statements.remove(statement.ordinal)
                assert all(check.agrees for check in statement.proof.checks)
    assert not open_statements
    assert ordinals == list(range(1, len(ordinals) + 1))


@example
def test_lines_are_sound(path: Path) -> None:
    file = statements.read(path)
    assert sum(statement.line_count for statement in file.statements) == len(file.lines)
    for line in file.lines:
        assert line.gross_minor - line.fee_minor == line.amount_minor
        assert line.line > 0
        assert len(line.natural_key) == len(line.digest) == 32
    occurrences = {(line.natural_key, line.occurrence) for line in file.lines}
    assert len(occurrences) == len(file.lines)


class Dribble:
    """Gives a few bytes at a time, whatever is asked for."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(self._size)


@example
@pytest.mark.parametrize("size", [1, 7])
def test_pieces_do_not_matter(path: Path, size: int) -> None:
    data = path.read_bytes()
    (plug,) = [plug for plug in statements.FORMATS if plug.name == statements.sniff(data)]
    whole = list(plug.open(io.BytesIO(data), file="given").events())
    assert list(plug.open(Dribble(data, size), file="given").events()) == whole


@pytest.mark.parametrize("data", [b"", b" \r\n\t", BOM, BOM + b"\n"])
def test_an_empty_file_is_refused_as_such(data: bytes) -> None:
    assert refused(data).code is StatementRefusal.FILE_EMPTY


def cuts(data: bytes) -> Iterator[int]:
    """Positions of every sort: around every kind of mark, and spread over the whole."""
    whole = len(data.rstrip())
    marks = {data.find(mark, start) for mark in b'<>/"=,\n ' for start in (0, whole // 3, 2 * whole // 3)}
    spread = set(range(1, whole, max(1, whole // STEPS_TO_CUT)))
    near_end = set(range(max(1, whole - 40), whole))
    for position in sorted({mark + off for mark in marks if mark > 0 for off in (0, 1)} | spread | near_end):
        if 0 < position < whole:
            yield position


@example
def test_a_file_cut_short_anywhere_is_refused(path: Path) -> None:
    data = path.read_bytes()
    for position in cuts(data):
        found = outcome(data[:position])
        if isinstance(found, StatementFile):
            # only padding of the last row may be missing
            assert data[position:].strip(b", \r\n") == b"", f"read although cut at {position}"


@pytest.mark.parametrize("path", [path for path in ALL if "latin1" not in path.name], ids=lambda path: path.name)
def test_a_byte_order_mark_changes_nothing(path: Path) -> None:
    """But in a file that declares another encoding, which the mark would contradict."""
    data = path.read_bytes()
    with_mark = statements.read(BOM + data, path.name)
    assert content(with_mark) == content(statements.read(path))
    assert with_mark.digest != statements.read(path).digest


@example
def test_line_ends_change_nothing(path: Path) -> None:
    data = path.read_bytes().replace(b"\n", b"\r\n")
    assert content(statements.read(data, path.name)) == content(statements.read(path))


@example
def test_another_encoding_than_declared_is_refused(path: Path) -> None:
    data = path.read_bytes()
    refused(data.decode("latin-1").encode("utf-16-le"))
    refused(data.decode("latin-1").encode("utf-16"))
    somewhere = data.rindex(b"20")
    if b"ISO-8859-1" not in data:
        refused(data[:somewhere] + b"\xff\xfe\xc3" + data[somewhere:])


@example
def test_nul_bytes_are_refused(path: Path) -> None:
    data = path.read_bytes()
    for position in cuts(data):
        refused(data[:position] + b"\x00" + data[position:])


@example
@pytest.mark.parametrize("size", [100_000, 6_000_000])
def test_an_overlong_value_is_refused(path: Path, size: int) -> None:
    data = path.read_bytes()
    dates = [match.start() for match in re.finditer(rb"20[0-9]{2}-[0-9]{2}-[0-9]{2}", data)]
    for position in (dates[0], dates[-1]):
        refusal = refused(data[:position] + b"7" * size + data[position:])
        assert len(refusal.message) < 1_000


@example
def test_what_follows_the_end_is_refused(path: Path) -> None:
    data = path.read_bytes()
    refused(data.rstrip() + b"\n" + data)
    refused(data.rstrip() + b"\nmore")


@plug
@settings(max_examples=150)
@given(st.data())
def test_any_bytes_are_read_or_refused(plug: statements.Format, data: st.DataObject) -> None:
    start = EXAMPLES[plug.name][0].read_bytes()
    prefix = start[: data.draw(st.integers(0, 300))]
    outcome(prefix + data.draw(st.binary(max_size=300)))


@plug
@settings(max_examples=150)
@given(st.data())
def test_any_damage_is_read_or_refused(plug: statements.Format, data: st.DataObject) -> None:
    good = bytearray(data.draw(st.sampled_from(EXAMPLES[plug.name])).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(good) - 1))
        match data.draw(st.sampled_from(["change", "remove", "insert", "swap"])):
            case "change":
                good[position] = data.draw(st.integers(0, 255))
            case "remove":
                del good[position : position + data.draw(st.integers(1, 80))]
            case "insert":
                good[position:position] = data.draw(st.binary(max_size=10))
            case _:
                other = data.draw(st.integers(0, len(good) - 1))
                good[position], good[other] = good[other], good[position]
        if not good:
            break
    outcome(bytes(good))


@plug
@settings(max_examples=150)
@given(st.data())
def test_any_change_of_one_digit_of_an_amount_is_noticed(plug: statements.Format, data: st.DataObject) -> None:
    """Where the numbers are stated twice, no single changed digit of an amount goes unseen."""
    path = data.draw(st.sampled_from(EXAMPLES[plug.name]))
    if statements.read(path).proof.status is not statements.ProofStatus.PROVEN or not statements.read(path).lines:
        return
    good = path.read_bytes()
    spot = data.draw(st.sampled_from(list(digits_of_amounts(good))))
    digit = data.draw(st.sampled_from([byte for byte in b"0123456789" if byte != good[spot]]))
    changed = good[:spot] + bytes([digit]) + good[spot + 1 :]
    found = outcome(changed)
    assert isinstance(found, Refused) or lean(found) == lean(statements.read(good, "given"))


def digits_of_amounts(data: bytes) -> Iterator[int]:
    """Where the digits of booked amounts stand: `Amt` directly under `Ntry`, and gross, fee and net of rows."""
    for match in re.finditer(rb"<Ntry>(?:\s|<!--.*?-->|<NtryRef>.*?</NtryRef>)*<Amt[^>]*>([0-9.]+)<", data, re.DOTALL):
        yield from (match.start(1) + i for i, byte in enumerate(match.group(1)) if chr(byte).isdigit())
    for match in re.finditer(rb"^movement(?:,[^,\n]*){9},([-0-9.]+),([-0-9.]+),([-0-9.]+),", data, re.MULTILINE):
        for group in (1, 2, 3):
            yield from (match.start(group) + i for i, byte in enumerate(match.group(group)) if chr(byte).isdigit())


def lean(file: StatementFile) -> list[Line]:
    """Lines that count."""
    return [replace(line, digest="") for line in file.lines if line.status is statements.LineStatus.BOOKED]
