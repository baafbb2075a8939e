"""Looking up what was taken: files, their statements and lines, and lines by what they refer to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tallystick import db
from tallystick.base import Refused
from tallystick.merchants import PLATFORM
from tallystick.statements import store
from tallystick.statements.model import Family, StatementRefusal
from tallystick.statements.record import FileRecord, LineState, StatementRecord, StoredLine


def missing(what: str, id: str) -> Refused:
    """The refusal for an id that is nobody's, or somebody else's."""
    return Refused(
        StatementRefusal.FILE_MISSING, f"No such {what}: '{id[:100]}'. Look its id up in the list.", param="id"
    )


async def retrieve(
    database: db.Database, file_id: str, *, owner: str = PLATFORM, livemode: bool | None = None
) -> FileRecord:
    """The file with this id. Raises Refused(FILE_MISSING), also when it is another owner's or of the other mode."""
    found = await store.file(database, file_id)
    if found is None or found.owner != owner or livemode not in (None, found.livemode):
        raise missing("statement_file", file_id)
    return found


async def files(
    database: db.Database,
    *,
    owner: str = PLATFORM,
    livemode: bool = True,
    limit: int = 100,
    cursor: FileRecord | None = None,
    backwards: bool = False,
) -> list[FileRecord]:
    """Files newest first, from after the cursor on; backwards, the nearest newer ones, oldest first."""
    after = None if cursor is None else cursor.seq
    return await store.files(database, owner=owner, livemode=livemode, limit=limit, cursor=after, backwards=backwards)


async def statements_of(database: db.Database, file_ids: Sequence[str]) -> list[StatementRecord]:
    """The statements of these files."""
    return await store.statements_of(database, file_ids) if file_ids else []


async def lines_of(
    database: db.Database, file_id: str, *, limit: int = 1_000_000, cursor: int | None = None, backwards: bool = False
) -> list[StoredLine]:
    """The lines of a file in its order, from after ordinal `cursor` on; all states."""
    return await store.lines_of(database, file_id, limit=limit, cursor=cursor, backwards=backwards)


async def find(
    database: db.Database,
    token: str,
    *,
    kind: str | None = None,
    owner: str = PLATFORM,
    livemode: bool = True,
    limit: int = 100,
) -> list[StoredLine]:
    """Lines that carry this reference, themselves or in one of their details, in any state; by day."""
    return await store.lines_with(database, token, kind=kind, owner=owner, livemode=livemode, limit=limit)


async def withdrawn(database: db.Database, item_ids: Sequence[str]) -> set[str]:
    """Those of these items of which no standing statement tells any more."""
    present = await store.present_items(database, item_ids)
    return {item for item, now in present.items() if now.line.state is not LineState.ACTIVE}


async def active_lines(
    database: db.Database,
    *,
    family: Family,
    account: str | None = None,
    from_day: date | None = None,
    to_day: date | None = None,
    owner: str = PLATFORM,
    livemode: bool | None = None,
) -> list[StoredLine]:
    """The lines that count, each movement once, in a fixed order; days by `Line.day`, both inclusive."""
    return await store.active_lines(
        database, owner=owner, livemode=livemode, family=family, account=account, from_day=from_day, to_day=to_day
    )
