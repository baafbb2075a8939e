"""n items against n items that nothing tells apart: one key, scope, direction and amount, as many left as right.

Pairing them would invent knowledge; recording them as one n:n group is both complete and true. Three against two is not
a match at all, it is ambiguous. With n = 1 this is a key that repeats, but only once for this amount (a second capture
of one order). A key that repeats on more than `repeats_basis_points` of a side's items is no key, and the pass stands
down.
"""

from __future__ import annotations

import msgspec

from tallystick.reconciliation.rules.contract import Board, Pass, repeats


class Exchangeable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="rule", tag="exchangeable"):
    """`keys` are token kinds that identify an order or a payment; all uses lie within `within_days` of each other."""

    keys: tuple[str, ...]
    within_days: int = 5
    repeats_basis_points: int = 1000

    def passes(self) -> tuple[Pass, ...]:
        """One per key."""
        return tuple(Pass("exchangeable", key) for key in self.keys)

    def token_kinds(self) -> tuple[str, ...]:
        """The keys."""
        return self.keys

    def propose(self, board: Board, sweep: Pass) -> list[str]:
        """Group equal blocks."""
        engine = board.engine
        numbers = {"kind": board.kinds[sweep.key], "within": int(self.within_days)}
        engine.create("block", _BLOCK.format(**numbers))
        engine.create("key_count", _KEY_COUNT.format(**numbers))
        warning = repeats(board, sweep.key, self.repeats_basis_points, "key_count")
        if warning:
            engine.drop("block")
            engine.create("block", _NO_BLOCK)
        engine.create("proposal", _PROPOSAL.format(**numbers))
        engine.create("proposed", _PROPOSED.format(**numbers))
        engine.create("doubt", _DOUBT.format(**numbers))
        engine.drop("block", "key_count")
        return warning


_BLOCK = """
SELECT i.scope, i.dir, i.amount, r.token,
  SUM(CASE WHEN i.side = 0 THEN 1 ELSE 0 END) AS left_seen, SUM(CASE WHEN i.side = 1 THEN 1 ELSE 0 END) AS right_seen,
  SUM(CASE WHEN f.n IS NULL THEN 1 ELSE 0 END) AS blocked, MIN(i.n) AS g, MAX(i.day) - MIN(i.day) AS spread
FROM reference r JOIN item i ON i.n = r.n LEFT JOIN free f ON f.n = i.n
WHERE r.kind = {kind} AND i.role = 0 AND i.alive = 1
GROUP BY i.scope, i.dir, i.amount, r.token
"""
_KEY_COUNT = """
SELECT scope, dir, token, SUM(left_seen) AS left_seen, SUM(right_seen) AS right_seen FROM block
GROUP BY scope, dir, token
"""
_NO_BLOCK = """
SELECT 0 AS scope, 0 AS dir, 0 AS amount, '' AS token, 0 AS left_seen, 0 AS right_seen, 0 AS blocked, 0 AS g,
  0 AS spread
WHERE 0 = 1
"""
_PROPOSAL = """
SELECT g, {kind} AS kind, token, left_seen, right_seen, 0 AS left_candidates, 0 AS right_candidates FROM block
WHERE left_seen = right_seen AND blocked = 0 AND spread <= {within}
"""
_PROPOSED = """
SELECT p.g, i.n FROM proposal p JOIN item a ON a.n = p.g
JOIN reference r ON r.kind = {kind} AND r.token = p.token
JOIN item i ON i.n = r.n AND i.scope = a.scope AND i.dir = a.dir AND i.amount = a.amount AND i.role = 0 AND i.alive = 1
"""
_DOUBT = """
SELECT DISTINCT i.n, 'block_uneven' AS reason
FROM block b JOIN reference r ON r.kind = {kind} AND r.token = b.token
JOIN item i ON i.n = r.n AND i.scope = b.scope AND i.dir = b.dir AND i.amount = b.amount AND i.role = 0 AND i.alive = 1
JOIN free f ON f.n = i.n
WHERE b.left_seen > 0 AND b.right_seen > 0
  AND NOT (b.left_seen = b.right_seen AND b.blocked = 0 AND b.spread <= {within})
"""
