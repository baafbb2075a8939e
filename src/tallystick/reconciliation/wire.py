"""Runs, breaks and matches as they leave the building: small currencies, moments in seconds, days as dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.base import epoch_seconds
from tallystick.reconciliation.look import BreakRecord, ItemRecord, MatchRecord, Note, RunRecord


def run(record: RunRecord) -> dict[str, Any]:
    """A `reconciliation_run`."""
    return {
        "id": record.id,
        "object": "reconciliation_run",
        "breaks": record.breaks,
        "bridge": [_bridge(line) for line in record.record["bridge"]],
        "created": epoch_seconds(record.created),
        "day": record.day.isoformat(),
        "digest": record.digest,
        "engine": record.engine,
        "inputs": record.record["inputs"],
        "items": {
            "left": record.left_items,
            "right": record.right_items,
            "matched": record.matched,
            "pending": record.pending,
            "in_break": record.in_break,
            "superseded": record.superseded,
        },
        "livemode": record.livemode,
        "made_by": record.made_by,
        "matches": record.matches,
        "name": record.name,
        "previous": record.previous_id,
        "spec_digest": record.record["spec_digest"],
        "verdict": record.verdict,
        "warnings": record.record["warnings"],
    }


def _bridge(line: dict[str, Any]) -> dict[str, Any]:
    names = ("opening", "incoming", "matched", "superseded", "difference", "adjusted", "closing", "residual")
    amounts = {f"{name}_amount": line[f"{name}_minor"] for name in names}
    return {
        "account": line["account"],
        "currency": line["currency"].lower(),
        "side": line["side"],
        "source": line["source"],
        **amounts,
    }


def break_(record: BreakRecord, *, notes: Sequence[Note] = (), items: Sequence[ItemRecord] = ()) -> dict[str, Any]:
    """A `reconciliation_break`; history and items where one break is shown."""
    return {
        "id": record.id,
        "object": "reconciliation_break",
        "account": record.account,
        "amount": record.amount_minor,
        "break_class": record.break_class,
        "created": epoch_seconds(record.created),
        "currency": record.currency.lower(),
        "day": record.day.isoformat(),
        "description": record.label,
        "due_on": record.due_on.isoformat(),
        "items": [item(one) for one in items],
        "livemode": record.livemode,
        "notes": [_note(one) for one in notes],
        "opened_on": record.opened_on.isoformat(),
        "owner": record.owner or None,
        "payment_intent": record.payment_id or None,
        "reason": record.reason or None,
        "reconciliation": record.name,
        "run": record.run_id,
        "settled": None if record.settled_at is None else _settled(record),
        "side": record.side.name.lower(),
        "source": record.source,
        "status": record.status,
    }


def _settled(record: BreakRecord) -> dict[str, Any]:
    assert record.settled_at is not None, "asked for settled breaks only"
    return {"at": epoch_seconds(record.settled_at), "by": record.settled_by, "reason": record.settled_reason}


def _note(one: Note) -> dict[str, Any]:
    return {"action": one.action, "at": epoch_seconds(one.created), "by": one.made_by, "text": one.note}


def item(one: ItemRecord) -> dict[str, Any]:
    """One side of a match or a break."""
    return {
        "id": one.item_id,
        "object": "reconciliation_item",
        "account": one.account,
        "amount": one.amount_minor,
        "currency": one.currency.lower(),
        "day": one.day.isoformat(),
        "description": one.label,
        "fee": one.fee_minor,
        "kind": one.kind,
        "match": one.group_id,
        "payment_intent": one.payment_id or None,
        "side": one.side.name.lower(),
        "source": one.source,
        "state": one.state,
        "statement_line": one.line_id or None,
    }


def match(record: MatchRecord) -> dict[str, Any]:
    """A `reconciliation_match` with its certificate."""
    return {
        "id": record.id,
        "object": "reconciliation_match",
        "certificate": record.certificate,
        "created": epoch_seconds(record.created),
        "currency": record.currency.lower(),
        "difference_amount": record.difference_minor,
        "fee_difference_amount": record.fee_difference_minor,
        "items": [item(one) for one in record.items],
        "key": {"kind": record.key_kind, "token": record.key_token},
        "left_amount": record.left_minor,
        "reconciliation": record.name,
        "right_amount": record.right_minor,
        "rule": record.rule,
        "run": record.run_id,
    }
