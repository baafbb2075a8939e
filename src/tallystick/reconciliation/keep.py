"""From the result of a run to the rows that are written, in one unit: items where they stand now, matches with their
certificates, breaks with their history, the run itself, and what the ledger is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tallystick import db, ledger
from tallystick.base import Instant
from tallystick.reconciliation import postings, proof, store, terms
from tallystick.reconciliation.gather import Gathered, Origin, row_id
from tallystick.reconciliation.model import Break, Role, Side, State, day_number
from tallystick.reconciliation.result import Run

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a run is written under."""

    run_id: str
    livemode: bool
    made_by: str
    previous: Row | None
    now: Instant
    movements_until: Instant


def write(
    unit: db.Unit, run: Run, gathered: Gathered, kept: Kept, standing: Mapping[str, Row], opened: Iterable[Row]
) -> None:
    """Everything the run changes. `standing` are stored breaks it found again, `opened` those open before it."""
    items = _Items(run, gathered, kept)
    items.write(unit)
    _groups(unit, run, kept)
    history = _Breaks(run, kept, items, standing)
    history.write(unit, opened)
    unit.insert(store.ADD_RUN, _run_row(run, kept))
    _head(unit, run, gathered, kept)
    if run.spec.name != terms.BANK:
        ledger.post(unit, _fees(run, kept, items), now=kept.now, day=run.as_of)


class _Items:
    """Each item's row as it is after the run."""

    def __init__(self, run: Run, gathered: Gathered, kept: Kept) -> None:
        self._run, self._kept = run, kept
        self._before, self._withdrawn = gathered.rows, gathered.withdrawn
        self._origins = {(one.side, one.item.item_id): one for one in gathered.new}
        self._group = {(link.side, link.item_id): link.group_id for link in run.matches()}
        self._opened = {(one.side, one.subject): day_number(one.opened_on) for one in run.breaks if one.facet != "copy"}
        self.rows: dict[tuple[Side, str], Row] = {}
        for ended in run.items.to_pylist():
            self._end(ended)
        self._merchants()

    def _end(self, ended: Row) -> None:
        key = (Side(ended["side"]), ended["item_id"])
        before = self._before.get(self._id(key))
        superseded = ended["state"] == State.SUPERSEDED and key not in self._group
        if superseded and key in self.rows:
            return
        if ended["reason"] == "restated_after_match":
            return
        group = self._group.get(key)
        changed = {
            "state": "matched" if group else "superseded" if superseded else "open",
            "group_id": group,
            "opened_on": self._opened.get(key),
            "settled": self.took_back(key),
            "run_id": self._kept.run_id,
        }
        base = self._new(key) if ended["standing"] == 0 else before
        assert base is not None, f"{key} was carried, so it is stored"
        version = before["version"] if before else 0
        self.rows[key] = {**base, **changed, "id": self._id(key), "version": version}

    def _id(self, key: tuple[Side, str]) -> str:
        return row_id(self._run.spec.name, key[0], key[1], livemode=self._kept.livemode)

    def took_back(self, key: tuple[Side, str]) -> bool:
        """Whether the item's source no longer tells of it; such a row stays marked, because it may come back."""
        return self._id(key) in self._withdrawn

    def _new(self, key: tuple[Side, str]) -> Row:
        return _item_row(self._origins[key], self._run.spec.name, livemode=self._kept.livemode)

    def _merchants(self) -> None:
        """A settlement line belongs to the merchant of the attempt it was matched with."""
        mine = {row["group_id"]: row for (side, _), row in self.rows.items() if side is Side.LEFT and row["group_id"]}
        for (side, _), row in self.rows.items():
            if side is Side.RIGHT and row["group_id"] in mine and not row["merchant_id"]:
                left = mine[row["group_id"]]
                row |= {"merchant_id": left["merchant_id"], "payment_id": left["payment_id"] or row["payment_id"]}

    def about(self, one: Break) -> Row | None:
        """The row that says which merchant and payment a break is about."""
        found = [self.rows.get((side, item_id)) for item_id in one.item_ids for side in Side]
        known = [row for row in found if row is not None]
        return next((row for row in known if row["merchant_id"]), known[0] if known else None)

    def write(self, unit: db.Unit) -> None:
        """Add what is new, save what was there."""
        for row in self.rows.values():
            if row["id"] in self._before:
                unit.update(store.SAVE_ITEM, row)
            else:
                unit.insert(store.ADD_ITEM, row)
        for one in self._run.breaks:
            if one.facet == "amount" and one.subject in set(self._group.values()):
                unit.insert(store.ADD_ITEM, self._difference(one))

    def _difference(self, one: Break) -> Row:
        """What a match left unexplained is an item of its own until somebody settles it."""
        like = self.about(one)
        assert like is not None, "a difference is about matched items"
        key = (Side.LEFT, one.subject)
        return {
            **like,
            "id": self._id(key),
            "side": int(Side.LEFT),
            "item_id": one.subject,
            "state": "open",
            "role": int(Role.DIFFERENCE),
            "kind": "difference",
            "amount_minor": one.amount_minor,
            "fee_minor": None,
            "batch": "",
            "token": "",
            "natural_key": "",
            "content": "",
            "group_id": None,
            "banked_by": None,
            "opened_on": day_number(one.opened_on),
            "version": 0,
        }


