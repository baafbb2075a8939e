"""Takes the result off the engine: numbers become item ids again, groups get their names, differences become breaks.

A group is named by its members (a digest of their sorted ids), a break by its subject; both are the same in any run
that finds them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick import money
from tallystick.reconciliation.arrive import Arrived, by_distinct
from tallystick.reconciliation.chance import Chance
from tallystick.reconciliation.engines import Engine
from tallystick.reconciliation.items import NOT_OPENED
from tallystick.reconciliation.model import Break, BreakClass, BridgeLine, Side, break_id_of, day_of, digest
from tallystick.reconciliation.spec import Spec
from tallystick.reconciliation.sweep import Swept


def links_and_groups(
    engine: Engine, arrived: Arrived, swept: Swept, chance: dict[tuple[int, int], Chance], scopes: dict[str, int]
) -> tuple[pa.Table, pa.Table]:
    """`links` (group_id, item_id, side, allocated_minor, n, g) and `groups`, both in the order of group numbers."""
    links = engine.table(_LINKS)
    ids = arrived.rows["item_id"].take(links["n"])
    names = _group_ids(ids.to_pylist(), links["g"].to_pylist())
    groups = engine.table(_GROUPS)
    starts = pc.index_in(groups["g"], value_set=links["g"].combine_chunks())
    group_of_link = by_distinct(
        links["g"], dict(zip(groups["g"].to_pylist(), names, strict=True)).__getitem__, pa.string()
    )
    named_links = pa.table(
        {
            "group_id": group_of_link,
            "item_id": ids,
            "side": links["side"],
            "allocated_minor": links["amount"],
            "n": links["n"],
            "g": links["g"],
        }
    )
    assert starts.null_count == 0, "every group has members"
    return named_links, _named_groups(groups, names, arrived, swept, chance, scopes)


def _group_ids(ids: Sequence[str], numbers: Sequence[int]) -> list[str]:
    cuts = [at for at, number in enumerate(numbers) if at == 0 or numbers[at - 1] != number] + [len(numbers)]
    return ["mg_" + digest("\n".join(ids[start:end])) for start, end in pairwise(cuts)]


def _named_groups(
    groups: pa.Table,
    names: list[str],
    arrived: Arrived,
    swept: Swept,
    chance: dict[tuple[int, int], Chance],
    scopes: dict[str, int],
) -> pa.Table:
    kind_names = {number: name for name, number in arrived.kinds.items()}
    scope_names = {number: name.replace("\x1f", " ") for name, number in scopes.items()}
    rules = [one.rule for one in swept.passes]

    def expected(side: int, column: str) -> Any:
        """lambda as exact text, empty where the rule does not rest on it."""
        coded = pc.binary_join_element_wise(
            pc.cast(groups["kind"], pa.string()), pc.cast(groups[column], pa.string()), " "
        )

        def text(code: str) -> str:
            kind, candidates = (int(part) for part in code.split(" "))
            return str(chance[(kind, side)].expected(candidates)) if candidates else ""

        return by_distinct(coded, text, pa.string())

    kept = [name for name in groups.column_names if name not in ("pass", "kind", "scope", "g", "left_n")]
    return pa.table(
        {
            "group_id": pa.array(names, pa.string()),
            "rule": by_distinct(groups["pass"], rules.__getitem__, pa.string()),
            "tier": groups["pass"],
            "scope": by_distinct(groups["scope"], scope_names.__getitem__, pa.string()),
            "key_kind": by_distinct(groups["kind"], kind_names.__getitem__, pa.string()),
            "key_token": groups["token"],
            **{name: groups[name] for name in kept if name != "token"},
            "chance_right": expected(1, "right_candidates"),
            "chance_left": expected(0, "left_candidates"),
            "g": groups["g"],
            "left_n": groups["left_n"],
        }
    )


def endings(engine: Engine, arrived: Arrived) -> pa.Table:
    """Every new and carried item with the state it ended in: (item_id, side, ..., state, class, reason, n)."""
    table = engine.table("SELECT n, state, class, reason FROM ending ORDER BY n")
    rows = arrived.rows.take(table["n"])
    for name in ("state", "class", "reason", "n"):
        rows = rows.append_column(name, table[name])
    return rows


def superseded(engine: Engine, arrived: Arrived) -> pa.Table:
    """(item_id, by_item_id, reason, n) of every row that said again what another says."""
    table = engine.table("SELECT n, by_n, reason FROM set_aside ORDER BY n, by_n, reason")
    ids = arrived.rows["item_id"]
    return pa.table(
        {
            "item_id": ids.take(table["n"]),
            "by_item_id": ids.take(table["by_n"]),
            "reason": table["reason"],
            "n": table["n"],
        }
    )


def breaks(
    spec: Spec, as_of: int, arrived: Arrived, ended: pa.Table, aside: pa.Table, groups: pa.Table, links: pa.Table
) -> tuple[Break, ...]:
    """All of them, ordered by id."""
    maker = _Maker(spec, as_of, arrived, links)
    found = [maker.presence(row) for row in ended.filter(pc.not_equal(ended["class"], "")).to_pylist()]
    copies = aside.filter(pc.equal(aside["reason"], "copy"))
    found += [
        maker.copy(n, by) for n, by in zip(copies["n"].to_pylist(), copies["by_item_id"].to_pylist(), strict=True)
    ]
    unequal = [pc.not_equal(groups[name], 0) for name in ("difference", "fee_difference", "stated_difference")]
    for group in groups.filter(pc.or_(pc.or_(unequal[0], unequal[1]), unequal[2])).to_pylist():
        found += maker.of_group(group)
    return tuple(sorted(found, key=lambda one: one.break_id))


class _Maker:
    """Fills in what every break carries."""

    def __init__(self, spec: Spec, as_of: int, arrived: Arrived, links: pa.Table) -> None:
        self._spec, self._as_of, self._rows, self._links = spec, as_of, arrived.rows, links

    def presence(self, row: dict[str, Any]) -> Break:
        """An item that stands alone, or a difference still open from before."""
        break_class = BreakClass(row["class"])
        facet = "amount" if row["role"] == 2 else "restated" if break_class is BreakClass.RESTATED else "presence"
        return self._make(row, break_class, row["item_id"], facet, row["amount"], row["reason"], (row["item_id"],))

    def copy(self, n: int, by: str) -> Break:
        """A row said twice in one delivery. Its id tells the copy apart from the row it repeats."""
        row = self._row(n)
        return self._make(
            row, BreakClass.DUPLICATE, f"{row['item_id']}@{by}", "copy", row["amount"], "copy", (row["item_id"],)
        )

    def of_group(self, group: dict[str, Any]) -> list[Break]:
        """A match whose two sides do not say the same."""
        members = self._links.filter(pc.equal(self._links["g"], group["g"]))
        ids = tuple(members["item_id"].to_pylist())
        facets = (
            ("amount", BreakClass.AMOUNT, group["difference"], 0),
            ("stated", BreakClass.AMOUNT, group["stated_difference"], 0),
            ("fee", BreakClass.FEE, group["fee_difference"], 1),
        )
        found = []
        for facet, break_class, amount, side in facets:
            if amount:
                theirs = members.filter(pc.equal(members["side"], 1))["n"]
                row = self._row(theirs[0].as_py() if side else group["left_n"])
                said = _said(group, facet, row["currency"])
                found.append(self._make(row, break_class, group["group_id"], facet, amount, said, ids))
        return found

    def _row(self, n: int) -> dict[str, Any]:
        row: dict[str, Any] = self._rows.slice(n, 1).to_pylist()[0]
        return row

    def _make(
        self, row: dict[str, Any], break_class: BreakClass, subject: str, facet: str, amount: int, reason: str,
        item_ids: tuple[str, ...],
    ) -> Break:  # fmt: skip
        side = Side(row["side"])
        owner, due_days = self._spec.owner_of(break_class, side, amount)
        opened = self._as_of if row["opened_on"] == NOT_OPENED else row["opened_on"]
        return Break(
            break_id=break_id_of(self._spec.name, f"{side.name} {subject}", facet),
            break_class=break_class,
            subject=subject,
            facet=facet,
            side=side,
            source=row["source"],
            account=row["account"],
            currency=row["currency"],
            amount_minor=amount,
            day=day_of(row["day"]),
            opened_on=day_of(opened),
            due_on=day_of(opened + due_days),
            age_days=self._as_of - row["day"],
            owner=owner,
            reason=reason,
            label=row["label"],
            item_ids=item_ids,
        )


def _said(group: dict[str, Any], facet: str, currency: str) -> str:
    """For people, so in major units; the whole numbers stand in the group."""
    names = ("fee", "expected_fee", "left_sum", "right_sum", "stated")
    fee, expected, left, right, stated = (str(money.Money(group[name], currency)) for name in names)
    if facet == "fee":
        return f"fee {fee} where {expected} was expected"
    return f"left {left}, right {right}" + (f", batch states {stated}" if group["controls"] else "")


def bridge(engine: Engine, arrived: Arrived) -> tuple[BridgeLine, ...]:
    """One line per side, source, account and currency."""
    lines = []
    for _, n, *amounts in engine.rows(_BRIDGE):
        row = arrived.rows.slice(n, 1).to_pylist()[0]
        names = ("opening", "incoming", "matched", "superseded", "difference", "adjusted", "closing")
        lines.append(
            BridgeLine(
                side=Side(row["side"]),
                source=row["source"],
                account=row["account"],
                currency=row["currency"],
                **{f"{name}_minor": int(amount) for name, amount in zip(names, amounts, strict=True)},
            )
        )
    return tuple(lines)


_LINKS = """
SELECT l.g, l.n, i.side, i.amount FROM link l JOIN item i ON i.n = l.n ORDER BY l.g, l.n
"""
_GROUPS = """
SELECT g, pass, scope, low_dir AS direction, CAST(left_count AS BIGINT) AS left_count,
  CAST(right_count AS BIGINT) AS right_count, CAST(left_sum AS BIGINT) AS left_sum,
  CAST(right_sum AS BIGINT) AS right_sum, CAST(fee AS BIGINT) AS fee, has_fee,
  CAST(expected_fee AS BIGINT) AS expected_fee, has_expected_fee, CAST(controls AS BIGINT) AS controls,
  CAST(stated AS BIGINT) AS stated, CAST(fee_adjustment AS BIGINT) AS fee_adjustment,
  CAST(rounding AS BIGINT) AS rounding, CAST(difference AS BIGINT) AS difference,
  CAST(fee_difference AS BIGINT) AS fee_difference,
  CAST(stated_difference AS BIGINT) AS stated_difference, kind, token, CAST(left_seen AS BIGINT) AS left_seen,
  CAST(right_seen AS BIGINT) AS right_seen, CAST(left_candidates AS BIGINT) AS left_candidates,
  CAST(right_candidates AS BIGINT) AS right_candidates, first_day, last_day, left_n
