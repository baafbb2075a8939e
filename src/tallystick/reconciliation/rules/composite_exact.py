"""Same scope, direction and amount, within a window of days, plus one independent discriminator: a token that tells
payments apart and is too rare to agree by accident.

A pair is automatic only when the token is unique on both sides over everything known, the pair is the only one for
both of its items, and the expected number of accidental partners (`chance.py`) stays below `chance_below` in both
directions. Everything else stays open and is offered as a suggestion. Amount and date alone never match anything.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from tallystick.reconciliation.rules.contract import Board, Pass

MOST_CANDIDATES = 2**62
"""No side has this many items; keeps a limit inside a 64-bit column."""


class CompositeExact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="rule", tag="composite_exact"):
    """`discriminators` are token kinds that identify a payment. Right may be dated `from_days` to `until_days` after
    left. `chance_below` is the policy for lambda, as numerator and denominator."""

    discriminators: tuple[str, ...]
    from_days: int = 0
    until_days: int = 5
    chance_below: tuple[int, int] = (1, 1_000_000)

    def passes(self) -> tuple[Pass, ...]:
        """One, over all discriminators."""
        return (Pass("composite_exact", " ".join(self.discriminators)),)

    def token_kinds(self) -> tuple[str, ...]:
        """The discriminators."""
        return self.discriminators

    def policy(self) -> Fraction:
        """The bound on lambda."""
        return Fraction(*self.chance_below)

    def propose(self, board: Board, sweep: Pass) -> list[str]:
        """Pair what agrees in everything and could hardly agree by accident."""
        engine = board.engine
        window = {"from_days": int(self.from_days), "until_days": int(self.until_days)}
        engine.create("candidate_limit", self._limits(board))
        engine.create("same_amount", _SAME_AMOUNT)
        engine.create("bearer", _BEARER)
        engine.create("candidate", _CANDIDATE.format(**window))
        engine.create("proposal", _PROPOSAL)
        engine.create("proposed", _PROPOSED)
        engine.create("doubt", "SELECT n, '' AS reason FROM free WHERE 0 = 1")
        engine.drop("candidate_limit", "same_amount", "bearer", "candidate")
        return []

    def _limits(self, board: Board) -> str:
        rows = []
        for rank, name in enumerate(self.discriminators):
            kind = board.kinds[name]
            for side in (0, 1):
                allowed = min(MOST_CANDIDATES, board.chance[(kind, side)].candidates_allowed(self.policy()))
                rows.append(f"SELECT {kind} AS kind, {side} AS side, {rank} AS rank, {max(0, allowed)} AS allowed")
        return " UNION ALL ".join(rows)


_SAME_AMOUNT = """
SELECT scope, dir, amount, side, COUNT(*) AS candidates FROM item
WHERE role = 0 AND alive = 1 GROUP BY scope, dir, amount, side
"""
_BEARER = """
SELECT i.n, i.side, i.scope, i.dir, i.amount, i.day, r.kind, r.token, m.rank
FROM reference r JOIN free f ON f.n = r.n JOIN item i ON i.n = r.n
JOIN candidate_limit m ON m.kind = r.kind AND m.side = i.side
JOIN token_count t ON t.kind = r.kind AND t.token = r.token AND t.side = i.side
JOIN same_amount s ON s.scope = i.scope AND s.dir = i.dir AND s.amount = i.amount AND s.side = i.side
WHERE t.uses = 1 AND s.candidates <= m.allowed AND i.role = 0
"""
_CANDIDATE = """
SELECT l.n AS left_n, r.n AS right_n, l.kind, l.token, al.candidates AS left_candidates,
  ar.candidates AS right_candidates,
  ROW_NUMBER() OVER (PARTITION BY l.n, r.n ORDER BY l.rank, l.token) AS place
FROM bearer l
JOIN bearer r ON r.side = 1 AND r.kind = l.kind AND r.token = l.token AND r.scope = l.scope AND r.dir = l.dir
  AND r.amount = l.amount
JOIN same_amount al ON al.scope = l.scope AND al.dir = l.dir AND al.amount = l.amount AND al.side = 0
JOIN same_amount ar ON ar.scope = r.scope AND ar.dir = r.dir AND ar.amount = r.amount AND ar.side = 1
WHERE l.side = 0 AND r.day - l.day >= {from_days} AND r.day - l.day <= {until_days}
"""
_PROPOSAL = """
SELECT CASE WHEN left_n < right_n THEN left_n ELSE right_n END AS g, kind, token, 1 AS left_seen, 1 AS right_seen,
  left_candidates, right_candidates
FROM candidate WHERE place = 1
"""
_PROPOSED = """
SELECT CASE WHEN left_n < right_n THEN left_n ELSE right_n END AS g, left_n AS n FROM candidate WHERE place = 1
UNION ALL
SELECT CASE WHEN left_n < right_n THEN left_n ELSE right_n END AS g, right_n AS n FROM candidate WHERE place = 1
"""
