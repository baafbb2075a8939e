"""Reads everything the checks of a day look at, through the doors of the rooms below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from tallystick import db, ledger, payments, reconciliation, statements
from tallystick.base import Instant, ProcessorSettings, after, start_of
from tallystick.close import store
from tallystick.close.model import Clearing, ExpectedFile, Facts, Line, OpenBreak, Ran, SignedOff
from tallystick.statements import Family, FileRecord, StatementRecord

FIRST_DAY = date(1970, 1, 1)
KNOWN_FOR_DAYS = 10
"""A bank account that had a statement in this many days is expected to have one again."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one moment: `lines` since the close before, what came later, and balances, net debit by account."""

    lines: tuple[Line, ...]
    later: dict[str, int]
    balances: dict[str, int]
    upto: int
    """The last transfer that is in them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Facts, and what must not have moved on when somebody acts by them."""

    facts: Facts
    upto: int
    stand: reconciliation.Stand


async def gather(
    database: db.Database, day: date, *, livemode: bool, processors: Mapping[str, ProcessorSettings], now: Instant
) -> Seen:
    """The facts of `day` as they stand at `now`. What must not move on is read first."""
    stand = await reconciliation.stand(database, livemode=livemode, processors=processors)
    books = await books_of(database, day, livemode=livemode)
    facts = Facts(
        day=day,
        now=now,
        livemode=livemode,
        lines=books.lines,
        later=books.later,
        balances=books.balances,
        clearing=await clearing_of(database, books.lines, livemode=livemode, processors=processors),
        files=await _files(database, day, livemode=livemode, processors=processors),
        waiting=await reconciliation.waiting(database, day, livemode=livemode, processors=processors),
        breaks=await _breaks(database, day, livemode=livemode),
        signed_off=await signed_off_of(database, day, livemode=livemode),
        runs=await runs_of(database, livemode=livemode, processors=processors),
        unknown=await _unknown(database, day, livemode=livemode),
    )
    return Seen(facts, books.upto, stand)


async def books_of(database: db.Database, day: date, *, livemode: bool) -> Books:
    """Every account from the close before, whose proof has the opening balances, to the end of `day`."""
    previous = await store.before(database, day, livemode=livemode)
    opening = {} if previous is None else closing_of(previous["proof"])
    first = FIRST_DAY if previous is None else store.date_of(previous["day"]) + timedelta(days=1)
    period = await ledger.period(database, livemode=livemode, first=first, last=day)
    by_path = sorted((one.account.path, one) for one in period.accounts)
    return Books(
        lines=tuple(_line(one, opening.get(path, 0)) for path, one in by_path if one.moved or path in opening),
        later={path: one.later for path, one in by_path if one.later},
        balances={path: one.balance for path, one in by_path},
        upto=period.upto,
    )


def _line(one: ledger.Moved, opening_minor: int) -> Line:
    account = one.account
    return Line(
        account=account.path,
        name=account.name,
        merchant=account.merchant,
        processor=account.processor,
        currency=account.currency,
        opening_minor=opening_minor,
        debits_minor=one.debits,
        credits_minor=one.credits,
        closing_minor=opening_minor + one.debits - one.credits,
    )


def closing_of(proof: str) -> dict[str, int]:
    """Closing balances by account, as a stored proof says."""
    return {line["account"]: line["closing_minor"] for line in msgspec.json.decode(proof)["lines"]}


async def clearing_of(
    database: db.Database,
    lines: tuple[Line, ...],
    *,
    livemode: bool,
    processors: Mapping[str, ProcessorSettings],
) -> tuple[Clearing, ...]:
    """Every clearing account beside what reconciliation says it consists of."""
    explained = await reconciliation.explained(database, livemode=livemode, processors=list(processors))
    parts = {
        ledger.chart.processor_receivable(
            merchant=one.merchant, livemode=livemode, currency=one.currency, processor=one.processor
        ).path: one
        for one in explained
    }
    clears = {kind.name for kind in ledger.chart.CHART if kind.clearing}
    held = {line.account: line for line in lines if line.name in clears}
    currencies = {path: line.currency for path, line in held.items()} | {p: one.currency for p, one in parts.items()}
    return tuple(
        Clearing(
            account=path,
            currency=currency,
            balance_minor=held[path].closing_minor if path in held else 0,
            open_minor=parts[path].open_minor if path in parts else 0,
            difference_minor=parts[path].difference_minor if path in parts else 0,
            in_flight_minor=parts[path].in_flight_minor if path in parts else 0,
        )
        for path, currency in sorted(currencies.items())
    )


