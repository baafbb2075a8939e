"""Looking up runs, matches and breaks; what a clearing account is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from tallystick import db
from tallystick.base import Instant, Refused
from tallystick.reconciliation import store, terms
from tallystick.reconciliation.gather import row_id
from tallystick.reconciliation.model import BreakClass, ReconciliationRefusal, Role, Side, day_number, day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A stored run. `record` is its proof: counts, bridge, inputs, warnings."""

    id: str
    seq: int
    livemode: bool
    name: str
    day: date
    created: Instant
    made_by: str
    verdict: str
    left_items: int
    right_items: int
    matched: int
    pending: int
    in_break: int
    superseded: int
    matches: int
    breaks: int
    engine: str
    digest: str
    previous_id: str | None
    record: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakRecord:
    """A stored break. `status`: open, cleared (by a later run), resolved or signed_off (by a person)."""

    id: str
    seq: int
    livemode: bool
    name: str
    break_class: str
    facet: str
    subject: str
    side: Side
    source: str
    account: str
    currency: str
    amount_minor: int
    day: date
    opened_on: date
    due_on: date
    owner: str
    status: str
    reason: str
    label: str
    item_ids: tuple[str, ...]
    merchant_id: str
    payment_id: str
    run_id: str
    run_day: date
    settled_by: str
    settled_reason: str
    settled_at: Instant | None
    created: Instant
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that was done to a break, or said about it."""

    id: str
    created: Instant
    made_by: str
    action: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemRecord:
    """A stored item: one side of a match or a break."""

    item_id: str
    name: str
    side: Side
    state: str
    source: str
    account: str
    currency: str
    kind: str
    amount_minor: int
    fee_minor: int | None
    day: date
    batch: str
    label: str
    merchant_id: str
    payment_id: str
    line_id: str
    group_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchRecord:
    """A stored match with its certificate and members."""

    id: str
    name: str
    run_id: str
    rule: str
    key_kind: str
    key_token: str
    currency: str
    left_minor: int
    right_minor: int
    difference_minor: int
    fee_difference_minor: int
    certificate: dict[str, Any]
    created: Instant
    items: tuple[ItemRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What one receivable account consists of after the last run, in minor units."""

    merchant: str
    processor: str
    currency: str
    open_minor: int
    """Booked, and on no settlement report yet."""
    difference_minor: int
    """Matched, but not for the same amount."""
    in_flight_minor: int
    """Settled net, and not at the bank yet."""

    @property
    def total_minor(self) -> int:
        """What the account must hold."""
        return self.open_minor + self.difference_minor + self.in_flight_minor


def run_record(row: store.Row) -> RunRecord:
    """From its row."""
    return RunRecord(**(row | {"day": day_of(row["day"]), "record": msgspec.json.decode(row["record"])}))


def break_record(row: store.Row) -> BreakRecord:
    """From its row."""
    days = {name: day_of(row[name]) for name in ("day", "opened_on", "due_on", "run_day")}
    ids = tuple(msgspec.json.decode(row["item_ids"]))
    return BreakRecord(**(row | days | {"side": Side(row["side"]), "item_ids": ids}))


def _item_record(row: store.Row) -> ItemRecord:
    names = ItemRecord.__dataclass_fields__
    return ItemRecord(**({name: row[name] for name in names} | {"side": Side(row["side"]), "day": day_of(row["day"])}))


async def run(database: db.Database, run_id: str, *, livemode: bool) -> RunRecord:
    """One run. Raises Refused(RUN_MISSING)."""
    row = await store.run(database, run_id)
    if row is None or row["livemode"] != livemode:
        message = f"No such reconciliation run: '{run_id[:100]}'. Look its id up in the list."
        raise Refused(ReconciliationRefusal.RUN_MISSING, message, param="id")
    return run_record(row)


async def runs(
    database: db.Database,
    *,
    livemode: bool,
    limit: int = 100,
    business_day: date | None = None,
    cursor: RunRecord | None = None,
    backwards: bool = False,
) -> list[RunRecord]:
    """Runs newest first, from after the cursor on; backwards, the nearest newer ones, oldest first."""
    rows = await store.runs(
        database,
        livemode=livemode,
        limit=limit,
        day=None if business_day is None else day_number(business_day),
        cursor=None if cursor is None else cursor.seq,
        backwards=backwards,
    )
    return [run_record(row) for row in rows]


async def latest(database: db.Database, name: str, *, livemode: bool) -> RunRecord | None:
    """The last run of one reconciliation."""
    head = await store.head(database, terms.head_id(name, livemode=livemode))
    return None if head is None else await run(database, head["run_id"], livemode=livemode)


async def rules_of(database: db.Database, run_id: str) -> dict[str, int]:
    """How many matches each rule of a run made."""
    return {row["rule"]: int(row["matches"]) for row in await store.groups_of(database, run_id)}


async def break_(database: db.Database, break_id: str, *, livemode: bool) -> BreakRecord:
    """One break. Raises Refused(BREAK_MISSING)."""
    row = await store.break_(database, break_id)
    if row is None or row["livemode"] != livemode:
        message = f"No such break: '{break_id[:100]}'. Look its id up in the list."
        raise Refused(ReconciliationRefusal.BREAK_MISSING, message, param="id")
    return break_record(row)


