"""Says of every item where it ended, and of every difference what it is.

The order is the precedence: set aside, linked, doubtful, orphan, pending, late, missing. An item without a counterpart
is pending before the end of the day on which its source expects one (`expected.days`), late before the end of
`missing_after_days`, and missing from then on.
"""

from __future__ import annotations

from tallystick.reconciliation.engines import Engine
from tallystick.reconciliation.rules import Rule
from tallystick.reconciliation.spec import Spec


def classify(engine: Engine, spec: Spec, kinds: dict[str, int], as_of: int) -> None:
    """Create `ending` (n, state, class, reason) over all new and carried items, and `open_item` (n)."""
    numbers = sorted({kinds[name] for tier in spec.tiers for name in _kinds(tier)})
    listed = ", ".join(str(number) for number in numbers)
    engine.create("claim", _CLAIM.format(kinds=listed))
    engine.create("nameless", _NAMELESS.format(kinds=listed))
    engine.create("ending", _ENDING.format(as_of=int(as_of)))
    engine.create("open_item", _OPEN)
    engine.drop("claim", "nameless")


def _kinds(tier: Rule) -> tuple[str, ...]:
    return tier.token_kinds()


_CLAIM = """
SELECT DISTINCT f.n FROM free f
JOIN item i ON i.n = f.n
JOIN reference r ON r.n = f.n AND r.kind IN ({kinds})
JOIN reference q ON q.kind = r.kind AND q.token = r.token
JOIN item o ON o.n = q.n AND o.side = i.side AND o.scope = i.scope AND o.dir = i.dir AND o.amount = i.amount
  AND o.alive = 1 AND o.role = 0 AND o.n <> i.n
JOIN doubted d ON d.n = f.n
WHERE i.role = 0 AND NOT EXISTS (SELECT 1 FROM free g WHERE g.n = o.n)
"""
_NAMELESS = """
SELECT f.n FROM free f JOIN item i ON i.n = f.n
WHERE i.batch = '' AND i.role = 0
AND NOT EXISTS (SELECT 1 FROM reference r WHERE r.n = f.n AND r.kind IN ({kinds}))
"""
_ENDING = """
SELECT i.n, CASE
    WHEN i.settled = 1 OR s.n IS NOT NULL THEN 'superseded'
    WHEN k.g IS NOT NULL AND k.difference = 0 AND k.fee_difference = 0 AND k.stated_difference = 0
      THEN 'matched'
    WHEN k.g IS NOT NULL OR i.role = 2 OR h.n IS NOT NULL OR c.n IS NOT NULL OR d.n IS NOT NULL THEN 'break'
    WHEN i.role = 1 THEN CASE WHEN {as_of} < i.pending_until THEN 'pending' ELSE 'break' END
    WHEN x.n IS NOT NULL AND i.side = 1 THEN 'break'
    WHEN {as_of} < i.pending_until THEN 'pending'
    ELSE 'break' END AS state,
  CASE
    WHEN i.settled = 1 OR s.n IS NOT NULL OR k.g IS NOT NULL THEN ''
    WHEN i.role = 2 THEN 'amount'
    WHEN h.reason = 'restated_after_match' THEN 'restated'
    WHEN h.n IS NOT NULL THEN 'ambiguous'
    WHEN c.n IS NOT NULL THEN 'duplicate'
    WHEN d.n IS NOT NULL THEN 'ambiguous'
    WHEN i.role = 1 THEN CASE WHEN {as_of} < i.pending_until THEN '' ELSE 'unclassified' END
    WHEN x.n IS NOT NULL AND i.side = 1 THEN 'orphan'
    WHEN {as_of} < i.pending_until THEN ''
    WHEN {as_of} < i.late_until THEN 'late'
    WHEN i.side = 0 THEN 'missing_right'
    ELSE 'missing_left' END AS class,
  CASE
    WHEN i.settled = 1 THEN 'settled by hand'
    WHEN s.n IS NOT NULL THEN s.reason
    WHEN k.g IS NOT NULL THEN ''
    WHEN i.role = 2 THEN 'difference_open'
    WHEN h.n IS NOT NULL THEN h.reason
    WHEN c.n IS NOT NULL THEN 'key_taken'
    WHEN d.n IS NOT NULL THEN d.reason
    ELSE '' END AS reason
FROM item i
LEFT JOIN set_aside s ON s.n = i.n
LEFT JOIN held h ON h.n = i.n
LEFT JOIN link l ON l.n = i.n
LEFT JOIN grouped k ON k.g = l.g
LEFT JOIN claim c ON c.n = i.n
LEFT JOIN (SELECT d.n, d.reason FROM doubted d JOIN free f ON f.n = d.n) AS d ON d.n = i.n
LEFT JOIN nameless x ON x.n = i.n
WHERE i.standing < 2
"""
_OPEN = """
SELECT e.n FROM ending e WHERE e.state <> 'superseded' AND e.state <> 'matched'
AND NOT EXISTS (SELECT 1 FROM link l WHERE l.n = e.n)
"""
