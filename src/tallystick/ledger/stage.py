"""The ledger's part of the group commit: checks in order inside the transaction, against balances proven current.

Balances are kept in memory between batches. The order of commits proves them current: when another process has
committed since, they are dropped and what the batch needs is read again. Every process takes that order before it
reads, so no two of them ever check at once. After any failed batch the memory is dropped as well (crash-only).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tallystick.base import Instant
from tallystick.db import LostRace, Row, Statement, Transaction
from tallystick.ledger import store
from tallystick.ledger.engine import Account, Changes, Dated, Facts, State, post_linked
from tallystick.ledger.model import HoldState, Transfer

MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """Transfers on one business day; all entries of a unit are posted, or none."""

    transfers: tuple[Transfer, ...]
    now: Instant
    day: int


@dataclass(frozen=True, slots=True)
class Lock:
    """Close every day up to and with `day` for a mode, where nothing came to those days after the transfer `seen`."""

    livemode: bool
    day: int
    seen: int | None = None


class LedgerStage:
    """See the module; one per database and process."""

    def __init__(self) -> None:
        self._state = State()
        self._changes = Changes()
        self._locks_stored: set[bool] = set()
        self._fresh = False

    async def check(
        self, transaction: Transaction, order: int, *, current: bool, batch: list[tuple[int, list[Any]]]
    ) -> dict[int, Exception]:
        """Post the units' entries in order; answer the refusals."""
        if not current or not self._fresh or len(self._state.transfers) > MOST_REMEMBERED:
            await self._start_afresh(transaction)
        self._changes = Changes()
        await self._load(transaction, batch)
        locks = [item for _, items in batch for item in items if type(item) is Lock]
        passed = {lock for lock in locks if await self._passed(transaction, lock)}
        refused: dict[int, Exception] = {}
        for number, items in batch:
            why = self._apply(items, passed)
            if why is not None:
                refused[number] = why
        return refused

    @staticmethod
    async def _passed(transaction: Transaction, lock: Lock) -> bool:
        """Whether committed transfers came to the lock's days after those its unit has seen."""
        if lock.seen is None:
            return False
        asked = {"seen": lock.seen, "day": lock.day, "livemode": lock.livemode}
        return bool(await transaction.fetch(store.POSTED_SINCE, asked))

    def _apply(self, items: list[Entry | Lock], passed: set[Lock]) -> Exception | None:
        entries = [item for item in items if isinstance(item, Entry)]
        for item in items if len(entries) < len(items) else ():
            if isinstance(item, Lock) and (item in passed or self._posted_under(item)):
                return LostRace(store.TRANSFERS.name, (item.day,))
        dated = [Dated(transfer, entry.day, entry.now) for entry in entries for transfer in entry.transfers]
        why = post_linked(self._state, self._changes, dated)
        if why is None:
            for item in items:
                if isinstance(item, Lock) and item.day > self._state.locked.get(item.livemode, -1):
                    self._state.locked[item.livemode] = self._changes.locks[item.livemode] = item.day
        return why

    def _posted_under(self, lock: Lock) -> bool:
        """Whether a unit before it in the batch posts to the lock's days."""
        return lock.seen is not None and any(
            entry.day <= lock.day and entry.transfer.debit.livemode == lock.livemode
            for entry, _ in self._changes.posted
        )

    async def _start_afresh(self, transaction: Transaction) -> None:
        self._state = State()
        locks = await transaction.fetch(store.ALL_LOCKS, {})
        self._state.locked = {row["mode"] == "live": row["day"] for row in locks}
        self._locks_stored = set(self._state.locked)
        self._fresh = True

    async def _load(self, transaction: Transaction, batch: list[tuple[int, list[Any]]]) -> None:
        """Bring in the accounts the batch names, and the transfers it may repeat or settle.

        Only a unit that stands alone looks its own ids up: in a larger batch a repeated id shows as a taken key when
        the rows are written, and then the units are tried one by one.
        """
        state = self._state
        transfers = [t for _, items in batch for item in items if isinstance(item, Entry) for t in item.transfers]
        refs = {ref.id: ref for t in transfers for ref in (t.debit, t.credit) if ref.id not in state.accounts}
        if refs:
            for row in await transaction.fetch(store.accounts_by_id([store.hexadecimal(one) for one in refs]), {}):
                state.accounts[int(row["id"], 16)] = _account(row)
        wanted = {t.pending_id for t in transfers if t.pending_id}
        if len(batch) == 1:
            wanted |= {t.id for t in transfers}
        wanted = {one for one in wanted if one not in state.transfers}  # `-= keys()` would walk through all of them
        if wanted:
            await self._load_transfers(transaction, wanted)

    async def _load_transfers(self, transaction: Transaction, wanted: set[int]) -> None:
        keys = [store.hexadecimal(one) for one in wanted]
        for row in await transaction.fetch(store.transfers_by_id(keys), {}):
            facts = _facts(row)
            self._state.transfers[facts.id] = facts
            if row["hold_state"] is not None:
                self._state.holds[facts.id] = HoldState(row["hold_state"])

    def writes(self) -> list[tuple[Statement, list[Row]]]:
        """Rows for what was accepted."""
        changes, key = self._changes, store.hexadecimal
        opened = [a for a in changes.touched.values() if not a.stored]
        known = [a for a in changes.touched.values() if a.stored]
        new_locks = [lock for lock in changes.locks.items() if lock[0] not in self._locks_stored]
        moved_locks = [lock for lock in changes.locks.items() if lock[0] in self._locks_stored]
        writes: list[tuple[Statement, list[Row]]] = [
            (store.INSERT_ACCOUNT, [_account_row(account) for account in opened]),
            (store.SAVE_SUMS, [(key(account.ref.id), *account.sums()) for account in known]),
            (store.INSERT_TRANSFER, [_transfer_row(*one) for one in changes.posted]),
            (store.INSERT_HOLD, [_hold_row(hold, self._state) for hold in changes.opened_holds]),
            (store.SAVE_HOLD, [(key(hold), state.value) for hold, state in self._settled_earlier()]),
            (store.INSERT_LOCK, [("live" if live else "test", day) for live, day in new_locks]),
            (store.SAVE_LOCK, [("live" if live else "test", day) for live, day in moved_locks]),
        ]
        return [(statement, rows) for statement, rows in writes if rows]

    def _settled_earlier(self) -> list[tuple[int, HoldState]]:
        """Holds of earlier batches; one opened and settled in the same batch is inserted as settled."""
        opened = set(self._changes.opened_holds)
        return [(hold, state) for hold, state in self._changes.settled_holds.items() if hold not in opened]

    def committed(self) -> None:
        """The accounts that were touched are stored now."""
        for account in self._changes.touched.values():
            account.stored = True
        self._locks_stored |= set(self._changes.locks)
        self._changes = Changes()

    def rolled_back(self) -> None:
        """What is in memory may be ahead of the database: forget it all."""
        self._state, self._changes, self._fresh = State(), Changes(), False


