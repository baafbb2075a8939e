"""The proof of a closed day: a JSON document, its text for paper, and checking it again against the database.

The document is canonical (sorted keys, no spaces), so its SHA-256 names it; each names the one before, which makes a
chain. `verify` takes every number from the books again and says what no longer agrees: nothing, ever (law 10).
"""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import Any

import msgspec

from tallystick import db, money, reconciliation
from tallystick.base import Refused
from tallystick.close import store
from tallystick.close.facts import books_of
from tallystick.close.model import Closed, Facts

VERSION = 1


def document(facts: Facts, *, closed_by: str, closed_at: str, previous_digest: str) -> bytes:
    """The proof in its canonical form."""
    inputs = sorted({entry for run in facts.runs for entry in run.inputs})
    return msgspec.json.encode(
        {
            "version": VERSION,
            "day": facts.day.isoformat(),
            "livemode": facts.livemode,
            "closed_by": closed_by,
            "closed_at": closed_at,
            "previous_digest": previous_digest,
            "lines": [asdict(line) for line in facts.lines],
            "clearing": [{**asdict(one), "residual_minor": one.residual_minor} for one in facts.clearing],
            "runs": [
                {"id": run.id, "name": run.name, "verdict": run.verdict, "digest": run.digest} for run in facts.runs
            ],
            "inputs": [{"name": name, "sha256": value} for name, value in inputs],
            "signed_off": [asdict(one) for one in facts.signed_off],
        },
        order="deterministic",
    )


def decoded(closed: Closed) -> dict[str, Any]:
    """The document as data."""
    found: dict[str, Any] = msgspec.json.decode(closed.proof)
    return found


def text(closed: Closed) -> str:
    """The proof for paper."""
    found = decoded(closed)
    rows = [
        f"Close of {found['day']} ({'live' if found['livemode'] else 'test'} mode)",
        f"closed by {found['closed_by']} at {found['closed_at']}",
    ]
    rows += ["", f"{'account':<58}{'opening':>16}{'debits':>16}{'credits':>16}{'closing':>16}"]
    for line in found["lines"]:
        places = money.exponent(line["currency"])
        columns = ("opening_minor", "debits_minor", "credits_minor", "closing_minor")
        amounts = "".join(f"{money.minor_to_text(line[name], places):>16}" for name in columns)
        rows.append(f"{line['account']:<58}{amounts}")
    rows += ["", "clearing accounts", *(_clearing(one) for one in found["clearing"])]
    rows += ["", f"signed off: {len(found['signed_off'])}", *(_signed(one) for one in found["signed_off"])]
    rows += ["", *(f"run    {run['name']:<40}{run['verdict']:<26}{run['digest']}" for run in found["runs"])]
    rows += [f"input  {entry['name']:<66}{entry['sha256']}" for entry in found["inputs"]]
    return "\n".join([*rows, "", f"before {closed.previous_digest or 'none'}", f"digest {closed.digest}", ""])


def _clearing(one: dict[str, Any]) -> str:
    places = money.exponent(one["currency"])
    names = ("balance", "open", "difference", "in_flight", "residual")
    shown = {name: money.minor_to_text(one[f"{name}_minor"], places) for name in names}
    return (
        f"  {one['account']:<56} holds {shown['balance']} = open {shown['open']} + differences {shown['difference']}"
        f" + in flight {shown['in_flight']}; residual {shown['residual']}"
    )


def _signed(one: dict[str, Any]) -> str:
    amount = money.minor_to_text(one["amount_minor"], money.exponent(one["currency"]))
    return f"  {one['break_class']} of {amount} {one['currency']} by {one['by']}: {one['reason']}"


async def verify(database: db.Database, closed: Closed) -> list[str]:
    """What the database no longer says as the proof did; empty when it holds."""
    found = decoded(closed)
    wrong = []
    if sha256(closed.proof).hexdigest() != closed.digest:
        wrong.append("the document is not the one that was digested")
    previous = await store.before(database, closed.day, livemode=closed.livemode)
    if (previous["digest"] if previous else "") != found["previous_digest"]:
        wrong.append("the proof before is another one")
    wrong += await _lines(database, closed, found)
    for run in found["runs"]:
        wrong += await _run(database, run, livemode=closed.livemode)
    return wrong


async def _lines(database: db.Database, closed: Closed, found: dict[str, Any]) -> list[str]:
    books = await books_of(database, closed.day, livemode=closed.livemode)
    now = {line.account: asdict(line) for line in books.lines}
    then = {line["account"]: line for line in found["lines"]}
    return [
        f"{path} is no longer what it was"
        for path in sorted(now.keys() | then.keys())
        if now.get(path) != then.get(path)
    ]


async def _run(database: db.Database, run: dict[str, Any], *, livemode: bool) -> list[str]:
    try:
        stored = await reconciliation.run_of(database, run["id"], livemode=livemode)
    except Refused:
        return [f"run {run['id']} is gone"]
    return [] if stored.digest == run["digest"] else [f"run {run['id']} has another digest"]