async def breaks(
    database: db.Database,
    *,
    livemode: bool,
    limit: int = 100,
    statuses: Sequence[str] = (),
    break_class: str | None = None,
    owner: str | None = None,
    run_id: str | None = None,
    opened_until: date | None = None,
    cursor: BreakRecord | None = None,
    backwards: bool = False,
) -> list[BreakRecord]:
    """Breaks newest first, from after the cursor on; backwards, the nearest newer ones, oldest first."""
    rows = await store.breaks(
        database,
        livemode=livemode,
        limit=limit,
        statuses=statuses,
        break_class=break_class,
        owner=owner,
        run_id=run_id,
        until_day=None if opened_until is None else day_number(opened_until),
        cursor=None if cursor is None else cursor.seq,
        backwards=backwards,
    )
    return [break_record(row) for row in rows]


async def notes(database: db.Database, break_id: str) -> list[Note]:
    """A break's history, oldest first."""
    rows = await store.notes_of(database, break_id)
    return [Note(**{name: row[name] for name in Note.__dataclass_fields__}) for row in rows]


async def items_of_break(database: db.Database, one: BreakRecord) -> list[ItemRecord]:
    """The items a break is about, left first."""
    ids = [row_id(one.name, side, item_id, livemode=one.livemode) for item_id in one.item_ids for side in Side]
    rows = await store.items_by_id(database, ids)
    return sorted((_item_record(row) for row in rows.values()), key=lambda item: (item.side, item.item_id))


async def told_before(database: db.Database, one: BreakRecord) -> list[ItemRecord]:
    """What a duplicate says again: first the item that told it, then what that one was matched with.

    Empty for a break of another class, and where the first telling is not to be found.
    """
    if one.break_class != BreakClass.DUPLICATE:
        return []
    first = await (_copied if one.facet == "copy" else _taking)(database, one)
    if first is None:
        return []
    members = await store.members(database, first["group_id"]) if first["group_id"] else []
    return [_item_record(row) for row in (first, *(row for row in members if row["side"] != first["side"]))]


async def _copied(database: db.Database, one: BreakRecord) -> store.Row | None:
    """The row whose id stands behind the copy's own in the break's subject."""
    key = row_id(one.name, one.side, one.subject.removeprefix(f"{one.item_ids[0]}@"), livemode=one.livemode)
    return (await store.items_by_id(database, [key])).get(key)


async def _taking(database: db.Database, one: BreakRecord) -> store.Row | None:
    """The matched item that has the same token and amount."""
    key = row_id(one.name, one.side, one.subject, livemode=one.livemode)
    row = (await store.items_by_id(database, [key])).get(key)
    if row is None or not row["token"]:
        return None
    same = ("side", "account", "currency", "amount_minor")
    found = await store.matched_with(database, one.name, [row["token"]], livemode=one.livemode)
    others = [other for other in found if other["id"] != key and all(other[name] == row[name] for name in same)]
    return min(others, key=lambda other: (other["day"], other["id"]), default=None)


async def match(database: db.Database, group_id: str, *, livemode: bool) -> MatchRecord:
    """One match with its members. Raises Refused(MATCH_MISSING)."""
    row = await store.group(database, group_id)
    if row is None or row["livemode"] != livemode:
        message = f"No such match: '{group_id[:100]}'. Items name the match they are in."
        raise Refused(ReconciliationRefusal.MATCH_MISSING, message, param="id")
    members = tuple(_item_record(member) for member in await store.members(database, group_id))
    names = [name for name in MatchRecord.__dataclass_fields__ if name not in ("certificate", "items")]
    known = {name: row[name] for name in names}
    return MatchRecord(**known, certificate=msgspec.json.decode(row["certificate"]), items=members)


async def of_payment(database: db.Database, payment_id: str) -> list[ItemRecord]:
    """Every item about a payment: what we booked, what the processor reported, and where each stands."""
    return [_item_record(row) for row in await store.of_payment(database, payment_id)]


async def explained(database: db.Database, *, livemode: bool, processors: Sequence[str]) -> list[Explained]:
    """What every receivable account must hold, from the items themselves."""
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for processor in processors:
        for row in await store.open_items(database, terms.books_name(processor), livemode=livemode):
            if row["side"] == Side.LEFT and not row["settled"]:
                column = 1 if row["role"] == Role.DIFFERENCE else 0
                sums[row["merchant_id"], processor, row["currency"]][column] += row["amount_minor"]
    for row in await store.not_banked(database, livemode=livemode):
        net = row["amount_minor"] - (row["fee_minor"] or 0)
        sums[row["merchant_id"], row["source"], row["currency"]][2] += net
    return [
        Explained(
            merchant=merchant,
            processor=processor,
            currency=currency,
            open_minor=found[0],
            difference_minor=found[1],
            in_flight_minor=found[2],
        )
        for (merchant, processor, currency), found in sorted(sums.items())
    ]
