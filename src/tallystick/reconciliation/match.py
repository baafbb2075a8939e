"""`run`: two sides and what is carried in, groups, breaks, open items and the proof out. A pure function.

The order of steps is the order of this file's one spine: number everything, set aside what was said before, run the
tiers, classify the rest, collect, prove.
"""

from __future__ import annotations

from datetime import date

from tallystick.reconciliation import arrive, classify, collect, items, proof
from tallystick.reconciliation.engines import DuckDB, Engine
from tallystick.reconciliation.items import Carried, Items
from tallystick.reconciliation.model import day_number
from tallystick.reconciliation.result import Run
from tallystick.reconciliation.spec import Spec
from tallystick.reconciliation.sweep import sweep

SMALL_ITEMS = 50_000
"""Below this, starting threads costs more than they bring."""


def run(
    spec: Spec, left: Items, right: Items, carried: Carried | None = None, *, as_of: date, engine: Engine | None = None
) -> Run:
    """Reconcile `left` with `right` as of the end of the day `as_of`.

    Same inputs in any order give the same result, byte for byte, on any engine. Nothing is read or written but the
    arguments; an engine that was passed in is left open.
    """
    small = len(left) + len(right) < SMALL_ITEMS
    workspace = engine or DuckDB(threads=1 if small else None)
    try:
        return _run(spec, left, right, carried or items.carried(), as_of, workspace)
    finally:
        if engine is None:
            workspace.close()


def _run(spec: Spec, left: Items, right: Items, carried: Carried, as_of: date, engine: Engine) -> Run:
    arrived = arrive.gather(spec, left, right, carried)
    scopes = arrive.settle_in(engine, spec, arrived)
    chance = arrive.chances(engine, spec, arrived.kinds)
    swept = sweep(engine, spec, arrived.kinds, chance)
    classify.classify(engine, spec, arrived.kinds, day_number(as_of))
    links, groups = collect.links_and_groups(engine, arrived, swept, chance, scopes)
    ended = collect.endings(engine, arrived)
    aside = collect.superseded(engine, arrived)
    found = collect.breaks(spec, day_number(as_of), arrived, ended, aside, groups, links)
    lines = collect.bridge(engine, arrived)
    counts = proof.count(ended, groups, found)
    facts = {"spec": spec, "as_of": as_of, "items": ended, "groups": groups, "links": links, "superseded": aside}
    inputs = tuple(sorted({*left.inputs, *right.inputs}))
    verdict = proof.verdict(counts, lines, ended, links)
    return Run(
        **facts,
        breaks=found,
        bridge=lines,
        counts=counts,
        verdict=verdict,
        warnings=swept.warnings,
        inputs=inputs,
        engine=engine.name,
        digest=proof.digest_of(facts, found, lines, verdict, swept.warnings, inputs),
        known=arrived,
    )
