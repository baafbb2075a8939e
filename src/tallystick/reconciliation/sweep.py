"""Runs the tiers in the spec's order over what is left, and proves the arithmetic of every proposed group.

An item proposed for two groups is in neither: which one is true is not known. A rule that links regardless of amount
leaves a named difference; every other group must balance to zero, or it is not a group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tallystick.reconciliation.chance import Chance
from tallystick.reconciliation.engines import Engine
from tallystick.reconciliation.rules import Board, Pass, Rule
from tallystick.reconciliation.spec import Spec


@dataclass(frozen=True, slots=True)
class Swept:
    """The passes in order (a group names its own by number) and what they warned of."""

    passes: tuple[Pass, ...]
    warnings: tuple[str, ...]


def sweep(engine: Engine, spec: Spec, kinds: Mapping[str, int], chance: Mapping[tuple[int, int], Chance]) -> Swept:
    """Create `grouped` (one row per group), `link` (g, n) and `doubted` (n, reason); shrink `free`."""
    board = Board(engine, kinds, chance)
    engine.create("doubted_0", "SELECT n, '' AS reason FROM free WHERE 0 = 1")
    made: list[tuple[Rule, Pass]] = [(tier, one) for tier in spec.tiers for one in tier.passes()]
    warnings: list[str] = []
    for number, (rule, one) in enumerate(made):
        warnings += rule.propose(board, one)
        _accept(engine, spec, number, one)
    passes = range(len(made))
    engine.create("grouped", " UNION ALL ".join(f"SELECT * FROM grouped_{number}" for number in passes))
    engine.create("link", " UNION ALL ".join(f"SELECT g, n FROM link_{number}" for number in passes))
    engine.create("doubted", f"SELECT n, MIN(reason) AS reason FROM doubted_{len(made)} GROUP BY n")
    engine.drop(f"doubted_{len(made)}", *(f"{name}_{number}" for number in passes for name in ("grouped", "link")))
    return Swept(tuple(one for _, one in made), tuple(warnings))


def _accept(engine: Engine, spec: Spec, number: int, one: Pass) -> None:
    """Keep the groups that hold; everything in them is no longer free."""
    engine.create("clash", "SELECT n FROM proposed GROUP BY n HAVING COUNT(*) > 1")
    engine.create("broken", "SELECT DISTINCT p.g FROM proposed p JOIN clash c ON c.n = p.n")
    engine.create("summed", _SUMMED)
    tolerance = {"tolerance": int(one.tolerance_minor), "fee_tolerance": int(spec.fee_tolerance_minor)}
    any_amount = one.rule in ("strong_key", "batch")
    engine.create("judged", _JUDGED.format(number=number, **tolerance))
    engine.create(f"grouped_{number}", "SELECT * FROM judged" + ("" if any_amount else " WHERE difference = 0"))
    engine.create(f"link_{number}", f"SELECT p.g, p.n FROM proposed p JOIN grouped_{number} k ON k.g = p.g")
    engine.create(
        "still_free", f"SELECT f.n FROM free f WHERE NOT EXISTS (SELECT 1 FROM link_{number} l WHERE l.n = f.n)"
    )
    engine.create(f"doubted_{number + 1}", _DOUBTED.format(number=number))
    engine.drop("free", "clash", "broken", "summed", "judged", "proposal", "proposed", "doubt", f"doubted_{number}")
    engine.create("free", "SELECT n FROM still_free")
    engine.drop("still_free")


_SUMMED = """
SELECT p.g, MIN(i.scope) AS scope, MIN(CASE WHEN i.role = 0 THEN i.dir ELSE 1 END) AS low_dir,
  SUM(CASE WHEN i.side = 0 AND i.role = 0 THEN 1 ELSE 0 END) AS left_count,
  SUM(CASE WHEN i.side = 1 AND i.role = 0 THEN 1 ELSE 0 END) AS right_count,
  CAST(SUM(CASE WHEN i.side = 0 THEN i.amount ELSE 0 END) AS BIGINT) AS left_sum,
  CAST(SUM(CASE WHEN i.side = 1 THEN i.amount ELSE 0 END) AS BIGINT) AS right_sum,
  CAST(SUM(CASE WHEN i.side = 1 THEN i.fee ELSE 0 END) AS BIGINT) AS fee,
  CAST(SUM(CASE WHEN i.side = 0 THEN i.expected_fee ELSE 0 END) AS BIGINT) AS expected_fee,
  MIN(CASE WHEN i.side = 1 THEN i.has_fee ELSE 1 END) AS has_fee,
  MIN(CASE WHEN i.side = 0 AND i.role = 0 THEN i.has_expected_fee ELSE 1 END) AS has_expected_fee,
  CAST(SUM(CASE WHEN i.batch <> '' AND i.role = 0 THEN i.amount ELSE 0 END) AS BIGINT) AS member_sum,
  SUM(i.role) AS controls, CAST(SUM(i.role * i.stated) AS BIGINT) AS stated,
  MIN(CASE WHEN i.side = 0 AND i.role = 0 THEN i.n ELSE 4000000000000000000 END) AS left_n,
  MIN(i.day) AS first_day, MAX(i.day) AS last_day
FROM proposed p JOIN item i ON i.n = p.n
WHERE NOT EXISTS (SELECT 1 FROM broken b WHERE b.g = p.g)
GROUP BY p.g
"""
_JUDGED = """
SELECT {number} AS pass, s.*, p.kind, p.token, p.left_seen, p.right_seen, p.left_candidates, p.right_candidates,
  CASE WHEN s.has_fee = 0 AND s.has_expected_fee = 1 AND s.left_sum - s.right_sum = s.expected_fee
    THEN s.expected_fee ELSE 0 END AS fee_adjustment,
  CASE WHEN s.left_sum - s.right_sum <= {tolerance} AND s.right_sum - s.left_sum <= {tolerance}
    AND NOT (s.has_fee = 0 AND s.has_expected_fee = 1 AND s.left_sum - s.right_sum = s.expected_fee)
    THEN s.left_sum - s.right_sum ELSE 0 END AS rounding,
  CASE WHEN s.left_sum - s.right_sum <= {tolerance} AND s.right_sum - s.left_sum <= {tolerance} THEN 0
    WHEN s.has_fee = 0 AND s.has_expected_fee = 1 AND s.left_sum - s.right_sum = s.expected_fee THEN 0
    ELSE s.left_sum - s.right_sum END AS difference,
  CASE WHEN s.has_fee = 1 AND s.has_expected_fee = 1
    AND (s.fee - s.expected_fee > {fee_tolerance} OR s.expected_fee - s.fee > {fee_tolerance})
    THEN s.fee - s.expected_fee ELSE 0 END AS fee_difference,
  CASE WHEN s.controls = 1 AND s.stated <> s.member_sum THEN s.stated - s.member_sum ELSE 0 END AS stated_difference
FROM summed s JOIN proposal p ON p.g = s.g
"""
_DOUBTED = """
SELECT n, reason FROM doubted_{number}
UNION ALL SELECT d.n, d.reason FROM doubt d
UNION ALL SELECT c.n, 'two_groups' AS reason FROM clash c
"""
