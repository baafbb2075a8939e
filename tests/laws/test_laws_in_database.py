"""What the database itself refuses, whoever writes: our program, an older one, or somebody with a database shell.

Every statement here goes past all rooms, straight to the store. A row that obeys is taken; each way of breaking a law,
one change of that row, must be refused by the name of what it breaks, written anew or changed into. What no
constraint can hold is proved elsewhere: docs/reference/laws.md says where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Connection,
    Executable,
    Integer,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from tallystick import db
from tallystick.db.schema import declare_all, with_connection

declare_all()
TAKEN = "(?i)unique|duplicate"
APPEND_ONLY = "append-only"


@dataclass(frozen=True)
class Case:
    """A row of `table` that is taken, and changes of it that are not, each with what the database says."""

    table: str
    good: dict[str, Any]
    bad: tuple[tuple[dict[str, Any], str], ...] = ()
    again: tuple[dict[str, Any], ...] = ()
    """Rows that are one too many beside the good one."""
    frozen: str = ""
    """What is said when somebody changes or removes the row."""


PAID = {
    "status": "succeeded",
    "capture_method": "automatic",
    "amount": 100,
    "authorised": 100,
    "captured": 100,
    "refunded": 40,
    "disputed": 0,
}
ASKED = {"kind": "authorize", "state": "unknown", "amount": 100, "ask_at": 1}

BOOKS = (
    Case(
        "ledger_transfers",
        {"debit_account_id": "a", "credit_account_id": "b", "amount": 5},
        bad=(({"credit_account_id": "a"}, "accounts_differ"), ({"amount": -1}, "amount_not_negative")),
        again=({"debit_account_id": "c", "amount": 6},),
        frozen=APPEND_ONLY,
    ),
    Case(
        "ledger_accounts",
        {"debits_pending": 0, "debits_posted": 0, "credits_pending": 0, "credits_posted": 0, "flags": 0},
        bad=tuple(
            ({name: -1}, "sums_not_negative")
            for name in ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
        ),
        again=({"id": "other"}, {"path": "other"}),
    ),
    Case("ledger_holds", {"state": "pending"}, bad=(({"state": "spent"}, "state_known"),), again=({},)),
    Case(
        "balance_transactions",
        {"kind": "charge", "amount": 100, "fee": 3, "net": 97},
        bad=(({"net": 96}, "net"), ({"fee": 4}, "net"), ({"kind": "gift"}, "kind")),
        again=({},),
    ),
)
ONCE = (
    Case("idempotency_keys", {}, again=({"operation_id": "op_2"}, {"status": 200})),
    Case("notifications", {}, again=({"kind": "other"},)),
    Case("attempts", ASKED, again=({"processor": "other"},)),
    Case("refunds", {"status": "pending", "amount": 5}, again=({"payment": "other"},)),
    Case("disputes", {"status": "won", "amount": 5}, again=({"id": "dp_2"},)),
)
UNKNOWN = (
    Case(
        "payment_intents",
        PAID | {"status": "processing", "captured": 0, "refunded": 0, "pending_attempt": "att_1"},
        bad=(
            ({"pending_attempt": None}, "processing_has_attempt"),
            ({"status": "requires_capture"}, "attempt_has_status"),
            ({"status": "requires_payment_method"}, "attempt_has_status"),
            ({"status": "canceled"}, "attempt_has_status"),
            ({"status": "succeeded"}, "succeeded_is_captured"),
            ({"status": "perhaps", "pending_attempt": None}, "status"),
        ),
    ),
    Case(
        "attempts",
        ASKED,
        bad=(
            ({"settled": 1}, "settled_when_known"),
            ({"ask_at": None}, "asked_while_unknown"),
            ({"state": "open", "ask_at": None}, "asked_while_unknown"),
            ({"state": "approved", "ask_at": None}, "settled_when_known"),
            ({"state": "approved", "settled": 1}, "asked_while_unknown"),
            ({"state": "not_sent", "ask_at": None}, "settled_when_known"),
            ({"state": "guessed", "ask_at": None, "settled": 1}, "state"),
            ({"kind": "gift"}, "kind"),
            ({"amount": 0}, "amount"),
        ),
    ),
)
LIMITS = (
    Case(
        "payment_intents",
        PAID,
        bad=(
            ({"captured": 101}, "law_5"),
            ({"refunded": 101}, "law_5"),
            ({"refunded": -1}, "law_5"),
            ({"captured": 39}, "law_5"),
            ({"authorised": 99}, "law_5"),
            ({"captured": 0, "refunded": 0}, "succeeded_is_captured"),
            ({"amount": 0}, "amount"),
            ({"amount": -100}, "amount"),
            ({"disputed": -1}, "disputed"),
            ({"capture_method": "perhaps"}, "capture_method"),
        ),
    ),
    Case(
        "refunds",
        {"status": "succeeded", "amount": 5},
        bad=(({"amount": 0}, "amount"), ({"amount": -5}, "amount"), ({"status": "perhaps"}, "status")),
    ),
    Case(
        "disputes",
        {"status": "needs_response", "amount": 5},
        bad=(({"amount": 0}, "amount"), ({"status": "perhaps"}, "status")),
    ),
    Case(
        "ledger_accounts",
        {"flags": 2, "debits_pending": 3, "debits_posted": 4, "credits_pending": 0, "credits_posted": 7},
        bad=(
            ({"debits_posted": 5}, "exceeds_credits"),
            ({"debits_pending": 4}, "exceeds_credits"),
            ({"credits_posted": 6}, "exceeds_credits"),
            ({"credits_posted": 6, "credits_pending": 9}, "exceeds_credits"),
            ({"flags": 4}, "exceeds_debits"),
        ),
    ),
)
NEWS = (Case("events", {}, again=({"id": "evt_2"}, {"seq": 7})),)
RECORDS = (
    Case(
        "statement_lines",
        {"amount_minor": 97, "gross_minor": 100, "fee_minor": 3, "state": "active"},
        bad=(
            ({"fee_minor": 4}, "net_is_gross_less_fee"),
            ({"amount_minor": 100}, "net_is_gross_less_fee"),
            ({"state": "dropped"}, "state_known"),
        ),
    ),
    Case(
        "reconciliation_items",
        {"state": "matched", "group_id": "g"},
        bad=(
            ({"group_id": None}, "matched_in_a_group"),
            ({"state": "open"}, "matched_in_a_group"),
            ({"state": "superseded"}, "matched_in_a_group"),
            ({"state": "dropped", "group_id": None}, "state_known"),
        ),
    ),
    Case("reconciliation_breaks", {"status": "open"}, bad=(({"status": "forgotten"}, "status_known"),)),
)
CLOSED = (
    Case("closes", {"day": 5}, again=({"id": "close_2"}, {"day": 6}), frozen="a closed day never changes"),
    Case("ledger_transfers", {"debit_account_id": "a", "credit_account_id": "b"}, frozen=APPEND_ONLY),
)


def table(name: str) -> Table:
    return db.METADATA.tables[name]


def row(of: Table, given: dict[str, Any]) -> dict[str, Any]:
    """A row with something in every column that must have something."""
    filled: dict[str, Any] = {}
    for column in of.columns:
        if not column.nullable:
            kind = column.type
            filled[column.name] = False if isinstance(kind, Boolean) else 1 if isinstance(kind, Integer) else "x"
    return filled | given


async def run(url: str, statement: Executable) -> Any:
    """One statement in a transaction of its own."""

    def work(connection: Connection) -> Any:
        result = connection.execute(statement)
        return result.all() if result.returns_rows else result.rowcount

    return await with_connection(url, work)


async def refused(url: str, says: str, statement: Executable) -> None:
    with pytest.raises(DBAPIError, match=says):
        await run(url, statement)


async def prove(url: str, cases: tuple[Case, ...]) -> None:
    """Each good row is taken, each bad one refused, written anew or changed into; nothing has moved in the end."""
    for case in cases:
        of, good = table(case.table), row(table(case.table), case.good)
        await run(url, delete(of)) if not case.frozen else None
        for change, says in case.bad:
            await refused(url, f"ck_{case.table}_{says}\\b", insert(of).values(good | change))
        await run(url, insert(of).values(good))
        for change, says in case.bad if not case.frozen else ():
            await refused(url, f"ck_{case.table}_{says}\\b", update(of).values(change))
        for change in case.again:
            await refused(url, TAKEN, insert(of).values(good | change))
        if case.frozen:
            column = of.columns[next(iter(case.good))]
            await refused(url, case.frozen, update(of).values({column.name: good[column.name]}))
            await refused(url, case.frozen, delete(of))
        assert await run(url, select(func.count()).select_from(of)) == [(1,)]


async def test_law_1_a_transfer_joins_two_accounts_and_stays(database_url: str) -> None:
    await prove(database_url, BOOKS)


async def test_law_3_nothing_can_be_noted_twice(database_url: str) -> None:
    await prove(database_url, ONCE)


async def test_law_4_what_is_unknown_is_still_asked_for(database_url: str) -> None:
    await prove(database_url, UNKNOWN)


async def test_law_5_no_row_says_more_was_refunded_than_captured(database_url: str) -> None:
    await prove(database_url, LIMITS)


async def test_law_6_news_has_one_place_in_the_order(database_url: str) -> None:
    await prove(database_url, NEWS)


async def test_law_7_a_record_is_in_one_known_place(database_url: str) -> None:
    await prove(database_url, RECORDS)


async def test_law_10_a_close_is_never_changed(database_url: str) -> None:
    await prove(database_url, CLOSED)


def _tried(tell: Callable[[Case], set[tuple[str, str]]]) -> set[tuple[str, str]]:
    cases = (*BOOKS, *ONCE, *UNKNOWN, *LIMITS, *NEWS, *RECORDS, *CLOSED)
    return set().union(*(tell(case) for case in cases))


def test_every_check_of_every_table_is_tried() -> None:
    """A new CHECK constraint gets a case above."""
    there = {
        (of.name, str(constraint.name))
        for of in db.METADATA.sorted_tables
        for constraint in of.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert there == _tried(lambda case: {(case.table, f"ck_{case.table}_{says}") for _, says in case.bad})
