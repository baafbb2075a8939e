"""The ledger's tables and every SQL statement it runs.

Laws held by the database: a transfer joins two different accounts by one amount; transfers are append-only (a trigger
refuses UPDATE and DELETE); sums are never negative; a limited account cannot be stored beyond its limit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    CompoundSelect,
    Index,
    Select,
    Table,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from tallystick import db
from tallystick.ledger.model import AccountFlags, AccountRef

ACCOUNTS = Table(
    "ledger_accounts",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text("path", 200, unique=True),
    db.flag("livemode"),
    db.text_id("merchant_id"),
    db.text("name", 40),
    db.text("processor", 40),
    db.currency(),
    db.integer("code"),
    db.integer("flags"),
    db.minor("debits_pending"),
    db.minor("debits_posted"),
    db.minor("credits_pending"),
    db.minor("credits_posted"),
    CheckConstraint(
        "debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0",
        name="sums_not_negative",
    ),
    CheckConstraint("(flags & 2) = 0 OR debits_pending + debits_posted <= credits_posted", name="exceeds_credits"),
    CheckConstraint("(flags & 4) = 0 OR credits_pending + credits_posted <= debits_posted", name="exceeds_debits"),
    Index("ix_ledger_accounts_merchant", "merchant_id", "livemode"),
)

TRANSFERS = Table(
    "ledger_transfers",
    db.METADATA,
    db.text_id(primary_key=True),
    db.sequence("seq"),
    db.text_id("debit_account_id"),
    db.text_id("credit_account_id"),
    db.minor("amount"),
    db.currency(),
    db.integer("code"),
    db.integer("flags"),
    db.text_id("pending_id", nullable=True),
    db.text_id("reference"),
    db.integer("day"),
    db.instant("created"),
    CheckConstraint("debit_account_id <> credit_account_id", name="accounts_differ"),
    CheckConstraint("amount >= 0", name="amount_not_negative"),
    Index("ix_ledger_transfers_reference", "reference"),
    Index("ix_ledger_transfers_day", "day"),
)

HOLDS = Table(
    "ledger_holds",
    db.METADATA,
    db.text_id(primary_key=True),
    db.text("state", 8),
    CheckConstraint("state IN ('pending', 'posted', 'voided')", name="state_known"),
)

LOCKS = Table(
    "ledger_locks",
    db.METADATA,
    db.text_id("mode", primary_key=True),
    db.integer("day"),
)

db.append_only(TRANSFERS, "ledger transfers are append-only")

INSERT_ACCOUNT = db.Insert(ACCOUNTS)
SAVE_SUMS = db.Update(
    ACCOUNTS, key=("id",), set=("debits_pending", "debits_posted", "credits_pending", "credits_posted")
)
INSERT_TRANSFER = db.Insert(TRANSFERS, sequenced="seq")
INSERT_HOLD = db.Insert(HOLDS)
SAVE_HOLD = db.Update(HOLDS, key=("id",), set=("state",))
INSERT_LOCK = db.Insert(LOCKS)
SAVE_LOCK = db.Update(LOCKS, key=("mode",), set=("day",))

ALL_LOCKS = db.Query(select(LOCKS))
ACCOUNT = db.Query(select(ACCOUNTS).where(ACCOUNTS.c.id == bindparam("id")))
TRANSFERS_OF = db.Query(
    select(TRANSFERS).where(TRANSFERS.c.reference == bindparam("reference")).order_by(TRANSFERS.c.seq)
)
POSTED_SINCE = db.Query(
    select(TRANSFERS.c.seq)
    .join(ACCOUNTS, ACCOUNTS.c.id == TRANSFERS.c.debit_account_id)
    .where(
        TRANSFERS.c.seq > bindparam("seen"),
        TRANSFERS.c.day <= bindparam("day"),
        ACCOUNTS.c.livemode == bindparam("livemode"),
    )
    .order_by(TRANSFERS.c.seq)
    .limit(1)
)
"""The order keeps every planner on the few transfers after `seen`."""


def hexadecimal(number: int) -> str:
    """A 128-bit id as 32 digits, which sort as the number does."""
    return f"{number:032x}"


def accounts_by_id(ids: list[str]) -> Select[Any]:
    """Accounts with these ids."""
    return select(ACCOUNTS).where(ACCOUNTS.c.id.in_(ids))


def transfers_by_id(ids: list[str]) -> Select[Any]:
    """Transfers with these ids and the state of those that are holds."""
    joined = TRANSFERS.outerjoin(HOLDS, HOLDS.c.id == TRANSFERS.c.id)
    return select(*TRANSFERS.c, HOLDS.c.state.label("hold_state")).select_from(joined).where(TRANSFERS.c.id.in_(ids))


def accounts_where(
    *, livemode: bool | None, merchant: str | None, name: str | None, processor: str | None, currency: str | None
) -> Select[Any]:
    """Accounts by what they are, in the order of the chart."""
    query = select(ACCOUNTS)
    for column, value in (
        (ACCOUNTS.c.livemode, livemode),
        (ACCOUNTS.c.merchant_id, merchant),
        (ACCOUNTS.c.name, name),
        (ACCOUNTS.c.processor, processor),
        (ACCOUNTS.c.currency, currency),
    ):
        if value is not None:
            query = query.where(column == value)
    return query.order_by(ACCOUNTS.c.code, ACCOUNTS.c.path)


def transfers_of_account(account_id: str, *, after_seq: int, limit: int) -> Select[Any]:
    """One account's transfers in order."""
    touches = or_(TRANSFERS.c.debit_account_id == account_id, TRANSFERS.c.credit_account_id == account_id)
    return select(TRANSFERS).where(and_(touches, TRANSFERS.c.seq > after_seq)).order_by(TRANSFERS.c.seq).limit(limit)


