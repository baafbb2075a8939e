"""What came since the last run, as items; and what the last run left, as it was.

Files are read in the order in which they were committed, from the first that held a line not yet due; movements are
read from a little before the last run, because one may become durable after its moment has passed. Whatever is known
already is left out by its id, so nothing comes twice and nothing is skipped. What was open and is told by no standing
statement any more, because its own was issued again without it, leaves; it may come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tallystick import db, payments, statements
from tallystick.base import Instant, after, start_of
from tallystick.base import day as day_of_instant
from tallystick.reconciliation import store, terms
from tallystick.reconciliation.model import Item, OpenItem, Role, Side, day_of, digest
from tallystick.reconciliation.normalise import token
from tallystick.statements import Family, LineKind, LineState, LineStatus, Reference, StoredLine

OVERLAP_DAYS = 3
"""How much later than its moment a movement may become durable and still be found."""
FILES_AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """An item together with what the platform knows of where it came from."""

    item: Item
    side: Side
    merchant: str = ""
    payment: str = ""
    line: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything one run takes in."""

    new: tuple[Origin, ...]
    carried: tuple[OpenItem, ...]
    recent: tuple[OpenItem, ...]
    rows: Mapping[str, store.Row]
    """Stored rows of carried items, and of new ones that say something else than before, by row id."""
    inputs: tuple[tuple[str, str], ...]
    files_seq: int
    withdrawn: frozenset[str]
    """Row ids of carried items that their source took back."""


def row_id(name: str, side: Side, item_id: str, *, livemode: bool) -> str:
    """The stored item's own id."""
    return "rit_" + digest(f"{int(livemode)}\n{name}\n{int(side)}\n{item_id}")


async def gather(
    database: db.Database,
    name: str,
    processor: str,
    *,
    livemode: bool,
    lags: Mapping[str, int],
    head: store.Row | None,
    day: date,
) -> Gathered:
    """Read what `name` has to look at for the end of `day`."""
    seq = head["files_seq"] if head else 0
    lines, inputs, seq = await _lines(database, livemode=livemode, seq=seq, day=day)
    if name == terms.BANK:
        coming = [_payout(line, lags.get(line.account, 0)) for line in lines if _is_payout(line)]
        coming += [_bank_line(line) for line in lines if line.family is Family.STATEMENT]
    else:
        coming = await _movements(database, processor, livemode=livemode, head=head, day=day)
        coming += [_settled(line) for line in lines if _is_settlement(line, processor)]
    used = {origin.line for origin in coming if origin.line}
    return await _with_known(
        database,
        name,
        coming,
        livemode=livemode,
        inputs=tuple(sorted({inputs[line.file_id] for line in lines if line.id in used})),
        seq=seq,
    )


async def _with_known(
    database: db.Database,
    name: str,
    coming: list[Origin],
    *,
    livemode: bool,
    inputs: tuple[tuple[str, str], ...],
    seq: int,
) -> Gathered:
    """Leave out what is known and unchanged; add what is open, and what was matched under one of the new tokens."""
    by_id = {row_id(name, one.side, one.item.item_id, livemode=livemode): one for one in coming}
    known = await store.items_by_id(database, by_id)
    fresh = {key: one for key, one in by_id.items() if key not in known or _news(known[key], one.item)}
    opened = await store.open_items(database, name, livemode=livemode)
    told = [row for row in opened if row["line_id"] and not row["settled"]]
    gone = await statements.withdrawn(database, [row["item_id"] for row in told])
    withdrawn = frozenset(row["id"] for row in told if row["item_id"] in gone)
    tokens = [value for one in fresh.values() for _, value in one.item.references]
    tokens += [row["token"] for row in opened if row["token"]]
    matched = await store.matched_with(database, name, tokens, livemode=livemode)
    changed = {key: known[key] for key in fresh if key in known}
    return Gathered(
        new=tuple(fresh.values()),
        carried=tuple(_carried(row, name, withdrawn=row["id"] in withdrawn) for row in opened),
        recent=tuple(_carried(row, name) for row in matched),
        rows={row["id"]: row for row in opened} | changed,
        inputs=inputs,
        files_seq=seq,
        withdrawn=withdrawn,
    )


def _news(known: store.Row, item: Item) -> bool:
    """Whether a known item says something else, or is back after it was withdrawn: superseded, and marked settled."""
    return known["content"] != item.content() or (known["state"] == "superseded" and bool(known["settled"]))


async def _lines(
    database: db.Database, *, livemode: bool, seq: int, day: date
) -> tuple[list[StoredLine], dict[str, tuple[str, str]], int]:
    """Lines that count, of files after `seq`, dated up to `day`; the files by id; and where to begin next time."""
    found: list[StoredLine] = []
    inputs: dict[str, tuple[str, str]] = {}
    done, waits = seq, False
    for file in await _files_after(database, seq, livemode=livemode):
        inputs[file.id] = (file.name, file.sha256)
        lines = [one for one in await statements.lines_of(database, file.id) if _counts(one)]
        found += [one for one in lines if (one.line.day or day) <= day]
        waits = waits or any((one.line.day or day) > day for one in lines)
        done = done if waits else file.seq
    return found, inputs, done


