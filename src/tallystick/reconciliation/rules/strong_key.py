"""A reference that one party issued and the other echoes links two items whatever their amounts; the difference is
then classified. Identity before similarity.

The key must be unique on both sides over everything known (new, carried, recently matched, and taken by an earlier
tier); with `legs: sum` all legs that carry it are added up first. A key that repeats too often within one side is no
key: then the whole pass proposes nothing and says so (docs/reference/reconciliation.md, "Strong key").
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tallystick.reconciliation.rules.contract import REPEATS_FORGIVEN, Board, Pass, repeats

MOST_APART_BASIS_POINTS = 2_000
"""The share of keys with several legs whose legs may disagree before the key itself is doubted."""


class StrongKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="rule", tag="strong_key"):
    """`keys` are token kinds in order of preference; `within_days` bounds how far apart two uses of a key may lie."""

    keys: tuple[str, ...]
    legs: Literal["one", "sum"] = "one"
    within_days: int = 60
    tolerance_minor: int = 0
    repeats_basis_points: int | None = None
    """The share of a side's items whose key repeats, above which it is no key: 100 for `one`, 2000 for `sum`."""

    def passes(self) -> tuple[Pass, ...]:
        """One per key."""
        return tuple(Pass("strong_key", key, self.tolerance_minor) for key in self.keys)

    def token_kinds(self) -> tuple[str, ...]:
        """The keys."""
        return self.keys

    def propose(self, board: Board, sweep: Pass) -> list[str]:
        """Pair, or add up, what carries one key."""
        engine = board.engine
        kind = board.kinds[sweep.key]
        engine.create("key_use", _KEY_USE.format(kind=kind))
        usual = 100 if self.legs == "one" else 2000
        most = usual if self.repeats_basis_points is None else self.repeats_basis_points
        warning = repeats(board, sweep.key, most, "key_use") or self._legs_apart(board, sweep)
        wanted = "0 = 1" if warning else self._wanted()
        engine.create("proposal", _PROPOSAL.format(kind=kind, wanted=wanted))
        engine.create("proposed", _MEMBERS.format(kind=kind) if self.legs == "sum" else _PAIRS.format(wanted=wanted))
        engine.create("doubt", _DOUBT.format(kind=kind, wanted="1 = 1" if warning else wanted))
        engine.drop("key_use")
        return warning

    def _legs_apart(self, board: Board, sweep: Pass) -> list[str]:
        """Legs of one payment add up on both sides. Where those of many keys do not, they are strangers' legs."""
        if self.legs == "one":
            return []
        (row,) = board.engine.rows(_LEGS.format(tolerance=int(self.tolerance_minor)))
        if 10_000 * (row[1] - REPEATS_FORGIVEN) > MOST_APART_BASIS_POINTS * row[0]:
            apart = f"the legs of {row[1]} of {row[0]} keys do not add up"
            return [f"{sweep.key} repeats and {apart}: no automatic match is based on it"]
        return []

    def _wanted(self) -> str:
        counts = "left_seen = 1 AND right_seen = 1" if self.legs == "one" else "left_seen > 0 AND right_seen > 0"
        return f"{counts} AND blocked = 0 AND last_day - first_day <= {int(self.within_days)}"


_KEY_USE = """
SELECT i.scope, i.dir, r.token,
  SUM(CASE WHEN i.side = 0 THEN 1 ELSE 0 END) AS left_seen,
  SUM(CASE WHEN i.side = 1 THEN 1 ELSE 0 END) AS right_seen,
  SUM(CASE WHEN f.n IS NULL THEN 1 ELSE 0 END) AS blocked,
  MAX(CASE WHEN i.side = 0 THEN i.n ELSE -1 END) AS left_n,
  MAX(CASE WHEN i.side = 1 THEN i.n ELSE -1 END) AS right_n,
  SUM(CASE WHEN i.side = 0 THEN i.amount ELSE 0 - i.amount END) AS apart,
  SUM(CASE WHEN i.side = 0 THEN i.expected_fee ELSE 0 END) AS expected_fee,
  MIN(i.n) AS g, MIN(i.day) AS first_day, MAX(i.day) AS last_day
FROM reference r JOIN item i ON i.n = r.n LEFT JOIN free f ON f.n = r.n
WHERE r.kind = {kind} AND i.role = 0 AND i.alive = 1
GROUP BY i.scope, i.dir, r.token
"""
_LEGS = """
SELECT COUNT(*), CAST(SUM(CASE WHEN apart <= {tolerance} AND 0 - apart <= {tolerance} OR apart = expected_fee
  THEN 0 ELSE 1 END) AS BIGINT)
FROM (
  SELECT apart, expected_fee FROM key_use WHERE left_seen > 0 AND right_seen > 0 AND left_seen + right_seen > 2
  UNION ALL SELECT 0, 0
) AS several
"""
_PROPOSAL = """
SELECT g, {kind} AS kind, token, left_seen, right_seen, 0 AS left_candidates, 0 AS right_candidates
FROM key_use WHERE {wanted}
"""
_PAIRS = """
SELECT g, left_n AS n FROM key_use WHERE {wanted}
UNION ALL
SELECT g, right_n AS n FROM key_use WHERE {wanted}
"""
_MEMBERS = """
SELECT p.g, i.n FROM proposal p JOIN item a ON a.n = p.g
JOIN reference r ON r.token = p.token AND r.kind = {kind}
JOIN item i ON i.n = r.n AND i.scope = a.scope AND i.dir = a.dir AND i.role = 0 AND i.alive = 1
"""
_DOUBT = """
SELECT DISTINCT r.n, 'key_repeated' AS reason
FROM key_use u JOIN reference r ON r.token = u.token AND r.kind = {kind}
JOIN item i ON i.n = r.n AND i.scope = u.scope AND i.dir = u.dir AND i.role = 0 AND i.alive = 1
JOIN free f ON f.n = r.n
WHERE u.left_seen > 0 AND u.right_seen > 0 AND NOT ({wanted})
"""
