"""What a match rule must offer: its parameters, the passes it makes, and the SQL of each.

A pass reads `free` (items nobody took yet), `item`, `reference` and, where a tier weighs chances, `token_count`. It
leaves two tables: `proposal` (g, kind, token, left_seen, right_seen, left_candidates, right_candidates), one row per
proposed group, and `proposed` (g, n), its members; g is the smallest n. It leaves `doubt` rows (n, reason) for items
that had a candidate but no proof. It never sees another rule.
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


def repeats(board: Board, key: str, basis_points: int, uses: str) -> list[str]:
    """Warnings when `key` repeats on more than `basis_points` of the items that carry it, on either side.

    A word that many payments share (a name, a memo, a shop number) is not an identity, whatever a spec calls it.
    `uses` names a table with `left_seen` and `right_seen` per use of the key.
    """
    (row,) = board.engine.rows(_REPEATS.format(uses=uses))
    for side, seen, repeated in (("left", row[0], row[1]), ("right", row[2], row[3])):
        if 10_000 * (repeated - REPEATS_FORGIVEN) > basis_points * seen:
            return [f"{key} repeats on {repeated} of {seen} {side} items: no automatic match is based on it"]
    return []


_REPEATS = """
SELECT CAST(SUM(left_seen) AS BIGINT), CAST(SUM(CASE WHEN left_seen > 1 THEN left_seen ELSE 0 END) AS BIGINT),
  CAST(SUM(right_seen) AS BIGINT), CAST(SUM(CASE WHEN right_seen > 1 THEN right_seen ELSE 0 END) AS BIGINT)
FROM (SELECT left_seen, right_seen FROM {uses} UNION ALL SELECT 0, 0) AS counted
"""
