"""Puts both sides on the engine: every item gets a number, every text that is only compared gets one too, and rows that
say again what was said before are set aside (copies and restatements) before anything is matched.

Numbers are ranks in the order of item ids, so they do not depend on the order in which rows arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.reconciliation import items as columns
from tallystick.reconciliation.chance import Chance
from tallystick.reconciliation.engines import Engine
from tallystick.reconciliation.items import Carried, Items
from tallystick.reconciliation.model import Side
from tallystick.reconciliation.rules import CompositeExact
from tallystick.reconciliation.spec import Spec


@dataclass(frozen=True, slots=True)
class Arrived:
    """Everything a run knows, in the order of item numbers. `rows` has ITEM_SCHEMA and `side`."""

    rows: pa.Table
    references: pa.Table
    """(n, kind, token)."""
    kinds: dict[str, int]
    """Numbers of the token kinds the spec declares."""


def by_distinct(values: Any, answer: Callable[[Any], Any], to: pa.DataType) -> Any:
    """`answer` of each value, asked once per distinct value. `values` is an Arrow array without NULLs."""
    coded = (values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values).dictionary_encode()
    answers = pa.array([answer(value) for value in coded.dictionary.to_pylist()], to)
    return answers.take(coded.indices)


def gather(spec: Spec, left: Items, right: Items, carried: Carried) -> Arrived:
    """Both sides with what they inherit, numbered."""
    sides = (
        columns.join(left, carried.left),
        columns.join(right, carried.right),
    )
    both = columns.join(*sides)
    side = pa.concat_arrays([pa.array([number] * len(part), pa.int8()) for number, part in enumerate(sides)])
    rows = both.rows.append_column("side", side).combine_chunks()
    keys = [(name, "ascending") for name in ("item_id", "side", "standing", "content")]
    order = pc.cast(pc.sort_indices(rows, sort_keys=keys), pa.int64())
    place = pc.inverse_permutation(order, output_type=pa.int64())
    kinds = {name: number for number, name in enumerate(sorted(spec.tokens))}
    known = both.references.filter(pc.is_in(both.references["kind"], value_set=pa.array(list(kinds), pa.string())))
    references = known.set_column(0, "n", place.take(known["row"].combine_chunks()))
    return Arrived(rows.take(order), references, kinds)


def settle_in(engine: Engine, spec: Spec, arrived: Arrived) -> dict[str, int]:
    """Create `item`, `reference`, `free`, `set_aside` and `held`. Returns the numbers of the scopes."""
    scope_text = _text(arrived.rows, spec.scope)
    scopes = {text: number for number, text in enumerate(sorted(scope_text.unique().to_pylist()))}
    engine.load("arrived", _engine_rows(spec, arrived, by_distinct(scope_text, scopes.__getitem__, pa.int32())))
    number = by_distinct(arrived.references["kind"], arrived.kinds.__getitem__, pa.int32())
    engine.load("heard", arrived.references.set_column(1, "kind", number))
    engine.create("reference", "SELECT DISTINCT n, kind, token FROM heard")
    _set_aside(engine)
    engine.create("item", _ITEM)
    engine.create("free", _FREE)
    engine.drop("arrived", "heard")
    return scopes


def chances(engine: Engine, spec: Spec, kinds: dict[str, int]) -> dict[tuple[int, int], Chance]:
    """How telling each token kind is on each side; creates `token_count`. Empty where no tier weighs chances."""
    if not any(isinstance(tier, CompositeExact) for tier in spec.tiers):
        return {}
    engine.create("token_count", _TOKEN_COUNT)
    seen = {(kind, side): numbers for kind, side, *numbers in engine.rows(_CHANCE)}
    return {
        (number, side): Chance(tokens, once, twice, doubled // 2, spec.tokens[name].space)
        for name, number in kinds.items()
        for side in (0, 1)
        for tokens, once, twice, doubled in (seen.get((number, side), (0, 0, 0, 0)),)
    }


def _text(rows: pa.Table, names: tuple[str, ...]) -> Any:
    parts = [rows[name].combine_chunks() for name in names]
    return pc.binary_join_element_wise(*parts, "\x1f") if len(parts) > 1 else parts[0]


def _engine_rows(spec: Spec, arrived: Arrived, scope: Any) -> pa.Table:
    rows = arrived.rows
    book_text = pc.binary_join_element_wise(
        pc.cast(rows["side"].combine_chunks(), pa.string()), _text(rows, ("source", "account", "currency")), "\x1f"
    )
    books = {text: number for number, text in enumerate(sorted(book_text.unique().to_pylist()))}
    kept = ("side", "role", "amount", "stated", "fee", "has_fee", "day", "batch", "natural_key", "content")
    named = {name: rows[name] for name in (*kept, "standing", "settled", "opened_on")}
    expected_fee, has_expected_fee = _expected_fees(spec, rows)
    late, missing = _due_days(spec, rows)
    return pa.table(
        {
            "n": pa.array(range(rows.num_rows), pa.int64()),
            **named,
            "dir": pc.cast(pc.sign(rows["amount"]), pa.int8()),
            "scope": scope,
            "book": by_distinct(book_text, books.__getitem__, pa.int32()),
            "expected_fee": expected_fee,
            "has_expected_fee": has_expected_fee,
            "pending_until": late,
            "late_until": missing,
        }
    )


def _expected_fees(spec: Spec, rows: pa.Table) -> tuple[Any, Any]:
    """The schedule's fee where the source itself names none."""
    if not spec.fees:
        return rows["expected_fee"], rows["has_expected_fee"]
    kinds, currencies = rows["kind"].to_pylist(), rows["currency"].to_pylist()
    amounts, given, has = (
        rows["amount"].to_pylist(),
        rows["expected_fee"].to_pylist(),
        rows["has_expected_fee"].to_pylist(),
    )
    asked = [
        own if has_own else spec.expected_fee(kind, currency, amount)
        for kind, currency, amount, own, has_own in zip(kinds, currencies, amounts, given, has, strict=True)
    ]
    return pa.array([fee or 0 for fee in asked], pa.int64()), pa.array([fee is not None for fee in asked]).cast(
        pa.int8()
    )