FROM grouped ORDER BY g
"""
_BRIDGE = """
SELECT m.book, m.n, SUM(opening), SUM(incoming), SUM(matched), SUM(superseded), SUM(difference), SUM(adjusted),
  SUM(closing)
FROM (
  SELECT i.book,
    CAST(CASE WHEN i.standing = 1 THEN i.amount ELSE 0 END AS DECIMAL(38, 0)) AS opening,
    CAST(CASE WHEN i.standing = 0 THEN i.amount ELSE 0 END AS DECIMAL(38, 0)) AS incoming,
    CAST(CASE WHEN l.n IS NOT NULL THEN i.amount ELSE 0 END AS DECIMAL(38, 0)) AS matched,
    CAST(CASE WHEN e.state = 'superseded' AND i.settled = 0 THEN i.amount ELSE 0 END AS DECIMAL(38, 0)) AS superseded,
    CAST(0 AS DECIMAL(38, 0)) AS difference,
    CAST(CASE WHEN i.settled = 1 THEN 0 - i.amount ELSE 0 END AS DECIMAL(38, 0)) AS adjusted,
    CAST(0 AS DECIMAL(38, 0)) AS closing
  FROM item i JOIN ending e ON e.n = i.n LEFT JOIN link l ON l.n = i.n
  UNION ALL
  SELECT i.book, 0, 0, 0, 0, 0, 0, i.amount FROM open_item o JOIN item i ON i.n = o.n
  UNION ALL
  SELECT i.book, 0, 0, 0, 0, k.difference, 0, k.difference
  FROM grouped k JOIN item i ON i.n = k.left_n WHERE k.difference <> 0
) AS moved JOIN (SELECT book, MIN(n) AS n FROM item GROUP BY book) AS m ON m.book = moved.book
GROUP BY m.book, m.n ORDER BY m.book, m.n
"""
