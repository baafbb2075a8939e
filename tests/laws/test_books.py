"""Laws 1 and 5 of the books: the ledger against an independent model, by random command streams.

The model below shares no code with the engine: it keeps dictionaries and recomputes everything from scratch.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick import db, ledger
from tallystick.base import Instant, Refused
from tallystick.ledger import AccountFlags, AccountRef, Transfer, TransferFlags

NOW = Instant(1_800_000_000_000_000)
FLAGS = (AccountFlags.NONE, AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS, AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS)
NAMES = ("open", "wallet", "budget")


class Model:
    """Accounts 0 (free), 1 (debits within credits), 2 (credits within debits), 3 (free); the plainest rules."""

    def __init__(self) -> None:
        self.done: dict[int, tuple[Any, ...]] = {}
        self.state: dict[int, str] = {}
        self.debits: dict[int, list[int]] = defaultdict(lambda: [0, 0])  # account -> [pending, posted]
        self.credits: dict[int, list[int]] = defaultdict(lambda: [0, 0])

    def post(self, number: int, debit: int, credit: int, amount: int, kind: str, pending: int) -> str:
        said = (debit, credit, amount, kind, pending)
        if number in self.done:
            return "ok" if self._same(self.done[number], said) else "exists"
        if debit == credit:
            return "accounts_must_be_different"
        if kind in ("post", "void"):
            return self._settle(number, said)
        if pending:
            return "pending_id_must_be_zero"
        column = 0 if kind == "hold" else 1
        self.debits[debit][column] += amount
        self.credits[credit][column] += amount
        over = "exceeds_credits" if debit == 1 and sum(self.debits[1]) > self.credits[1][1] else ""
        over = over or ("exceeds_debits" if credit == 2 and sum(self.credits[2]) > self.debits[2][1] else "")
        if over:
            self.debits[debit][column] -= amount
            self.credits[credit][column] -= amount
            return over
        self.done[number] = said
        if kind == "hold":
            self.state[number] = "pending"
        return "ok"

    @staticmethod
    def _same(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
        return before == now or (now[3] == "void" and now[2] == 0 and before[:2] + before[3:] == now[:2] + now[3:])

    def _settle(self, number: int, said: tuple[Any, ...]) -> str:
        debit, credit, amount, kind, pending = said
        if not pending:
            return "pending_id_must_not_be_zero"
        if pending == number:
            return "pending_id_must_be_different"
        if pending not in self.done:
            return "pending_transfer_not_found"
        if pending not in self.state:
            return "pending_transfer_not_pending"
        hold = self.done[pending]
        if hold[0] != debit:
            return "pending_transfer_has_different_debit_account_id"
        if hold[1] != credit:
            return "pending_transfer_has_different_credit_account_id"
        if kind == "post" and amount > hold[2]:
            return "exceeds_pending_transfer_amount"
        if kind == "void" and amount not in (0, hold[2]):
            return "pending_transfer_has_different_amount"
        if self.state[pending] != "pending":
            return f"pending_transfer_already_{self.state[pending]}"
        self.debits[debit][0] -= hold[2]
        self.credits[credit][0] -= hold[2]
        if kind == "post":
            self.debits[debit][1] += amount
            self.credits[credit][1] += amount
        self.state[pending] = "posted" if kind == "post" else "voided"
        self.done[number] = (debit, credit, hold[2] if kind == "void" else amount, kind, pending)
        return "ok"


KINDS = {
    "plain": TransferFlags.NONE,
    "hold": ledger.PENDING,
    "post": ledger.POST,
    "void": ledger.VOID,
}
COMMANDS = st.tuples(
    st.integers(1, 12),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(0, 9),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([0, 0, *range(1, 8)]),
)


def account(prefix: str, number: int) -> AccountRef:
    return AccountRef(
        livemode=False,
        merchant=prefix,
        name=(*NAMES, "other")[number],
        currency="EUR",
        code=900 + number,
        flags=(*FLAGS, AccountFlags.NONE)[number],
    )


async def play(database: db.Database, commands: list[tuple[int, int, int, int, str, int]], prefix: str) -> Model:
    model, base = Model(), random.Random(prefix).getrandbits(100) << 16
    for number, debit, credit, amount, kind, pending in commands:
        transfer = Transfer(
            base + number,
            account(prefix, debit),
            account(prefix, credit),
            amount,
            code=7,
            flags=KINDS[kind],
            pending_id=base + pending if pending else 0,
            reference=prefix,
        )
        expected = model.post(number, debit, credit, amount, kind, pending)
        try:
            async with database.unit() as unit:
                ledger.post(unit, [transfer], now=NOW)
            answer = "ok"
        except Refused as refused:
            answer = str(refused.code)
        assert answer.startswith(expected), (number, debit, credit, amount, kind, pending)
    return model


async def check(database: db.Database, model: Model, prefix: str) -> None:
    total = ledger.Balance()
    for number in range(4):
        balance = await ledger.balance(database, account(prefix, number))
        assert [balance.debits_pending, balance.debits_posted] == model.debits[number]
        assert [balance.credits_pending, balance.credits_posted] == model.credits[number]
        total = ledger.Balance(
            total.debits_pending + balance.debits_pending,
            total.debits_posted + balance.debits_posted,
            total.credits_pending + balance.credits_pending,
            total.credits_posted + balance.credits_posted,
        )
    assert total.debits_pending == total.credits_pending
    assert total.debits_posted == total.credits_posted
    assert len(await ledger.transfers_of(database, prefix)) == len(model.done)


@pytest.fixture
async def database(database_url: str) -> Any:
    opened = await db.open(database_url)
    yield opened
    await opened.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands=st.lists(COMMANDS, max_size=40))
async def test_the_ledger_and_the_model_agree(database: db.Database, commands: list[Any]) -> None:
    prefix = database.ids.new("acct")
    model = await play(database, commands, prefix)
    await check(database, model, prefix)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(1, 60), min_size=1, max_size=30), wallet=st.integers(0, 300))
async def test_a_limit_holds_under_any_concurrency(database: db.Database, amounts: list[int], wallet: int) -> None:
    """However many spend at once, from two processes' memories, no more leaves the wallet than is in it."""
    prefix = database.ids.new("acct")
    source, spender, sink = account(prefix, 0), account(prefix, 1), account(prefix, 3)
    base = random.Random(prefix).getrandbits(100) << 16
    transfers = [Transfer(base + n, spender, sink, amount, code=7) for n, amount in enumerate(amounts, 2)]
    await ledger.create_transfers(database, [Transfer(base + 1, source, spender, wallet, code=7)], now=NOW)
    results = await asyncio.gather(*(ledger.create_transfers(database, [one], now=NOW) for one in transfers))
    spent = sum(t.amount for t, [r] in zip(transfers, results, strict=True) if r.status == "created")
    refused = [t.amount for t, [r] in zip(transfers, results, strict=True) if r.status == "exceeds_credits"]
    assert spent <= wallet
    assert all(amount > wallet - spent for amount in refused), "what would still have fitted is not refused"
    assert (await ledger.balance(database, sink)).credits_posted == spent


def test_transfer_ids_are_stable_and_ordered_by_their_subject() -> None:
    first, second = "pi_01m7z28s3crnba9fvjamctfe4q", "pi_01m7z28t3crnba9fvjamctfe4q"
    assert ledger.transfer_id(first, "capture") == ledger.transfer_id(first, "capture")
    assert ledger.transfer_id(first, "capture") != ledger.transfer_id(first, "capture", 1)
    assert ledger.transfer_id(first, "refund") < ledger.transfer_id(second, "capture")
