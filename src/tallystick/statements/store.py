"""The tables of files, statements and lines, and every statement on them.

Laws held by the database: a line's amount is its gross less its fee; one item has one row that says which line tells
of it now, so two files that come in at once cannot both count the same movement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, Select, Table, bindparam, select

from tallystick import db
from tallystick.statements.model import Family
from tallystick.statements.record import FileRecord, LineState, StatementRecord, StoredLine
from tallystick.statements.restate import Present, Telling
from tallystick.statements.rows import Row, epoch_day, file_of, line_of, statement_of, telling_of

READ_AT_ONCE = 500

FILES = Table(
    "statement_files",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.sequence("seq"),
    db.text_id("owner"),
    db.flag("livemode"),
    db.text("format", 40),
    db.text("format_version", 40),
    db.text("name", 255),
    db.text("source", 100),
    db.text("sha256", 64),
    db.big_integer("size"),
    db.integer("statements"),
    db.integer("lines"),
    db.text("proof", 16),
    db.long_text("missing"),
    db.instant("created"),
    Index("ix_statement_files_owner", "owner", "livemode", "seq"),
)
STATEMENTS = Table(
    "statements",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("file_id"),
    db.integer("ordinal"),
    db.text_id("scoped_key"),
    db.text("family", 16),
    db.text("identity", 200),
    db.text("sequence", 450),
    db.text("account", 200),
    db.text("currency", 3),
    db.integer("from_day", nullable=True),
    db.integer("to_day", nullable=True),
    db.minor("opening_minor", nullable=True),
    db.minor("closing_minor", nullable=True),
    db.long_text("balances"),
    db.integer("lines"),
    db.text("proof", 16),
    db.long_text("missing"),
    db.long_text("checks"),
    db.text("reversals", 16),
    db.text_id("superseded_by", nullable=True),
    db.integer("version"),
    Index("ix_statements_file_id", "file_id"),
    Index("ix_statements_scoped_key", "scoped_key"),
)
LINES = Table(
    "statement_lines",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("file_id"),
    db.text_id("statement_id"),
    db.integer("statement"),
    db.integer("ordinal"),
    db.integer("position"),
    db.text("element", 200),
    db.text_id("item_id"),
    db.text_id("owner"),
    db.flag("livemode"),
    db.text("family", 16),
    db.text("account", 200),
    db.currency("currency"),
    db.text_id("natural_key"),
    db.integer("occurrence"),
    db.text_id("digest"),
    db.text("state", 16),
    db.text_id("other_id", nullable=True),
    db.minor("amount_minor"),
    db.minor("gross_minor"),
    db.minor("fee_minor"),
    db.integer("booked_day", nullable=True),
    db.integer("value_day", nullable=True),
    db.integer("day", nullable=True),
    db.instant("occurred", nullable=True),
    db.text("kind", 20),
    db.text("status", 16),
    db.flag("reversal"),
    db.text("code", 200),
    db.long_text("text"),
    db.long_text("additional"),
    db.text("party", 200),
    db.text("party_account", 200),
    db.text("return_reason", 200),
    db.long_text("tokens"),
    db.long_text("details"),
    db.long_text("charges"),
    db.integer("version"),
    CheckConstraint("amount_minor = gross_minor - fee_minor", name="net_is_gross_less_fee"),
    CheckConstraint("state IN ('active', 'duplicate', 'superseded')", name="state_known"),
    Index("ix_statement_lines_file_id", "file_id", "ordinal"),
    Index("ix_statement_lines_statement_id", "statement_id"),
    Index("ix_statement_lines_item_id", "item_id"),
    Index("ix_statement_lines_day", "owner", "livemode", "family", "day"),
)
ITEMS = Table(
    "statement_items",
    db.METADATA,
    db.text_id("id", primary_key=True),
    db.text_id("line_id"),
    db.integer("version"),
)
REFERENCES = Table(
    "statement_references",
    db.METADATA,
    db.text_id("line_id", primary_key=True),
    db.text("kind", 40, primary_key=True),
    db.integer("detail", primary_key=True),
    db.text("token", 200),
    Index("ix_statement_references_token", "token", "kind"),
)

ADD_FILE = db.Insert(FILES, sequenced="seq")
ADD_STATEMENT = db.Insert(STATEMENTS)
ADD_LINE = db.Insert(LINES)
ADD_ITEM = db.Insert(ITEMS)
ADD_REFERENCE = db.Insert(REFERENCES)
MOVE_ITEM = db.Update(ITEMS, key=("id",), guard="version", set=("line_id",))
TURN_LINE = db.Update(LINES, key=("id",), guard="version", set=("state", "other_id"))
RETIRE_STATEMENT = db.Update(STATEMENTS, key=("id",), guard="version", set=("superseded_by",))

_FILE = db.Query(select(FILES).where(FILES.c.id == bindparam("id")))
_STATEMENTS_OF = db.Query(
    select(STATEMENTS).where(STATEMENTS.c.file_id == bindparam("file_id")).order_by(STATEMENTS.c.ordinal)
)


async def file(database: db.Database, file_id: str) -> FileRecord | None:
    """The file with this id."""
    row = await database.first(_FILE, {"id": file_id})
    return None if row is None else file_of(row)


async def files(
    database: db.Database, *, owner: str, livemode: bool, limit: int, cursor: int | None, backwards: bool
) -> list[FileRecord]:
    """Files newest first; backwards, oldest first from the cursor on."""
    query = select(FILES).where(FILES.c.owner == owner, FILES.c.livemode == livemode)
    if cursor is not None:
        query = query.where(FILES.c.seq > cursor if backwards else FILES.c.seq < cursor)
    query = query.order_by(FILES.c.seq.asc() if backwards else FILES.c.seq.desc()).limit(limit)
    return [file_of(row) for row in await database.fetch(query)]


async def statements_of(database: db.Database, file_ids: Sequence[str]) -> list[StatementRecord]:
    """The statements of these files, in order."""
    if len(file_ids) == 1:
        return [statement_of(row) for row in await database.fetch(_STATEMENTS_OF, {"file_id": file_ids[0]})]
    rows = [row async for row in _in(database, select(STATEMENTS), STATEMENTS.c.file_id, file_ids)]
    return [statement_of(row) for row in sorted(rows, key=lambda row: (row["file_id"], row["ordinal"]))]


async def lines_of(
    database: db.Database, file_id: str, *, limit: int, cursor: int | None = None, backwards: bool = False
) -> list[StoredLine]:
    """Lines of a file in its order; backwards, in the opposite order from the cursor on."""
    query = select(LINES).where(LINES.c.file_id == file_id)
    if cursor is not None:
        query = query.where(LINES.c.ordinal < cursor if backwards else LINES.c.ordinal > cursor)
    query = query.order_by(LINES.c.ordinal.desc() if backwards else LINES.c.ordinal.asc()).limit(limit)
    return [line_of(row) for row in await database.fetch(query)]


async def lines_with(
    database: db.Database, token: str, *, kind: str | None, owner: str, livemode: bool, limit: int
) -> list[StoredLine]:
    """Lines that carry this reference themselves or in a detail, oldest file first."""
    found = select(REFERENCES.c.line_id).where(REFERENCES.c.token == token)
    if kind is not None:
        found = found.where(REFERENCES.c.kind == kind)
    query = (
        select(LINES)
        .where(LINES.c.id.in_(found), LINES.c.owner == owner, LINES.c.livemode == livemode)
        .order_by(LINES.c.day, LINES.c.id)
        .limit(limit)
    )
    return [line_of(row) for row in await database.fetch(query)]


async def active_lines(
    database: db.Database,
    *,
    owner: str,
    livemode: bool | None,
    family: Family,
    account: str | None,
    from_day: date | None,
    to_day: date | None,
) -> list[StoredLine]:
    """Lines that count, in a fixed order: day, account, file, place in it."""
    c = LINES.c
    query = select(LINES).where(c.owner == owner, c.family == family.value, c.state == LineState.ACTIVE.value)
    if livemode is not None:
        query = query.where(c.livemode == livemode)
    if account is not None:
        query = query.where(c.account == account)
    if from_day is not None:
        query = query.where(c.day >= epoch_day(from_day))
    if to_day is not None:
        query = query.where(c.day <= epoch_day(to_day))
    return [line_of(row) for row in await database.fetch(query.order_by(c.day, c.account, c.file_id, c.ordinal))]


async def present_items(database: db.Database, item_ids: Sequence[str]) -> dict[str, Present]:
    """By item id: the line it points to, with the versions of both rows."""
    query = select(ITEMS.c.id.label("item_id"), ITEMS.c.version.label("item_version"), *_TELLING).join_from(
        ITEMS, LINES, LINES.c.id == ITEMS.c.line_id
    )
    rows = _in(database, query, ITEMS.c.id, item_ids)
    return {row["item_id"]: Present(telling_of(row), row["item_version"]) async for row in rows}


async def standing_statements(database: db.Database, scoped_keys: Sequence[str]) -> list[Row]:
    """Id, key and version of these statements as far as no later issue has replaced them."""
    query = select(STATEMENTS.c.id, STATEMENTS.c.scoped_key, STATEMENTS.c.version).where(
        STATEMENTS.c.superseded_by.is_(None)
    )
    return [row async for row in _in(database, query, STATEMENTS.c.scoped_key, scoped_keys)]


async def items_of(database: db.Database, statement_ids: Sequence[str]) -> dict[str, str]:
    """By item told in these statements: the statement."""
    query = select(LINES.c.item_id, LINES.c.statement_id)
    return {
        row["item_id"]: row["statement_id"] async for row in _in(database, query, LINES.c.statement_id, statement_ids)
    }


async def standing_lines(
    database: db.Database, item_ids: Sequence[str], *, without: Collection[str]
) -> dict[str, list[Telling]]:
    """By item: the lines of standing statements, but those `without`, that tell of it; in order of arrival."""
    query = (
        select(LINES.c.item_id, LINES.c.statement_id, FILES.c.seq, *_TELLING)
        .join_from(LINES, STATEMENTS, STATEMENTS.c.id == LINES.c.statement_id)
        .join(FILES, FILES.c.id == LINES.c.file_id)
        .where(STATEMENTS.c.superseded_by.is_(None))
    )
    rows = [row async for row in _in(database, query, LINES.c.item_id, item_ids)]
    found: dict[str, list[Telling]] = {}
    for row in sorted(rows, key=lambda row: row["seq"]):
        if row["statement_id"] not in without:
            found.setdefault(row["item_id"], []).append(telling_of(row))
    return found


_TELLING = (LINES.c.id.label("line_id"), LINES.c.digest, LINES.c.state, LINES.c.version.label("line_version"))


async def _in(database: db.Database, query: Select[Any], column: Any, values: Iterable[str]) -> Any:
    """Rows where the column is one of the values, asked for in portions."""
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), READ_AT_ONCE):
        for row in await database.fetch(query.where(column.in_(wanted[start : start + READ_AT_ONCE]))):
            yield row