def _account(row: dict[str, Any]) -> Account:
    return Account(
        store.ref_of(row),
        row["debits_pending"],
        row["debits_posted"],
        row["credits_pending"],
        row["credits_posted"],
        stored=True,
    )


def _facts(row: dict[str, Any]) -> Facts:
    return Facts(
        int(row["id"], 16),
        int(row["debit_account_id"], 16),
        int(row["credit_account_id"], 16),
        row["amount"],
        row["code"],
        row["flags"],
        int(row["pending_id"] or "0", 16),
    )


def _account_row(account: Account) -> Row:
    ref = account.ref
    return (
        store.hexadecimal(ref.id),
        ref.path,
        ref.livemode,
        ref.merchant,
        ref.name,
        ref.processor,
        ref.currency,
        ref.code,
        int(ref.flags),
        *account.sums(),
    )


def _transfer_row(entry: Dated, facts: Facts) -> Row:
    transfer = entry.transfer
    key = store.hexadecimal
    return (
        key(facts.id),
        None,
        key(facts.debit_id),
        key(facts.credit_id),
        facts.amount,
        transfer.debit.currency,
        facts.code,
        facts.flags,
        key(facts.pending_id) if facts.pending_id else None,
        transfer.reference,
        entry.day,
        entry.now,
    )


def _hold_row(hold: int, state: State) -> Row:
    return store.hexadecimal(hold), state.holds[hold].value
