"""Text tables: a heading, words, and sections whose rows have cells between bars.

    Heading
    =======

    Some words.

    Section
    -------
    day        | amount
    2026-03-02 | 10.00 EUR

Reading is strict: whatever is not of this form is `Malformed`, with the file and the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BAR = "|"


class Malformed(Exception):
    """A story that cannot be read; the text begins with file and line."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: str
    line: int

    def malformed(self, why: str) -> Malformed:
        """The complaint about this place."""
        return Malformed(f"{self}: {why}")

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line by their column."""

    place: Place
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A table under its name."""

    place: Place
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A file: its heading, what it says, its sections by name."""

    place: Place
    heading: str
    words: str
    sections: dict[str, Section]


def read(text: str, file: str) -> Page:
    """The page that `text` is. Raises Malformed."""
    blocks = list(_blocks(text, file))
    if len(blocks) < 2:
        raise Place(file, 1).malformed("a story is a heading, a few words and tables, with empty lines between them")
    (place, first), (at, words), *rest = blocks
    _must_be_underlined(place, first, "=")
    if len(first) > 2:
        raise Place(file, place.line + 2).malformed("an empty line is missing after the heading")
    if any(BAR in line for line in words) or _is_line(words[-1]):
        raise at.malformed("say in plain words what happens before the first table")
    sections: dict[str, Section] = {}
    for begins, lines in rest:
        section = _section(begins, lines)
        if section.name in sections:
            raise begins.malformed(f"{section.name!r} is here twice")
        sections[section.name] = section
    return Page(place, first[0], " ".join(words), sections)


def _blocks(text: str, file: str) -> Iterable[tuple[Place, list[str]]]:
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if line != line.rstrip() or "\t" in line:
            raise Place(file, number).malformed("no tabs, and no spaces at the end of a line")
        if line:
            block.append(line)
        elif block:
            yield Place(file, number - len(block)), block
            block = []


def _is_line(text: str) -> bool:
    return set(text) <= {"-"} or set(text) <= {"="}


def _must_be_underlined(place: Place, lines: Sequence[str], stroke: str) -> None:
    if len(lines) < 2 or lines[1] != stroke * len(lines[0]):
        raise place.malformed(f"{lines[0]!r} must be underlined by {len(lines[0])} times {stroke!r}")


def _section(place: Place, lines: Sequence[str]) -> Section:
    _must_be_underlined(place, lines, "-")
    if len(lines) < 3:
        raise place.malformed(f"{lines[0]!r} has no table")
    columns = _cells(lines[2])
    rows = []
    for number, line in enumerate(lines[3:], start=place.line + 3):
        cells, here = _cells(line), Place(place.file, number)
        if len(cells) != len(columns):
            raise here.malformed(f"{len(cells)} cells, but the table has {len(columns)} columns")
        rows.append(Row(here, dict(zip(columns, cells, strict=True))))
    return Section(place, lines[0], columns, tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split(BAR))


def write(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A section as it would stand in a file."""
    lines = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(columns))]
    table = [f" {BAR} ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    return "\n".join([name, "-" * len(name), *table])
