"""Rows of a payment, cut out of what the platform wrote for one, to be filled with another's ids, texts and amounts.

A stencil is made from one payment whose texts and amounts appear nowhere else, so each place that holds one is found.
`sample.py` proves that filled stencils equal what the platform writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Rows = Mapping[str, Sequence[dict[str, Any]]]
_SUFFIX = re.compile(r"(?<=_)[0-9a-hjkmnp-tv-z]{26}(?![0-9a-z])")


def suffixes(rows: Rows) -> list[str]:
    """The second halves of all ids in the rows, in the order in which they come."""
    texts = (str(value) for table in rows.values() for row in table for value in row.values())
    return list(dict.fromkeys(found for text in texts for found in _SUFFIX.findall(text)))


@dataclass(slots=True)
class _Row:
    table: str
    columns: tuple[str, ...]
    values: list[Any]
    whole: list[tuple[int, str]] = field(default_factory=list)
    pieces: list[tuple[int, list[tuple[bool, str]]]] = field(default_factory=list)


class Stencil:
    """Rows with holes. `texts` and `numbers` name what is to be taken out, by how it reads in these rows."""

    def __init__(self, rows: Rows, texts: Mapping[str, str], numbers: Mapping[int, str]) -> None:
        known = set(texts)
        self.fresh = [found for found in suffixes(rows) if not any(found in text for text in known)]
        self._texts = dict(texts) | {suffix: f"id{n}" for n, suffix in enumerate(self.fresh)}
        longest_first = sorted(filter(None, self._texts), key=len, reverse=True)
        self._pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
        self._rows = [self._cut(table, row, numbers) for table, found in rows.items() for row in found]

    def _cut(self, table: str, row: Mapping[str, Any], numbers: Mapping[int, str]) -> _Row:
        cut = _Row(table, tuple(row), list(row.values()))
        for place, value in enumerate(cut.values):
            if isinstance(value, int) and not isinstance(value, bool) and value in numbers:
                cut.whole.append((place, numbers[value]))
            elif isinstance(value, str) and (parts := [each for each in self._pattern.split(value) if each]):
                known = [(each in self._texts, self._texts.get(each, each)) for each in parts]
                if len(known) == 1 and known[0][0]:
                    cut.whole.append((place, known[0][1]))
                elif any(named for named, _ in known):
                    cut.pieces.append((place, known))
        return cut

    def filled(self, values: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...], list[Any]]]:
        """The rows as (table, columns, values)."""
        made = []
        for row in self._rows:
            cells = row.values.copy()
            for place, name in row.whole:
                cells[place] = values[name]
            for place, pieces in row.pieces:
                cells[place] = "".join([str(values[each]) if named else each for named, each in pieces])
            made.append((row.table, row.columns, cells))
        return made
