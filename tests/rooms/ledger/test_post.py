"""What the ledger takes, what it refuses and by which name, on every store."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import date

import pytest

from tallystick import db, ledger
from tallystick.base import Instant, Refused, start_of
from tallystick.ledger import PENDING, POST, VOID, AccountFlags, AccountRef, LedgerRefusal, Transfer

NOW = Instant(start_of(date(2026, 3, 2)) + 5)
FACTS = {"merchant": "acct_1", "livemode": False, "currency": "EUR"}
RECEIVABLE = ledger.chart.processor_receivable(processor="one", **FACTS)
PAYABLE = ledger.chart.merchant_payable(**FACTS)
REVENUE = ledger.chart.fee_revenue(**FACTS)
STRICT = AccountRef(
    livemode=False,
    merchant="acct_1",
    name="wallet",
    currency="EUR",
    code=900,
    flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS,
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[db.Database]:
    opened = await db.open(database_url)
    yield opened
    await opened.close()


def transfer(number: int, amount: int, **changes: object) -> Transfer:
    base = Transfer(number, RECEIVABLE, PAYABLE, amount, code=2, reference="pi_1")
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]  # fields by name


async def post(database: db.Database, *transfers: Transfer, day: date | None = None) -> None:
    async with database.unit() as unit:
        ledger.post(unit, transfers, now=NOW, day=day)


async def refusal(database: db.Database, *transfers: Transfer, day: date | None = None) -> str:
    with pytest.raises(Refused) as caught:
        await post(database, *transfers, day=day)
    return str(caught.value.code)


async def test_both_sides_move_by_the_same_amount(database: db.Database) -> None:
    await post(database, transfer(1, 700), transfer(2, 20, debit=PAYABLE, credit=REVENUE))
    assert (await ledger.balance(database, RECEIVABLE)).net_debit == 700
    assert (await ledger.balance(database, PAYABLE)).net_credit == 680
    rows = await ledger.trial_balance(database, livemode=False)
    assert sum(row.balance.net_debit for row in rows) == 0
    postings = await ledger.transfers_of(database, "pi_1")
    assert [(one.amount, one.debit.rpartition(":")[0]) for one in postings] == [
        (700, "test:acct_1:processor_receivable:one"),
        (20, "test:acct_1:merchant_payable"),
    ]


async def test_part_of_a_hold_posts_and_the_rest_is_released(database: db.Database) -> None:
    await post(database, transfer(1, 100, flags=PENDING))
    assert (await ledger.balance(database, PAYABLE)).credits_pending == 100
    await post(database, transfer(2, 60, flags=POST, pending_id=1))
    balance = await ledger.balance(database, PAYABLE)
    assert (balance.credits_pending, balance.credits_posted) == (0, 60)
    assert await refusal(database, transfer(3, 10, flags=POST, pending_id=1)) == "pending_transfer_already_posted"
    assert await refusal(database, transfer(4, 0, flags=VOID, pending_id=1)) == "pending_transfer_already_posted"


async def test_a_voided_hold_cannot_be_posted(database: db.Database) -> None:
    """Blnk #182 let a rejected hold be applied; #41 and #43 let one be voided twice."""
    await post(database, transfer(1, 100, flags=PENDING), transfer(2, 0, flags=VOID, pending_id=1))
    assert await refusal(database, transfer(3, 100, flags=POST, pending_id=1)) == "pending_transfer_already_voided"
    assert await refusal(database, transfer(4, 0, flags=VOID, pending_id=1)) == "pending_transfer_already_voided"
    balance = await ledger.balance(database, PAYABLE)
    assert (balance.credits_pending, balance.credits_posted) == (0, 0)


async def test_more_than_the_hold_is_refused(database: db.Database) -> None:
    """Blnk #62 committed above the held amount."""
    await post(database, transfer(1, 100, flags=PENDING))
    assert await refusal(database, transfer(2, 101, flags=POST, pending_id=1)) == "exceeds_pending_transfer_amount"


async def test_holds_count_against_a_limit(database: db.Database) -> None:
    """Blnk #181 accepted six holds of 1,000 on a balance of 5,000."""
    await post(database, transfer(1, 5000, credit=STRICT))
    for number in range(2, 7):
        await post(database, transfer(number, 1000, debit=STRICT, credit=PAYABLE, flags=PENDING))
    assert await refusal(database, transfer(9, 1000, debit=STRICT, credit=PAYABLE, flags=PENDING)) == "exceeds_credits"


async def test_an_equal_repeat_is_no_change_and_another_is_named(database: db.Database) -> None:
    for _ in range(3):
        await post(database, transfer(1, 100))
    assert (await ledger.balance(database, PAYABLE)).credits_posted == 100
    assert await refusal(database, transfer(1, 101)) == "exists_with_different_amount"
    assert await refusal(database, transfer(1, 100, code=3)) == "exists_with_different_code"
    assert await refusal(database, transfer(1, 100, credit=REVENUE)) == "exists_with_different_credit_account_id"