def movements(first_day: int, last_day: int, *, livemode: bool) -> Select[Any]:
    """Posted debits and credits per account over days, both ends included. Holds and voids move nothing posted."""
    both = _entries(first_day).subquery()
    sums = (
        select(both.c.account_id, func.sum(both.c.debits).label("debits"), func.sum(both.c.credits).label("credits"))
        .where(both.c.day <= last_day)
        .group_by(both.c.account_id)
        .subquery()
    )
    joined = ACCOUNTS.join(sums, sums.c.account_id == ACCOUNTS.c.id)
    query = select(*ACCOUNTS.c, sums.c.debits, sums.c.credits).select_from(joined)
    return query.where(ACCOUNTS.c.livemode == livemode).order_by(ACCOUNTS.c.path)


def period(first_day: int, last_day: int, *, livemode: bool) -> Select[Any]:
    """Every account of a mode as it stands, what moved it over the days and what after them (NULL for nothing), and
    the last transfer there is: in one statement, so of one moment."""
    both = _entries(first_day).subquery()
    within, after = both.c.day <= last_day, both.c.day > last_day
    sums = (
        select(
            both.c.account_id,
            func.sum(case((within, both.c.debits))).label("debits"),
            func.sum(case((within, both.c.credits))).label("credits"),
            func.sum(case((after, both.c.debits - both.c.credits))).label("later"),
        )
        .group_by(both.c.account_id)
        .subquery()
    )
    upto = select(func.max(TRANSFERS.c.seq)).scalar_subquery().label("upto")
    joined = ACCOUNTS.outerjoin(sums, sums.c.account_id == ACCOUNTS.c.id)
    query = select(*ACCOUNTS.c, sums.c.debits, sums.c.credits, sums.c.later, upto).select_from(joined)
    return query.where(ACCOUNTS.c.livemode == livemode).order_by(ACCOUNTS.c.path)


def _entries(first_day: int) -> CompoundSelect[Any]:
    """Both sides of every posted transfer from a day on: (account_id, debits, credits, day)."""
    posted = and_(TRANSFERS.c.flags.in_([0, 4]), TRANSFERS.c.day >= first_day)
    debits = select(
        TRANSFERS.c.debit_account_id.label("account_id"),
        TRANSFERS.c.amount.label("debits"),
        literal_column("0").label("credits"),
        TRANSFERS.c.day,
    ).where(posted)
    credits = select(
        TRANSFERS.c.credit_account_id.label("account_id"),
        literal_column("0").label("debits"),
        TRANSFERS.c.amount.label("credits"),
        TRANSFERS.c.day,
    ).where(posted)
    return debits.union_all(credits)


def exceeded(account_ids: list[str], day: int, *, debits: bool, beyond: int) -> Select[Any]:
    """When the debits or credits of accounts on a day, added up as they came, went beyond `beyond`."""
    side = TRANSFERS.c.debit_account_id if debits else TRANSFERS.c.credit_account_id
    reached = func.sum(TRANSFERS.c.amount).over(order_by=TRANSFERS.c.seq).label("reached")
    came = (
        select(TRANSFERS.c.created, reached)
        .where(and_(TRANSFERS.c.flags.in_([0, 4]), TRANSFERS.c.day == day, side.in_(account_ids)))
        .subquery()
    )
    return select(func.min(came.c.created).label("created")).where(came.c.reached > beyond)


def ref_of(row: dict[str, Any]) -> AccountRef:
    """The account a row describes."""
    return AccountRef(
        livemode=bool(row["livemode"]),
        merchant=row["merchant_id"],
        name=row["name"],
        currency=row["currency"],
        code=row["code"],
        processor=row["processor"],
        flags=AccountFlags(row["flags"]),
    )
