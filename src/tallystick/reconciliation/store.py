"""The tables of runs, items, groups, breaks and notes, and every statement on them.

An item has one row for as long as it is known, so it stands in one place only. A run is written in one unit together
with what it changes and posts; `reconciliation_heads` has one guarded row per reconciliation, so that two servers
cannot both continue the same run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import CheckConstraint, Index, Select, Table, bindparam, func, select

from tallystick import db

READ_AT_ONCE = 500
Row = dict[str, Any]

HEADS = Table(
    "reconciliation_heads",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("run_id"),
    db.integer("day"),
    db.big_integer("files_seq"),
    db.instant("movements_until"),
    db.integer("version"),
)
RUNS = Table(
    "reconciliation_runs",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.sequence("seq"),
    db.flag("livemode"),
    db.text("name", 80),
    db.integer("day"),
    db.instant("created"),
    db.text("made_by", 200),
    db.text("verdict", 32),
    db.integer("left_items"),
    db.integer("right_items"),
    db.integer("matched"),
    db.integer("pending"),
    db.integer("in_break"),
    db.integer("superseded"),
    db.integer("matches"),
    db.integer("breaks"),
    db.text("engine", 40),
    db.text("digest", 64),
    db.text_id("previous_id", nullable=True),
    db.long_text("record"),
    Index("ix_reconciliation_runs_day", "livemode", "day"),
    Index("ix_reconciliation_runs_seq", "livemode", "seq"),
)
ITEMS = Table(
    "reconciliation_items",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.flag("livemode"),
    db.text("name", 80),
    db.integer("side"),
    db.text_id("item_id"),
    db.text("state", 12),
    db.integer("role"),
    db.text("source", 80),
    db.text("account", 200),
    db.currency("currency"),
    db.text("kind", 20),
    db.minor("amount_minor"),
    db.minor("fee_minor", nullable=True),
    db.integer("day"),
    db.text("batch", 200),
    db.text("token", 200),
    db.text_id("natural_key"),
    db.text_id("content"),
    db.text("label", 500),
    db.text_id("merchant_id"),
    db.text_id("payment_id"),
    db.text_id("line_id"),
    db.text_id("group_id", nullable=True),
    db.text_id("banked_by", nullable=True),
    db.integer("opened_on", nullable=True),
    db.flag("settled"),
    db.text_id("run_id"),
    db.integer("version"),
    CheckConstraint("state IN ('open', 'matched', 'superseded')", name="state_known"),
    CheckConstraint("(state = 'matched') = (group_id IS NOT NULL)", name="matched_in_a_group"),
    Index("ix_reconciliation_items_state", "name", "livemode", "state"),
    Index("ix_reconciliation_items_token", "name", "livemode", "token"),
    Index("ix_reconciliation_items_group_id", "group_id"),
    Index("ix_reconciliation_items_payment_id", "payment_id"),
    Index("ix_reconciliation_items_batch", "batch"),
)
GROUPS = Table(
    "reconciliation_groups",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.flag("livemode"),
    db.text("name", 80),
    db.text_id("run_id"),
    db.text("rule", 40),
    db.text("key_kind", 40),
    db.text("key_token", 200),
    db.currency("currency"),
    db.minor("left_minor"),
    db.minor("right_minor"),
    db.minor("difference_minor"),
    db.minor("fee_difference_minor"),
    db.long_text("certificate"),
    db.instant("created"),
    Index("ix_reconciliation_groups_run_id", "run_id"),
)
BREAKS = Table(
    "reconciliation_breaks",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.sequence("seq"),
    db.flag("livemode"),
    db.text("name", 80),
    db.text("break_class", 20),
    db.text("facet", 12),
    db.text("subject", 200),
    db.integer("side"),
    db.text("source", 80),
    db.text("account", 200),
    db.currency("currency"),
    db.minor("amount_minor"),
    db.integer("day"),
    db.integer("opened_on"),
    db.integer("due_on"),
    db.text("owner", 200),
    db.text("status", 12),
    db.text("reason", 500),
    db.text("label", 500),
    db.long_text("item_ids"),
    db.text_id("merchant_id"),
    db.text_id("payment_id"),
    db.text_id("run_id"),
    db.integer("run_day"),
    db.text("settled_by", 200),
    db.text("settled_reason", 2000),
    db.instant("settled_at", nullable=True),
    db.instant("created"),
    db.integer("version"),
    CheckConstraint("status IN ('open', 'cleared', 'resolved', 'signed_off')", name="status_known"),
    Index("ix_reconciliation_breaks_status", "livemode", "status", "seq"),
    Index("ix_reconciliation_breaks_name", "name", "livemode", "status"),
)
NOTES = Table(
    "reconciliation_break_notes",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("break_id"),
    db.instant("created"),
    db.text("made_by", 200),
    db.text("action", 20),
    db.text("note", 2000),
    Index("ix_reconciliation_break_notes_break_id", "break_id", "id"),
)

ADD_HEAD = db.Insert(HEADS)
MOVE_HEAD = db.Update(HEADS, key=("id",), guard="version", set=("run_id", "day", "files_seq", "movements_until"))
HOLD_HEAD = db.Update(HEADS, key=("id",), guard="version", set=("run_id",))
ADD_RUN = db.Insert(RUNS, sequenced="seq")
ADD_ITEM = db.Insert(ITEMS)
_ITEM_COLUMNS = tuple(column.name for column in ITEMS.columns if column.name not in ("id", "version"))
SAVE_ITEM = db.Update(ITEMS, key=("id",), guard="version", set=_ITEM_COLUMNS)
BANK_ITEM = db.Update(ITEMS, key=("id",), guard="version", set=("banked_by",))
SETTLE_ITEM = db.Update(ITEMS, key=("id",), guard="version", set=("settled",))
ADD_GROUP = db.Insert(GROUPS)
ADD_BREAK = db.Insert(BREAKS, sequenced="seq")
FOUND_AGAIN = ("break_class", "amount_minor", "due_on", "reason", "item_ids", "run_id", "run_day", "status")
SAVE_BREAK = db.Update(BREAKS, key=("id",), guard="version", set=FOUND_AGAIN)
ASSIGN_BREAK = db.Update(BREAKS, key=("id",), guard="version", set=("owner",))
SETTLE_BREAK = db.Update(
    BREAKS, key=("id",), guard="version", set=("status", "settled_by", "settled_reason", "settled_at")
)
ADD_NOTE = db.Insert(NOTES)

_HEAD = db.Query(select(HEADS).where(HEADS.c.id == bindparam("id")))
_RUN = db.Query(select(RUNS).where(RUNS.c.id == bindparam("id")))
_OPEN_ITEMS = db.Query(
    select(ITEMS)
    .where(ITEMS.c.name == bindparam("name"), ITEMS.c.livemode == bindparam("livemode"), ITEMS.c.state == "open")
    .order_by(ITEMS.c.id)
)
_BREAK = db.Query(select(BREAKS).where(BREAKS.c.id == bindparam("id")))
_GROUP = db.Query(select(GROUPS).where(GROUPS.c.id == bindparam("id")))
_MEMBERS = db.Query(select(ITEMS).where(ITEMS.c.group_id == bindparam("id")).order_by(ITEMS.c.side, ITEMS.c.id))
_OF_PAYMENT = db.Query(select(ITEMS).where(ITEMS.c.payment_id == bindparam("id")).order_by(ITEMS.c.day, ITEMS.c.id))
_NOTES_OF = db.Query(select(NOTES).where(NOTES.c.break_id == bindparam("id")).order_by(NOTES.c.id))
_BREAKS_OF = db.Query(
    select(BREAKS)
    .where(BREAKS.c.name == bindparam("name"), BREAKS.c.livemode == bindparam("livemode"), BREAKS.c.status == "open")
    .order_by(BREAKS.c.id)
)


async def head(database: db.Database, head_id: str) -> Row | None:
    """Where a reconciliation stands."""
    return await database.first(_HEAD, {"id": head_id})


async def run(database: db.Database, run_id: str) -> Row | None:
    """One run."""
    return await database.first(_RUN, {"id": run_id})


async def open_items(database: db.Database, name: str, *, livemode: bool) -> list[Row]:
    """What the last run left open, and what was settled by hand since."""
    return await database.fetch(_OPEN_ITEMS, {"name": name, "livemode": livemode})


async def matched_with(database: db.Database, name: str, tokens: Iterable[str], *, livemode: bool) -> list[Row]:
    """Matched items that carry one of these tokens."""
    query = select(ITEMS).where(ITEMS.c.name == name, ITEMS.c.livemode == livemode, ITEMS.c.state == "matched")
    return await _in(database, query, ITEMS.c.token, tokens)


async def items_by_id(database: db.Database, ids: Iterable[str]) -> dict[str, Row]:
    """Items by their own id."""
    return {row["id"]: row for row in await _in(database, select(ITEMS), ITEMS.c.id, ids)}


async def members(database: db.Database, group_id: str) -> list[Row]:
    """The items of a group, left first."""
    return await database.fetch(_MEMBERS, {"id": group_id})


async def of_payment(database: db.Database, payment_id: str) -> list[Row]:
    """Every item about a payment."""
    return await database.fetch(_OF_PAYMENT, {"id": payment_id})


async def group(database: db.Database, group_id: str) -> Row | None:
    """One match."""
    return await database.first(_GROUP, {"id": group_id})


async def groups_of(database: db.Database, run_id: str) -> list[Row]:
    """How many matches each rule of a run made."""
    query = (
        select(GROUPS.c.rule, func.count().label("matches"))
        .where(GROUPS.c.run_id == run_id)
        .group_by(GROUPS.c.rule)
        .order_by(GROUPS.c.rule)
    )
    return await database.fetch(query)


async def not_banked(database: db.Database, *, livemode: bool) -> list[Row]:
    """Settlement lines that were matched and whose money is not at the bank yet."""
    query = (
        select(ITEMS)
        .where(ITEMS.c.livemode == livemode, ITEMS.c.state == "matched", ITEMS.c.side == 1)
        .where(ITEMS.c.batch != "", ITEMS.c.banked_by.is_(None))
        .order_by(ITEMS.c.id)
    )
    return await database.fetch(query)


async def breaks_of(database: db.Database, name: str, *, livemode: bool) -> list[Row]:
    """The open breaks of a reconciliation."""
    return await database.fetch(_BREAKS_OF, {"name": name, "livemode": livemode})


async def breaks_by_id(database: db.Database, ids: Iterable[str]) -> dict[str, Row]:
    """Breaks by id, in any status."""
    return {row["id"]: row for row in await _in(database, select(BREAKS), BREAKS.c.id, ids)}


async def break_(database: db.Database, break_id: str) -> Row | None:
    """One break."""
    return await database.first(_BREAK, {"id": break_id})


async def notes_of(database: db.Database, break_id: str) -> list[Row]:
    """What was done to a break, oldest first."""
    return await database.fetch(_NOTES_OF, {"id": break_id})


async def runs(
    database: db.Database,
    *,
    livemode: bool,
    limit: int,
    day: int | None = None,
    cursor: int | None = None,
    backwards: bool = False,
) -> list[Row]:
    """Runs newest first; backwards, the nearest newer ones, oldest first."""
    query = select(RUNS).where(RUNS.c.livemode == livemode)
    if day is not None:
        query = query.where(RUNS.c.day == day)
    return await database.fetch(_paged(query, RUNS, limit, cursor, backwards))


async def breaks(
    database: db.Database,
    *,
    livemode: bool,
    limit: int,
    statuses: Sequence[str] = (),
    break_class: str | None = None,
    owner: str | None = None,
    run_id: str | None = None,
    until_day: int | None = None,
    cursor: int | None = None,
    backwards: bool = False,
) -> list[Row]:
    """Breaks newest first; backwards, the nearest newer ones, oldest first."""
    query = select(BREAKS).where(BREAKS.c.livemode == livemode)
    wanted = ((BREAKS.c.break_class, break_class), (BREAKS.c.owner, owner), (BREAKS.c.run_id, run_id))
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    if statuses:
        query = query.where(BREAKS.c.status.in_(list(statuses)))
    if until_day is not None:
        query = query.where(BREAKS.c.opened_on <= until_day)
    return await database.fetch(_paged(query, BREAKS, limit, cursor, backwards))


def _paged(query: Select[Any], table: Table, limit: int, cursor: int | None, backwards: bool) -> Select[Any]:
    if cursor is not None:
        query = query.where(table.c.seq > cursor if backwards else table.c.seq < cursor)
    return query.order_by(table.c.seq.asc() if backwards else table.c.seq.desc()).limit(limit)


async def _in(database: db.Database, query: Select[Any], column: Any, values: Iterable[str]) -> list[Row]:
    """Rows where the column is one of the values, asked for in portions."""
    wanted = sorted(set(values))
    found: list[Row] = []
    for start in range(0, len(wanted), READ_AT_ONCE):
        found += await database.fetch(query.where(column.in_(wanted[start : start + READ_AT_ONCE])).order_by(column))
    return found