def _item_row(origin: Origin, name: str, *, livemode: bool) -> Row:
    item = origin.item
    return {
        "livemode": livemode,
        "name": name,
        "side": int(origin.side),
        "item_id": item.item_id,
        "role": int(Role.MONEY),
        "source": item.source,
        "account": item.account,
        "currency": item.currency,
        "kind": item.kind,
        "amount_minor": item.amount_minor,
        "fee_minor": item.fee_minor,
        "day": day_number(item.day),
        "batch": item.batch,
        "token": item.references[0][1] if item.references else "",
        "natural_key": item.natural_key,
        "content": item.content(),
        "label": item.label[:500],
        "merchant_id": origin.merchant,
        "payment_id": origin.payment,
        "line_id": origin.line,
        "banked_by": None,
    }


def _groups(unit: db.Unit, run: Run, kept: Kept) -> None:
    for group, certificate in zip(run.groups.to_pylist(), run.certificates(), strict=True):
        unit.insert(
            store.ADD_GROUP,
            {
                "id": group["group_id"],
                "livemode": kept.livemode,
                "name": run.spec.name,
                "run_id": kept.run_id,
                "rule": group["rule"],
                "key_kind": group["key_kind"],
                "key_token": group["key_token"],
                "currency": group["scope"],
                "left_minor": group["left_sum"],
                "right_minor": group["right_sum"],
                "difference_minor": group["difference"],
                "fee_difference_minor": group["fee_difference"],
                "certificate": msgspec.json.encode(certificate).decode(),
                "created": kept.now,
            },
        )


