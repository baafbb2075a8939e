"""Taking a file: read and proven whole, then kept whole in one unit, or not at all.

The id of a file is made from its content, so the same content is the same file however often, by whatever name and
through however many servers it comes in. An archive is taken when every file in it is sound; then each is kept in a
unit of its own.

Files of the platform's own banks and processors belong to `merchants.PLATFORM`; a merchant may keep files of its own.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from tallystick import db
from tallystick.base import Instant
from tallystick.merchants import PLATFORM
from tallystick.statements import rows, store
from tallystick.statements.model import Statement, StatementFile
from tallystick.statements.reading import read_all
from tallystick.statements.record import FileRecord, LineState, scoped
from tallystick.statements.restate import Coming, Plan, Withdrawn, plan

READ_ASIDE_BYTES = 256 * 1024
"""Larger content is read in a thread, so that other requests are answered meanwhile."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What became of a file. `duplicate`: it was known before, and nothing was changed."""

    file_id: str
    name: str
    duplicate: bool
    lines: int
    duplicates: int = 0
    restated: int = 0


async def intake(
    database: db.Database,
    content: bytes,
    *,
    name: str,
    source: str,
    now: Instant,
    owner: str = PLATFORM,
    livemode: bool = True,
) -> Intake:
    """Take one file (or an archive that holds just one).

    Raises Refused as `statements.read` does, and ARCHIVE_HOLDS_SEVERAL; then nothing was kept.
    """
    files = await _read(content, name, at_most_one=True)
    record = partial(_record, source=source, now=now, owner=owner, livemode=livemode)
    return await database.retry(partial(_keep, database, files[0], record(files[0])))


async def intake_all(
    database: db.Database,
    content: bytes,
    *,
    name: str,
    source: str,
    now: Instant,
    owner: str = PLATFORM,
    livemode: bool = True,
) -> list[Intake]:
    """Take a file, or every file of an archive. Raises Refused as `statements.read` does; then nothing was kept."""
    files = await _read(content, name, at_most_one=False)
    record = partial(_record, source=source, now=now, owner=owner, livemode=livemode)
    return [await database.retry(partial(_keep, database, file, record(file))) for file in files]


async def _read(content: bytes, name: str, *, at_most_one: bool) -> list[StatementFile]:
    def read() -> list[StatementFile]:
        return list(read_all(content, name, at_most_one=at_most_one))

    return read() if len(content) <= READ_ASIDE_BYTES else await asyncio.to_thread(read)


def _record(file: StatementFile, *, source: str, now: Instant, owner: str, livemode: bool) -> FileRecord:
    return FileRecord(
        id=f"stf_{scoped(owner, livemode, file.digest)}",
        owner=owner,
        livemode=livemode,
        format=file.format,
        format_version=file.version,
        name=file.name,
        source=source,
        sha256=file.digest,
        size=file.size,
        statements=len(file.statements),
        lines=len(file.lines),
        proof=file.proof.status.value,
        missing=file.proof.missing,
        created=now,
    )


async def _keep(database: db.Database, file: StatementFile, record: FileRecord) -> Intake:
    """One try: look at what is there, then write in one unit that fails if any of it has moved."""
    if await store.file(database, record.id) is not None:
        return Intake(record.id, file.name, duplicate=True, lines=record.lines)
    coming = _coming(file, record)
    replaced = await _replaced(database, file, record)
    gone = await store.items_of(database, list(replaced))
    for line in coming:
        gone.pop(line.item_id, None)
    present = await store.present_items(database, [*(line.item_id for line in coming), *gone])
    standing = await store.standing_lines(database, list(gone), without=replaced)
    withdrawn = [Withdrawn(item, standing.get(item, ()), replaced[statement][1]) for item, statement in gone.items()]
    made = plan(coming, present, withdrawn)
    async with database.unit() as unit:
        _write(unit, file, record, coming, made)
        for statement_id, (version, by) in replaced.items():
            unit.update(store.RETIRE_STATEMENT, {"id": statement_id, "version": version, "superseded_by": by})
    duplicates = sum(state is LineState.DUPLICATE for state, _ in made.states.values())
    return Intake(record.id, file.name, False, len(coming), duplicates, made.restated)


def _statement_id(record: FileRecord, ordinal: int) -> str:
    return f"sts_{record.id[4:]}_{ordinal}"


def _line_id(record: FileRecord, ordinal: int) -> str:
    return f"stl_{record.id[4:]}_{ordinal}"


def _scoped_key(record: FileRecord, statement: Statement) -> str:
    return scoped(record.owner, record.livemode, statement.key)


def _coming(file: StatementFile, record: FileRecord) -> list[Coming]:
    return [
        Coming(
            _line_id(record, line.ordinal),
            scoped(record.owner, record.livemode, line.natural_key, line.occurrence),
            line.digest,
        )
        for line in file.lines
    ]


async def _replaced(database: db.Database, file: StatementFile, record: FileRecord) -> dict[str, tuple[int, str]]:
    """By id of an earlier issue: its version, and the new statement that replaces it."""
    mine = {_scoped_key(record, statement): statement.ordinal for statement in file.statements}
    standing = await store.standing_statements(database, list(mine))
    return {row["id"]: (row["version"], _statement_id(record, mine[row["scoped_key"]])) for row in standing}


def _write(unit: db.Unit, file: StatementFile, record: FileRecord, coming: list[Coming], made: Plan) -> None:
    unit.insert(store.ADD_FILE, rows.file_row(file, record))
    statements = {statement.ordinal: statement for statement in file.statements}
    for ordinal, statement in statements.items():
        row = rows.statement_row(
            statement,
            id=_statement_id(record, ordinal),
            file_id=record.id,
            scoped_key=_scoped_key(record, statement),
        )
        unit.insert(store.ADD_STATEMENT, row)
    for line, new in zip(file.lines, coming, strict=True):
        state, other = made.states[new.line_id]
        row = rows.line_row(
            line,
            statements[line.statement],
            id=new.line_id,
            file_id=record.id,
            statement_id=_statement_id(record, line.statement),
            item_id=new.item_id,
            owner=record.owner,
            livemode=record.livemode,
            state=state.value,
            other_id=other,
        )
        unit.insert(store.ADD_LINE, row)
        for reference in rows.reference_rows(line, new.line_id):
            unit.insert(store.ADD_REFERENCE, reference)
    _change(unit, made)


def _change(unit: db.Unit, made: Plan) -> None:
    for item_id, line_id in made.new_items.items():
        unit.insert(store.ADD_ITEM, {"id": item_id, "line_id": line_id, "version": 0})
    for item_id, (version, line_id) in made.items.items():
        unit.update(store.MOVE_ITEM, {"id": item_id, "version": version, "line_id": line_id})
    for line_id, turn in made.turns.items():
        change = {"id": line_id, "version": turn.version, "state": turn.state.value, "other_id": turn.other_id}
        unit.update(store.TURN_LINE, change)