async def _files(
    database: db.Database, day: date, *, livemode: bool, processors: Mapping[str, ProcessorSettings]
) -> tuple[ExpectedFile, ...]:
    lately = after(start_of(day), days=-KNOWN_FOR_DAYS)
    known = await _statements(database, lately, livemode=livemode)
    sold_at = await _sold_at(database, day, processors, livemode=livemode)
    first = start_of(sold_at[0][0]) if sold_at else lately
    reports = known if first >= lately else await _statements(database, first, livemode=livemode)
    banks = {one.account for one in known if one.family is Family.STATEMENT and (one.period[0] or day) <= day}
    wanted = [(day, Family.STATEMENT, account) for account in sorted(banks)]
    wanted += [(sold, Family.SETTLEMENT, name) for sold, name in sold_at]
    wanted += [
        (day, Family.STATEMENT, f"a {currency} account")
        for currency in _paid_out(known, day)
        if not any(one.family is Family.STATEMENT and one.currency == currency for one in known)
    ]
    there: defaultdict[tuple[Family, str], list[StatementRecord]] = defaultdict(list)
    for one in reports:
        there[one.family, one.account].append(one)
    return tuple(
        ExpectedFile(
            day=when,
            family=family.value,
            account=account,
            arrived=any(_covers(one, when) for one in there[family, account]),
        )
        for when, family, account in wanted
    )


def _paid_out(known: list[StatementRecord], day: date) -> list[str]:
    """Currencies in which a processor reported up to `day`."""
    found = {one.currency for one in known if one.family is Family.SETTLEMENT and (one.period[0] or day) <= day}
    return sorted(found - {""})


def _covers(one: StatementRecord, day: date) -> bool:
    first, last = one.period
    return first is not None and last is not None and first <= day <= last and one.superseded_by is None


async def _sold_at(
    database: db.Database, day: date, processors: Mapping[str, ProcessorSettings], *, livemode: bool
) -> list[tuple[date, str]]:
    """On which days since the close before, which `day` closes too, money moved at which processors."""
    previous = await store.before(database, day, livemode=livemode)
    since = after(start_of(store.date_of(previous["day"])), days=1) if previous else None
    until = after(start_of(day), days=1)
    moved = await payments.days_moved(database, livemode=livemode, since=since, until=until)
    return [(sold, processor) for sold, processor in moved if processor in processors]


async def _statements(database: db.Database, since: Instant, *, livemode: bool) -> list[StatementRecord]:
    """Statements in files taken since then."""
    found: list[FileRecord] = []
    cursor: FileRecord | None = None
    while page := await statements.files(database, livemode=livemode, limit=PAGE, cursor=cursor):
        found += [file for file in page if file.created >= since]
        if page[-1].created < since or len(page) < PAGE:
            break
        cursor = page[-1]
    return await statements.statements_of(database, [file.id for file in found])


async def _breaks(database: db.Database, day: date, *, livemode: bool) -> tuple[OpenBreak, ...]:
    found = await all_breaks(database, day, "open", livemode=livemode)
    return tuple(
        OpenBreak(
            id=one.id,
            break_class=one.break_class,
            amount_minor=one.amount_minor,
            currency=one.currency,
            owner=one.owner,
            label=one.label,
        )
        for one in found
    )


async def signed_off_of(database: db.Database, day: date, *, livemode: bool) -> tuple[SignedOff, ...]:
    """Differences that stay open under somebody's name."""
    found = await all_breaks(database, day, "signed_off", livemode=livemode)
    return tuple(
        SignedOff(
            break_id=one.id,
            break_class=one.break_class,
            amount_minor=one.amount_minor,
            currency=one.currency,
            by=one.settled_by,
            reason=one.settled_reason,
        )
        for one in found
    )


async def all_breaks(
    database: db.Database, day: date, status: str, *, livemode: bool
) -> list[reconciliation.BreakRecord]:
    """Breaks of a status opened up to `day`, by id."""
    found: list[reconciliation.BreakRecord] = []
    cursor: reconciliation.BreakRecord | None = None
    while page := await reconciliation.breaks(
        database, livemode=livemode, statuses=[status], opened_until=day, limit=PAGE, cursor=cursor
    ):
        found += page
        cursor = page[-1]
    return sorted(found, key=lambda one: one.id)


async def runs_of(
    database: db.Database, *, livemode: bool, processors: Mapping[str, ProcessorSettings]
) -> tuple[Ran, ...]:
    """The last run of every reconciliation."""
    names = [*(reconciliation.books_name(name) for name in sorted(processors)), reconciliation.BANK]
    found = [await reconciliation.latest(database, name, livemode=livemode) for name in names]
    return tuple(
        Ran(
            id=one.id,
            name=one.name,
            day=one.day,
            verdict=one.verdict,
            digest=one.digest,
            inputs=tuple((entry["name"], entry["sha256"]) for entry in one.record["inputs"]),
        )
        for one in found
        if one is not None
    )


async def _unknown(database: db.Database, day: date, *, livemode: bool) -> int:
    open_now = await payments.unsettled(database, livemode=livemode)
    end = after(start_of(day), days=1)
    return open_now.count if open_now.oldest is not None and open_now.oldest < end else 0