class _Breaks:
    """New breaks, breaks found again, and breaks that are gone because their counterpart came."""

    def __init__(self, run: Run, kept: Kept, items: _Items, standing: Mapping[str, Row]) -> None:
        self._run, self._kept, self._items, self._standing = run, kept, items, standing

    def write(self, unit: db.Unit, opened: Iterable[Row]) -> None:
        """All of them, with a note for each turn of their history."""
        found = {one.break_id for one in self._run.breaks}
        for one in self._run.breaks:
            before = self._standing.get(one.break_id)
            if before is None:
                self._open(unit, one)
            else:
                self._again(unit, one, before)
        for row in opened:
            if row["id"] not in found and row["facet"] in ("presence", "amount"):
                self._clear(unit, row)

    def _open(self, unit: db.Unit, one: Break) -> None:
        about = self._items.about(one) or {"merchant_id": "", "payment_id": ""}
        nobody = {"settled_by": "", "settled_reason": "", "settled_at": None}
        unit.insert(
            store.ADD_BREAK,
            {
                "id": one.break_id,
                "livemode": self._kept.livemode,
                "name": self._run.spec.name,
                "facet": one.facet,
                "subject": one.subject,
                "side": int(one.side),
                "source": one.source,
                "account": one.account,
                "currency": one.currency,
                "day": day_number(one.day),
                "opened_on": day_number(one.opened_on),
                "owner": one.owner,
                "label": one.label[:500],
                "merchant_id": about["merchant_id"],
                "payment_id": about["payment_id"],
                "created": self._kept.now,
                "version": 0,
                **self._found(one, "open"),
                **nobody,
            },
        )
        self._note(unit, one.break_id, "opened", one.break_class.value)

    def _found(self, one: Break, status: str) -> Row:
        return {
            "break_class": one.break_class.value,
            "amount_minor": one.amount_minor,
            "due_on": day_number(one.due_on),
            "reason": one.reason[:500],
            "item_ids": msgspec.json.encode(one.item_ids).decode(),
            "run_id": self._kept.run_id,
            "run_day": day_number(self._run.as_of),
            "status": status,
        }

    def _again(self, unit: db.Unit, one: Break, before: Row) -> None:
        back = before["status"] == "cleared"
        found = self._found(one, "open" if back else before["status"])
        unit.update(store.SAVE_BREAK, {"id": one.break_id, "version": before["version"], **found})
        if back:
            self._note(unit, one.break_id, "reopened", one.break_class.value)
        elif before["break_class"] != one.break_class.value:
            self._note(unit, one.break_id, "reclassified", f"{before['break_class']} is now {one.break_class.value}")

    def _clear(self, unit: db.Unit, row: Row) -> None:
        reason = "The counterpart came." if row["facet"] == "presence" else "Nothing is left of it."
        if self._items.took_back((Side(row["side"]), row["subject"])):
            reason = "Its statement was issued again without it."
        settled = {"settled_by": self._kept.made_by, "settled_reason": reason, "settled_at": self._kept.now}
        unit.update(store.SETTLE_BREAK, {"id": row["id"], "version": row["version"], "status": "cleared", **settled})
        self._note(unit, row["id"], "cleared", reason)

    def _note(self, unit: db.Unit, break_id: str, action: str, text: str) -> None:
        note(unit, break_id, self._kept.made_by, action, text, now=self._kept.now)


def note(unit: db.Unit, break_id: str, made_by: str, action: str, text: str, *, now: Instant) -> None:
    """One more line of a break's history."""
    unit.insert(
        store.ADD_NOTE,
        {
            "id": unit.new_id("bkn"),
            "break_id": break_id,
            "created": now,
            "made_by": made_by[:200],
            "action": action,
            "note": text[:2000],
        },
    )


def _run_row(run: Run, kept: Kept) -> Row:
    sides = run.items["side"].to_pylist()
    counts = run.counts
    return {
        "id": kept.run_id,
        "livemode": kept.livemode,
        "name": run.spec.name,
        "day": day_number(run.as_of),
        "created": kept.now,
        "made_by": kept.made_by[:200],
        "verdict": run.verdict.value,
        "left_items": sides.count(0),
        "right_items": sides.count(1),
        "matched": counts.matched,
        "pending": counts.pending,
        "in_break": counts.in_break,
        "superseded": counts.superseded,
        "matches": counts.groups,
        "breaks": counts.breaks,
        "engine": run.engine,
        "digest": run.digest,
        "previous_id": kept.previous["run_id"] if kept.previous else None,
        "record": msgspec.json.encode(proof.record(run), order="deterministic").decode(),
    }


def _head(unit: db.Unit, run: Run, gathered: Gathered, kept: Kept) -> None:
    row = {
        "id": terms.head_id(run.spec.name, livemode=kept.livemode),
        "run_id": kept.run_id,
        "day": day_number(run.as_of),
        "files_seq": gathered.files_seq,
        "movements_until": kept.movements_until,
    }
    if kept.previous is None:
        unit.insert(store.ADD_HEAD, {**row, "version": 0})
    else:
        unit.update(store.MOVE_HEAD, {**row, "version": kept.previous["version"]})


def _fees(run: Run, kept: Kept, items: _Items) -> list[ledger.Transfer]:
    """The fee of every settlement line matched in this run."""
    fresh = {(link.side, link.item_id) for link in run.matches()}
    lines = [row for key, row in items.rows.items() if key[0] is Side.RIGHT and key in fresh]
    return [
        transfer
        for row in sorted(lines, key=lambda row: str(row["id"]))
        for transfer in postings.fee_charged(
            line=row["id"],
            merchant=row["merchant_id"],
            livemode=kept.livemode,
            processor=row["source"],
            currency=row["currency"],
            fee_minor=row["fee_minor"] or 0,
            payment=row["payment_id"],
        )
    ]
