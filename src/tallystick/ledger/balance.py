"""Reading the books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tallystick.base import Instant
from tallystick.db import Database
from tallystick.ledger import store
from tallystick.ledger.chart import BY_NAME, TransferCode
from tallystick.ledger.model import AccountRef, Balance, TransferFlags
from tallystick.ledger.post import epoch_day

NOTHING_YET = -1
"""What was seen of the transfers when there was none."""


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One account with its four sums."""

    account: AccountRef
    balance: Balance


@dataclass(frozen=True, slots=True)
class Movement:
    """One account's posted debits and credits over some days."""

    account: AccountRef
    debits: int
    credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One account over some days, in minor units: posted debits and credits, and what came after them, net debit."""

    account: AccountRef
    moved: bool
    """Whether a transfer of the days touches it, be it of nothing."""
    debits: int
    credits: int
    later: int
    balance: int
    """Net debit as it stands."""


@dataclass(frozen=True, slots=True)
class Period:
    """Every account of a mode over some days. `upto` is the last transfer there was: what `lock` may be given."""

    accounts: tuple[Moved, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Posting:
    """One transfer as it stands in the books."""

    id: str
    seq: int
    debit: str
    credit: str
    amount: int
    currency: str
    code: TransferCode | int
    flags: TransferFlags
    pending_id: str | None
    reference: str
    day: int
    created: Instant


def _balance(row: Mapping[str, Any]) -> Balance:
    return Balance(row["debits_pending"], row["debits_posted"], row["credits_pending"], row["credits_posted"])


async def balance(database: Database, account: AccountRef) -> Balance:
    """The sums of one account; zeros when it has never been used."""
    row = await database.first(store.ACCOUNT, {"id": store.hexadecimal(account.id)})
    return _balance(row) if row else Balance()


async def balances(
    database: Database,
    *,
    livemode: bool | None = None,
    merchant: str | None = None,
    name: str | None = None,
    processor: str | None = None,
    currency: str | None = None,
) -> list[AccountBalance]:
    """Accounts with their sums, by what they are; in the order of the chart."""
    query = store.accounts_where(
        livemode=livemode, merchant=merchant, name=name, processor=processor, currency=currency
    )
    return [AccountBalance(store.ref_of(row), _balance(row)) for row in await database.fetch(query)]


async def trial_balance(database: Database, *, livemode: bool) -> list[AccountBalance]:
    """Every account of a mode. Per currency the posted debits equal the posted credits, always."""
    return await balances(database, livemode=livemode)


async def movements(database: Database, *, livemode: bool, first: date, last: date) -> list[Movement]:
    """Posted debits and credits per account over business days, both ends included."""
    rows = await database.fetch(store.movements(epoch_day(first), epoch_day(last), livemode=livemode))
    return [Movement(store.ref_of(row), row["debits"], row["credits"]) for row in rows]


async def period(database: Database, *, livemode: bool, first: date, last: date) -> Period:
    """The books over business days, both ends included, and beside them as they stand; all of one moment."""
    rows = await database.fetch(store.period(epoch_day(first), epoch_day(last), livemode=livemode))
    accounts = tuple(
        Moved(
            account=store.ref_of(row),
            moved=row["debits"] is not None,
            debits=row["debits"] or 0,
            credits=row["credits"] or 0,
            later=row["later"] or 0,
            balance=_balance(row).net_debit,
        )
        for row in rows
    )
    return Period(accounts, rows[0]["upto"] if rows and rows[0]["upto"] is not None else NOTHING_YET)


async def exceeded(
    database: Database, accounts: Sequence[AccountRef], day: date, *, debits: bool, beyond: int
) -> Instant | None:
    """When what the accounts were debited (or credited) with on a day, taken together, came to more than `beyond`.

    None when it never did. It says how old money is, where what came first is taken to have left first.
    """
    ids = [store.hexadecimal(account.id) for account in accounts]
    row = await database.first(store.exceeded(ids, epoch_day(day), debits=debits, beyond=beyond))
    return None if row is None or row["created"] is None else Instant(row["created"])


async def locked_until(database: Database, *, livemode: bool) -> date | None:
    """The last closed business day of a mode, or None."""
    rows = await database.fetch(store.ALL_LOCKS)
    days = [row["day"] for row in rows if (row["mode"] == "live") == livemode]
    return date.fromordinal(days[0] + date(1970, 1, 1).toordinal()) if days else None


async def transfers_of(database: Database, reference: str) -> list[Posting]:
    """The transfers that belong to a payment or file, in the order of posting."""
    rows = await database.fetch(store.TRANSFERS_OF, {"reference": reference})
    return await _postings(database, rows)


async def transfers_of_account(
    database: Database, account: AccountRef, *, after_seq: int = -1, limit: int = 100
) -> list[Posting]:
    """One account's transfers in the order of posting, from after `after_seq`."""
    query = store.transfers_of_account(store.hexadecimal(account.id), after_seq=after_seq, limit=limit)
    return await _postings(database, await database.fetch(query))


async def _postings(database: Database, rows: list[dict[str, Any]]) -> list[Posting]:
    ids = sorted({row[side] for row in rows for side in ("debit_account_id", "credit_account_id")})
    accounts = await database.fetch(store.accounts_by_id(ids)) if ids else []
    paths = {row["id"]: row["path"] for row in accounts}
    return [_posting(row, paths) for row in rows]


def _posting(row: Mapping[str, Any], paths: Mapping[str, str]) -> Posting:
    code = row["code"]
    return Posting(
        id=row["id"],
        seq=row["seq"],
        debit=paths[row["debit_account_id"]],
        credit=paths[row["credit_account_id"]],
        amount=row["amount"],
        currency=row["currency"],
        code=TransferCode(code) if code in TransferCode.__members__.values() else code,
        flags=TransferFlags(row["flags"]),
        pending_id=row["pending_id"],
        reference=row["reference"],
        day=row["day"],
        created=row["created"],
    )


def is_clearing(account: AccountRef) -> bool:
    """Whether the account must return to zero by itself."""
    kind = BY_NAME.get(account.name)
    return kind is not None and kind.clearing
