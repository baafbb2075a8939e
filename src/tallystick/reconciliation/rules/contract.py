"""What a match rule must offer: its parameters, the passes it makes, and the SQL of each.

A pass reads `free` (items nobody took yet), `item`, `reference` and `token_count`, and leaves two tables: `proposal`
(g, kind, token, left_seen, right_seen, left_candidates, right_candidates), one row per proposed group, and
`proposed` (g, n), its members; g is the smallest n. It may leave `doubt` rows (n, reason) for items that had a
candidate but no proof. It never sees another rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tallystick.reconciliation.chance import Chance
from tallystick.reconciliation.engines import Engine


@dataclass(frozen=True, slots=True)
class Board:
    """One pass's view of the run: the engine, the number of each token kind, and how telling each kind is."""

    engine: Engine
    kinds: Mapping[str, int]
    chance: Mapping[tuple[int, int], Chance]
    """By (kind number, side)."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One sweep over what is left: `key` names its token kind(s)."""

    rule: str
    key: str
    tolerance_minor: int = 0


class Rule(Protocol):
    """Parameters of one tier, as the spec holds them."""

    def passes(self) -> tuple[Pass, ...]:
        """In order."""

    def token_kinds(self) -> tuple[str, ...]:
        """Every token kind it reads."""

    def propose(self, board: Board, sweep: Pass) -> list[str]:
        """Create `proposal`, `proposed` and `doubt`; returns warnings for the run's record."""


REPEATS_FORGIVEN = 5
"""Repeated items on a side that say nothing yet about the quality of a key."""

_USES = """
SELECT side, CAST(SUM(uses) AS BIGINT), CAST(SUM(CASE WHEN uses > 1 THEN uses ELSE 0 END) AS BIGINT)
FROM directed_count WHERE kind = {kind} GROUP BY side ORDER BY side
"""


def repeats(board: Board, key: str, basis_points: int) -> list[str]:
    """Warnings when `key` repeats on more than `basis_points` of the items that carry it, on either side.

    A word that many payments share (a name, a memo, a shop number) is not an identity, whatever a spec calls it.
    """
    for side, seen, repeated in board.engine.rows(_USES.format(kind=board.kinds[key])):
        if 10_000 * (repeated - REPEATS_FORGIVEN) > basis_points * seen:
            name = ("left", "right")[side]
            return [f"{key} repeats on {repeated} of {seen} {name} items: no automatic match is based on it"]
    return []