async def _files_after(database: db.Database, seq: int, *, livemode: bool) -> list[statements.FileRecord]:
    """Newest first until the known ones begin, then turned."""
    found: list[statements.FileRecord] = []
    cursor: statements.FileRecord | None = None
    while page := await statements.files(database, livemode=livemode, limit=FILES_AT_ONCE, cursor=cursor):
        found += [file for file in page if file.seq > seq]
        if page[-1].seq <= seq or len(page) < FILES_AT_ONCE:
            break
        cursor = page[-1]
    return found[::-1]


def _counts(line: StoredLine) -> bool:
    return line.state is LineState.ACTIVE and line.line.status is LineStatus.BOOKED


def _is_payout(line: StoredLine) -> bool:
    return line.family is Family.SETTLEMENT and line.line.kind is LineKind.PAYOUT


def _is_settlement(line: StoredLine, processor: str) -> bool:
    return line.family is Family.SETTLEMENT and line.account == processor and line.line.kind is not LineKind.PAYOUT


def _references(line: StoredLine) -> dict[str, str]:
    only = line.line.details[0].references if len(line.line.details) == 1 else {}
    return {**only, **line.line.references}


def _tokens(kind: str, text: str) -> tuple[tuple[str, str], ...]:
    plain = token(text)
    return ((kind, plain),) if plain else ()


def _settled(line: StoredLine) -> Origin:
    """A movement as the processor reports it: gross, with its fee beside."""
    said, references = line.line, _references(line)
    return Origin(
        item=Item(
            item_id=line.item_id,
            source=line.account,
            account=line.account,
            currency=said.currency,
            amount_minor=said.gross_minor,
            fee_minor=said.fee_minor,
            day=said.day or day_of(0),
            kind=said.kind.value,
            references=_tokens(terms.ATTEMPT, references.get(Reference.MERCHANT, "")),
            batch=token(references.get(Reference.PAYOUT, "")),
            natural_key=said.natural_key,
            label=f"{said.kind.value} {references.get(Reference.PROCESSOR, '')}".strip(),
        ),
        side=Side.RIGHT,
        payment=references.get(Reference.PAYMENT, ""),
        line=line.id,
    )


def _payout(line: StoredLine, lag_days: int) -> Origin:
    """A payout as announced: it leaves the processor, so it will come to us."""
    said, name = line.line, _references(line).get(Reference.PAYOUT, "")
    announced = said.day or day_of(0)
    return Origin(
        item=Item(
            item_id=line.item_id,
            source="payouts",
            account=line.account,
            currency=said.currency,
            amount_minor=-said.amount_minor,
            day=announced + timedelta(days=lag_days),
            kind=said.kind.value,
            references=_tokens(terms.PAYOUT, name),
            natural_key=said.natural_key,
            label=f"payout {name} of {line.account}, announced {announced.isoformat()}",
        ),
        side=Side.LEFT,
        line=line.id,
    )


def _bank_line(line: StoredLine) -> Origin:
    said = line.line
    return Origin(
        item=Item(
            item_id=line.item_id,
            source="bank",
            account=line.account,
            currency=said.currency,
            amount_minor=said.amount_minor,
            day=said.day or day_of(0),
            kind=said.kind.value,
            references=_tokens(terms.PAYOUT, _references(line).get(Reference.END_TO_END, "")),
            natural_key=said.natural_key,
            label=f"{said.party} {said.text}".strip()[:200],
        ),
        side=Side.RIGHT,
        line=line.id,
    )


async def _movements(
    database: db.Database, processor: str, *, livemode: bool, head: store.Row | None, day: date
) -> list[Origin]:
    until = after(start_of(day), days=1)
    since = after(Instant(head["movements_until"]), days=-OVERLAP_DAYS) if head else None
    rows = await payments.movements(database, livemode=livemode, since=since, until=until, processor=processor)
    return [_movement(row) for row in rows]


def _movement(row: payments.Movement) -> Origin:
    return Origin(
        item=Item(
            item_id=row.id,
            source="books",
            account=row.processor,
            currency=row.currency,
            amount_minor=row.amount,
            day=day_of_instant(row.booked),
            kind=row.kind.value,
            references=_tokens(terms.ATTEMPT, row.reference),
            natural_key=row.id,
            label=f"{row.kind.value} of {row.payment}",
        ),
        side=Side.LEFT,
        merchant=row.merchant,
        payment=row.payment,
    )


def _carried(row: store.Row, name: str, *, withdrawn: bool = False) -> OpenItem:
    kind = terms.PAYOUT if name == terms.BANK else terms.ATTEMPT
    item = Item(
        item_id=row["item_id"],
        source=row["source"],
        account=row["account"],
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        day=day_of(row["day"]),
        kind=row["kind"],
        references=((kind, row["token"]),) if row["token"] else (),
        batch=row["batch"],
        natural_key=row["natural_key"],
        label=row["label"],
    )
    return OpenItem(
        item=item,
        side=Side(row["side"]),
        role=Role(row["role"]),
        opened_on=None if row["opened_on"] is None else day_of(row["opened_on"]),
        content=row["content"],
        settled=bool(row["settled"]) or withdrawn,
    )