async def test_the_same_id_twice_in_one_batch(database: db.Database) -> None:
    """Formance stack PR #1633: a bulk with one key twice crashed the server."""
    results = await ledger.create_transfers(
        database, [transfer(1, 5), transfer(1, 5), transfer(1, 6), transfer(2, 7)], now=NOW
    )
    assert [one.status for one in results] == ["created", "created", "exists_with_different_amount", "created"]
    assert (await ledger.balance(database, PAYABLE)).credits_posted == 12


async def test_a_repeat_is_recognised_by_another_process(database: db.Database, database_url: str) -> None:
    other = await db.open(database_url)
    try:
        await post(database, transfer(1, 100, flags=PENDING))
        await post(other, transfer(1, 100, flags=PENDING))
        await post(other, transfer(2, 40, flags=POST, pending_id=1))
        assert await refusal(database, transfer(3, 40, flags=POST, pending_id=1)) == "pending_transfer_already_posted"
        await asyncio.gather(*(post(side, transfer(n, 1)) for n in range(10, 60) for side in (database, other)))
        assert (await ledger.balance(database, PAYABLE)).credits_posted == 90
    finally:
        await other.close()


async def test_a_refused_unit_leaves_no_trace_and_harms_no_other(database: db.Database) -> None:
    good = [post(database, transfer(n, 10)) for n in range(1, 20)]
    bad = post(database, transfer(50, 5), transfer(51, 5, debit=STRICT, credit=PAYABLE))
    outcomes = await asyncio.gather(*good, bad, return_exceptions=True)
    assert [type(one) for one in outcomes if one is not None] == [Refused]
    assert (await ledger.balance(database, PAYABLE)).credits_posted == 190
    assert await ledger.balance(database, STRICT) == ledger.Balance()


async def test_a_closed_day_never_changes(database: db.Database) -> None:
    async with database.unit() as unit:
        ledger.lock(unit, day=date(2026, 3, 1), livemode=False)
    assert await refusal(database, transfer(1, 5), day=date(2026, 3, 1)) == "period_locked"
    await post(database, transfer(2, 5))
    assert await ledger.locked_until(database, livemode=False) == date(2026, 3, 1)
    assert await ledger.locked_until(database, livemode=True) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": 0}, LedgerRefusal.ID_MUST_NOT_BE_ZERO),
        ({"id": 2**128 - 1}, LedgerRefusal.ID_MUST_NOT_BE_INT_MAX),
        ({"flags": PENDING | POST}, LedgerRefusal.FLAGS_ARE_MUTUALLY_EXCLUSIVE),
        ({"credit": RECEIVABLE}, LedgerRefusal.ACCOUNTS_MUST_BE_DIFFERENT),
        ({"pending_id": 7}, LedgerRefusal.PENDING_ID_MUST_BE_ZERO),
        ({"flags": VOID}, LedgerRefusal.PENDING_ID_MUST_NOT_BE_ZERO),
        ({"flags": POST, "pending_id": 1}, LedgerRefusal.PENDING_ID_MUST_BE_DIFFERENT),
        ({"code": 0}, LedgerRefusal.CODE_MUST_NOT_BE_ZERO),
        ({"amount": -1}, LedgerRefusal.AMOUNT_OUT_OF_RANGE),
        ({"amount": 2**63}, LedgerRefusal.AMOUNT_OUT_OF_RANGE),
        ({"flags": POST, "pending_id": 9}, LedgerRefusal.PENDING_TRANSFER_NOT_FOUND),
        (
            {"credit": ledger.chart.merchant_payable(merchant="acct_1", livemode=False, currency="USD")},
            LedgerRefusal.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER,
        ),
    ],
)
async def test_each_malformed_transfer_has_a_name(
    database: db.Database, changes: dict[str, object], code: LedgerRefusal
) -> None:
    assert await refusal(database, dataclasses.replace(transfer(1, 100), **changes)) == code  # type: ignore[arg-type]  # fields by name
    assert await ledger.trial_balance(database, livemode=False) == []


async def test_the_database_itself_refuses_to_change_a_transfer(database: db.Database, database_url: str) -> None:
    from tallystick.ledger.store import TRANSFERS

    await post(database, transfer(1, 100))
    change = db.Update(TRANSFERS, key=("id",), set=("amount",))
    remove = db.Delete(TRANSFERS, key=("id",))
    with pytest.raises(Exception, match="append-only"):
        async with database.unit() as unit:
            unit.update(change, {"id": f"{1:032x}", "amount": 1})
    with pytest.raises(Exception, match="append-only"):
        async with database.unit() as unit:
            unit.delete(remove, {"id": f"{1:032x}"})
    assert (await ledger.transfers_of(database, "pi_1"))[0].amount == 100
