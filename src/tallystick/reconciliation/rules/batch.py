"""Many items against one: the members of a batch and the single line that pays it.

A batch is named by its source (a payout id, a batch number). Its members are added up; a control item, where the source
gives one, states what they should add up to; the line on the other side carries the batch's name as a token. Batch and
line must each be unique in the scope. No subset is ever searched for: without a name there is no batch.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from tallystick.reconciliation.rules.contract import Board, Pass


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="rule", tag="batch"):
    """`key` is the token kind under which the paying line carries the batch's name.

    The line may be dated `arrives_from` to `arrives_until` days after the batch's last day.
    """

    key: str
    members: Literal["left", "right"] = "left"
    arrives_from: int = -1
    arrives_until: int = 30

    def passes(self) -> tuple[Pass, ...]:
        """One."""
        return (Pass("batch", self.key),)

    def token_kinds(self) -> tuple[str, ...]:
        """The line's key."""
        return (self.key,)

    def propose(self, board: Board, sweep: Pass) -> list[str]:
        """Put each batch, its control item and its line together."""
        engine = board.engine
        numbers = {
            "kind": board.kinds[self.key],
            "members": 0 if self.members == "left" else 1,
            "line": 1 if self.members == "left" else 0,
            "from_days": int(self.arrives_from),
            "until_days": int(self.arrives_until),
        }
        engine.create("batch_sum", _BATCH.format(**numbers))
        engine.create("batch_line", _LINE.format(**numbers))
        engine.create("batch_pair", _PAIR.format(**numbers))
        engine.create("proposal", _PROPOSAL.format(**numbers))
        engine.create("proposed", _PROPOSED.format(**numbers))
        engine.create("doubt", _DOUBT.format(**numbers))
        engine.drop("batch_sum", "batch_line", "batch_pair")
        return []


_BATCH = """
SELECT i.scope, i.batch,
  SUM(CASE WHEN i.role = 0 THEN 1 ELSE 0 END) AS legs,
  SUM(CASE WHEN i.role = 1 THEN 1 ELSE 0 END) AS controls,
  SUM(CASE WHEN f.n IS NULL THEN 1 ELSE 0 END) AS blocked,
  MIN(i.n) AS g, MAX(i.day) AS last_day
FROM item i LEFT JOIN free f ON f.n = i.n
WHERE i.side = {members} AND i.batch <> '' AND i.alive = 1
GROUP BY i.scope, i.batch
"""
_LINE = """
SELECT i.scope, r.token, COUNT(*) AS lines, SUM(CASE WHEN f.n IS NULL THEN 1 ELSE 0 END) AS blocked,
  MIN(i.n) AS n, MIN(i.day) AS day
FROM reference r JOIN item i ON i.n = r.n LEFT JOIN free f ON f.n = i.n
WHERE r.kind = {kind} AND i.side = {line} AND i.role = 0 AND i.alive = 1
GROUP BY i.scope, r.token
"""
_PAIR = """
SELECT b.scope, b.batch, b.g AS b_g, l.n AS line_n, CASE WHEN b.g < l.n THEN b.g ELSE l.n END AS g, b.legs,
  CASE WHEN b.legs > 0 AND b.controls < 2 AND b.blocked = 0 AND l.lines = 1 AND l.blocked = 0
    AND l.day - b.last_day >= {from_days} AND l.day - b.last_day <= {until_days} THEN 1 ELSE 0 END AS proven
FROM batch_sum b JOIN batch_line l ON l.scope = b.scope AND l.token = b.batch
"""
_PROPOSAL = """
SELECT g, {kind} AS kind, batch AS token,
  CASE WHEN {members} = 0 THEN legs ELSE 1 END AS left_seen, CASE WHEN {members} = 0 THEN 1 ELSE legs END AS right_seen,
  0 AS left_candidates, 0 AS right_candidates
FROM batch_pair WHERE proven = 1
"""
_PROPOSED = """
SELECT p.g, i.n FROM batch_pair p JOIN item i ON i.scope = p.scope AND i.batch = p.batch
WHERE p.proven = 1 AND i.side = {members} AND i.alive = 1
UNION ALL
SELECT p.g, p.line_n AS n FROM batch_pair p WHERE p.proven = 1
"""
_DOUBT = """
SELECT DISTINCT i.n, 'batch_repeated' AS reason
FROM batch_pair p JOIN item i ON i.scope = p.scope AND i.batch = p.batch JOIN free f ON f.n = i.n
WHERE p.proven = 0 AND i.side = {members} AND i.alive = 1
UNION ALL
SELECT DISTINCT r.n, 'batch_repeated' AS reason
FROM batch_pair p JOIN reference r ON r.kind = {kind} AND r.token = p.batch
JOIN item i ON i.n = r.n AND i.scope = p.scope JOIN free f ON f.n = r.n
WHERE p.proven = 0 AND i.side = {line} AND i.role = 0 AND i.alive = 1
"""
