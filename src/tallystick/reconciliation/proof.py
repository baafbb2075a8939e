"""The proof of a run: conservation, the bridge, the verdict, the digest; as data, as JSON and as text for a person.

A net difference of zero proves nothing (a break of +1,000 and one of -1,000 net to zero), so no verdict looks at nets:
it looks at items and at residuals.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from tallystick import money
from tallystick.reconciliation.model import Break, BridgeLine, Counts, State, Verdict
from tallystick.reconciliation.result import Run

INTERNAL = ("n", "g", "left_n")
"""Columns that number things inside one run and mean nothing outside it."""


def count(ended: pa.Table, groups: pa.Table, breaks: Sequence[Break]) -> Counts:
    """How many items ended where."""
    states = _tally(ended["state"])
    return Counts(
        items=ended.num_rows,
        matched=states[State.MATCHED],
        pending=states[State.PENDING],
        in_break=states[State.BREAK],
        superseded=states[State.SUPERSEDED],
        groups=groups.num_rows,
        breaks=len(breaks),
        by_class=dict(sorted(Counter(one.break_class.value for one in breaks).items())),
        by_rule=dict(sorted(_tally(groups["rule"]).items())),
    )


def _tally(column: Any) -> Counter[str]:
    return Counter({pair["values"]: pair["counts"] for pair in pc.value_counts(column).to_pylist()})


def verdict(counts: Counts, lines: Sequence[BridgeLine], ended: pa.Table, links: pa.Table) -> Verdict:
    """Incomplete unless every item is accounted for exactly once and every residual is zero."""
    if unaccounted(counts, ended, links) or any(line.residual_minor for line in lines):
        return Verdict.INCOMPLETE
    if counts.breaks:
        return Verdict.BREAKS
    return Verdict.RECONCILED_WITH_PENDING if counts.pending else Verdict.RECONCILED


def unaccounted(counts: Counts, ended: pa.Table, links: pa.Table) -> list[str]:
    """What breaks law 7 (every item in exactly one place); empty when it holds."""
    found = []
    if counts.matched + counts.pending + counts.in_break + counts.superseded != counts.items:
        found.append("the four states do not add up to all items")
    if not pc.all(pc.greater(pc.pairwise_diff(ended["n"].combine_chunks()), 0), min_count=0).as_py():
        found.append("an item is listed twice")
    if pc.count_distinct(links["n"]).as_py() != links.num_rows:
        found.append("an item is in two groups")
    matched = ended.filter(pc.equal(ended["state"], State.MATCHED.value))["n"]
    if not pc.all(pc.is_in(matched, value_set=links["n"].combine_chunks()), min_count=0).as_py():
        found.append("a matched item has no group")
    return found


def digest_of(
    facts: Mapping[str, Any],
    breaks: Sequence[Break],
    lines: Sequence[BridgeLine],
    result: Verdict,
    warnings: Sequence[str],
    inputs: Sequence[tuple[str, str]],
) -> str:
    """SHA-256 over spec, day, inputs, items, groups, links, breaks, bridge, verdict in their canonical form."""
    total = sha256()
    for name in ("items", "groups", "links", "superseded"):
        table = outside(facts[name])
        total.update(f"{name} {table.num_rows}\n".encode())
        total.update(csv_bytes(table))
    rest = [facts["spec"].digest(), facts["as_of"].isoformat(), breaks, lines, result, warnings, inputs]
    total.update(msgspec.json.encode(rest, order="deterministic"))
    return total.hexdigest()


def outside(table: pa.Table) -> pa.Table:
    """The table without a run's inner numbers."""
    return table.drop_columns([name for name in INTERNAL if name in table.column_names])


def csv_bytes(table: pa.Table) -> bytes:
    """Canonical CSV: a header, rows in the table's order, line feeds."""
    sink = io.BytesIO()
    arrow_csv.write_csv(table, sink)
    return sink.getvalue()


def record(run: Run) -> dict[str, Any]:
    """The run as JSON-ready data: everything a reader needs to check it, nothing that changes between machines."""
    return {
        "reconciliation": run.spec.name,
        "as_of": run.as_of.isoformat(),
        "verdict": run.verdict.value,
        "digest": run.digest,
        "spec_digest": run.spec.digest(),
        "inputs": [{"name": name, "sha256": value} for name, value in run.inputs],
        "counts": asdict(run.counts),
        "warnings": list(run.warnings),
        "bridge": [line_record(line) for line in run.bridge],
    }


def line_record(line: BridgeLine) -> dict[str, Any]:
    """One bridge line with its residual."""
    return {**asdict(line), "side": line.side.name.lower(), "residual_minor": line.residual_minor}


_ROWS = (
    ("opening open items", "opening_minor"),
    ("+ came in", "incoming_minor"),
    ("- matched", "matched_minor"),
    ("- said again", "superseded_minor"),
    ("+ differences left open", "difference_minor"),
    ("+ settled or taken back", "adjusted_minor"),
    ("= closing open items", "closing_minor"),
    ("residual", "residual_minor"),
)


def text(run: Run) -> str:
    """The proof for a person to read and sign."""
    counts = run.counts
    parts = [
        f"Reconciliation {run.spec.name}, as of {run.as_of.isoformat()}: {run.verdict.value}",
        f"{counts.items} items = {counts.matched} matched + {counts.pending} pending + {counts.in_break} in breaks"
        f" + {counts.superseded} superseded; {counts.groups} matches, {counts.breaks} breaks",
        *(f"  {name}: {number} matches" for name, number in counts.by_rule.items()),
        *(f"  break {name}: {number}" for name, number in counts.by_class.items()),
        *(f"warning: {warning}" for warning in run.warnings),
    ]
    for line in run.bridge:
        parts += ["", *_bridge_text(line)]
    parts += ["", *(f"input {name}  sha256 {value}" for name, value in run.inputs)]
    return "\n".join([*parts, f"spec   {run.spec.digest()}", f"digest {run.digest}", ""])


def _bridge_text(line: BridgeLine) -> list[str]:
    places = money.exponent(line.currency)
    title = f"{line.side.name.lower()} {line.source}, account {line.account or '-'}, {line.currency}"
    rows = [(name, money.minor_to_text(getattr(line, column), places)) for name, column in _ROWS]
    return [title, *(f"  {name:<26}{amount:>22}" for name, amount in rows)]