def _due_days(spec: Spec, rows: pa.Table) -> tuple[Any, Any]:
    """The days at whose end every item is late, and missing, asked once per side and day."""
    coded = pc.add(pc.multiply(pc.cast(rows["day"], pa.int64()), 2), pc.cast(rows["side"], pa.int64()))

    def due_days(code: int) -> tuple[int, int]:
        return spec.source(Side(code % 2)).due_days(code // 2)

    return by_distinct(coded, lambda code: due_days(code)[0], pa.int32()), by_distinct(
        coded, lambda code: due_days(code)[1], pa.int32()
    )


def _set_aside(engine: Engine) -> None:
    """`set_aside` (n, by_n, reason): copies and overtaken versions. `held` (n, reason): not to be matched at all."""
    engine.create("told_again", _TOLD_AGAIN)
    engine.create("telling", _TELLING)
    engine.create("version", _VERSION)
    engine.create("set_aside", _SET_ASIDE)
    engine.create("held", _HELD)
    engine.drop("told_again", "telling", "version")


_TOLD_AGAIN = """
SELECT side, natural_key FROM arrived WHERE natural_key <> '' AND role < 2
GROUP BY side, natural_key HAVING COUNT(*) > 1
"""
_TELLING = """
SELECT a.n, a.side, a.natural_key, a.content, a.standing, ROW_NUMBER() OVER (
  PARTITION BY a.side, a.natural_key, a.content ORDER BY a.standing DESC, a.n) AS place
FROM arrived a JOIN told_again t ON t.side = a.side AND t.natural_key = a.natural_key WHERE a.role < 2
"""
_VERSION = """
SELECT side, natural_key, SUM(CASE WHEN standing = 0 THEN 1 ELSE 0 END) AS fresh,
  MAX(CASE WHEN standing = 0 THEN n ELSE -1 END) AS fresh_n, MAX(standing) AS oldest
FROM telling WHERE place = 1 GROUP BY side, natural_key HAVING COUNT(*) > 1
"""
_SET_ASIDE = """
SELECT c.n, f.n AS by_n, CASE WHEN f.standing = 0 THEN 'copy' ELSE 'told_before' END AS reason
FROM telling c JOIN telling f
  ON f.side = c.side AND f.natural_key = c.natural_key AND f.content = c.content AND f.place = 1
WHERE c.place > 1
UNION ALL
SELECT t.n, v.fresh_n AS by_n, 'restated' AS reason
FROM telling t JOIN version v ON v.side = t.side AND v.natural_key = t.natural_key
WHERE t.place = 1 AND t.standing = 1 AND v.fresh = 1
"""
_HELD = """
SELECT t.n, CASE WHEN v.fresh = 1 THEN 'restated_after_match' ELSE 'key_conflict' END AS reason
FROM telling t JOIN version v ON v.side = t.side AND v.natural_key = t.natural_key
WHERE t.place = 1 AND t.standing = 0 AND (v.fresh > 1 OR v.oldest = 2)
"""
_ITEM = """
SELECT a.n, a.side, a.role, a.amount, a.stated, a.fee, a.has_fee, a.expected_fee, a.has_expected_fee, a.day, a.batch,
  a.standing, a.settled, a.dir, a.scope, a.book, a.pending_until, a.late_until,
  CASE WHEN s.n IS NULL AND a.role < 2 AND a.settled = 0 THEN 1 ELSE 0 END AS alive
FROM arrived a LEFT JOIN set_aside s ON s.n = a.n
"""
_FREE = """
SELECT i.n FROM item i WHERE i.alive = 1 AND i.standing < 2
AND NOT EXISTS (SELECT 1 FROM held h WHERE h.n = i.n)
"""
_TOKEN_COUNT = """
SELECT r.kind, i.side, r.token, COUNT(*) AS uses
FROM reference r JOIN item i ON i.n = r.n WHERE i.alive = 1 AND i.role = 0
GROUP BY r.kind, i.side, r.token
"""
_CHANCE = """
SELECT kind, side, CAST(SUM(uses) AS BIGINT), CAST(SUM(CASE WHEN uses = 1 THEN 1 ELSE 0 END) AS BIGINT),
  CAST(SUM(CASE WHEN uses = 2 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(uses * (uses - 1)) AS BIGINT)
FROM token_count GROUP BY kind, side ORDER BY kind, side
"""
