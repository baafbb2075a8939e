"""The rules of posting, pure: state in memory in, a refusal or a changed state out. No SQL, no clock.

One function holds the order of the checks; the first that fails is the answer. A unit's transfers are linked: all or
none. Changes are journalled so that a refused unit leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tallystick.base import Instant, Refused
from tallystick.ledger.model import (
    AMOUNT_LIMIT,
    ID_MAX,
    PENDING,
    POST,
    VOID,
    AccountFlags,
    AccountRef,
    HoldState,
    LedgerRefusal,
    Transfer,
)

# Plain numbers: combining enum members makes a new member each time, and these are asked several times a transfer.
_PENDING, _POST, _VOID = int(PENDING), int(POST), int(VOID)
_SETTLES = _POST | _VOID
_KINDS = frozenset({0, _PENDING, _POST, _VOID})
_DEBITS_LIMITED = int(AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS)
_CREDITS_LIMITED = int(AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS)


@dataclass(slots=True)
class Account:
    """An account's running sums, in minor units; changed in place."""

    ref: AccountRef
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0
    stored: bool = False

    def sums(self) -> tuple[int, int, int, int]:
        """The four sums."""
        return self.debits_pending, self.debits_posted, self.credits_pending, self.credits_posted

    def restore(self, sums: tuple[int, int, int, int]) -> None:
        """Set the four sums back."""
        self.debits_pending, self.debits_posted, self.credits_pending, self.credits_posted = sums


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a transfer to recognise it again and to post or void it."""

    id: int
    debit_id: int
    credit_id: int
    amount: int
    code: int
    flags: int
    pending_id: int


@dataclass(slots=True)
class State:
    """All that the checks look at: accounts, transfers that may be asked for, what became of holds, locked days."""

    accounts: dict[int, Account] = field(default_factory=dict)
    transfers: dict[int, Facts] = field(default_factory=dict)
    holds: dict[int, HoldState] = field(default_factory=dict)
    locked: dict[bool, int] = field(default_factory=dict)

    def account(self, ref: AccountRef) -> Account:
        """The account, opened with zeros on first use."""
        found = self.accounts.get(ref.id)
        if found is None:
            found = self.accounts[ref.id] = Account(ref)
        return found


@dataclass(frozen=True, slots=True)
class Dated:
    """A transfer with the business day (days since 1970-01-01) it belongs to and the moment it is posted."""

    transfer: Transfer
    day: int
    now: Instant


@dataclass(slots=True)
class Changes:
    """What a batch has changed: the rows to write, and how to take it back."""

    posted: list[tuple[Dated, Facts]] = field(default_factory=list)
    opened_holds: list[int] = field(default_factory=list)
    settled_holds: dict[int, HoldState] = field(default_factory=dict)
    touched: dict[int, Account] = field(default_factory=dict)
    locks: dict[bool, int] = field(default_factory=dict)


def post_linked(state: State, changes: Changes, entries: Iterable[Dated]) -> Refused | None:
    """Post all transfers or none."""
    sums: dict[int, tuple[int, int, int, int]] = {}
    mark = len(changes.posted), len(changes.opened_holds), dict(changes.settled_holds)
    for entry in entries:
        refused = post_one(state, changes, sums, entry)
        if refused is not None:
            _take_back(state, changes, sums, mark)
            return refused
    for account_id in sums:
        changes.touched[account_id] = state.accounts[account_id]
    return None


def _take_back(
    state: State,
    changes: Changes,
    sums: dict[int, tuple[int, int, int, int]],
    mark: tuple[int, int, dict[int, HoldState]],
) -> None:
    for account_id, before in sums.items():
        state.accounts[account_id].restore(before)
    for _, facts in changes.posted[mark[0] :]:
        del state.transfers[facts.id]
    del changes.posted[mark[0] :]
    for hold in changes.opened_holds[mark[1] :]:
        state.holds.pop(hold, None)
    del changes.opened_holds[mark[1] :]
    for hold in set(changes.settled_holds) - set(mark[2]):
        state.holds[hold] = HoldState.PENDING
    changes.settled_holds = mark[2]


def post_one(
    state: State, changes: Changes, sums: dict[int, tuple[int, int, int, int]], entry: Dated
) -> Refused | None:
    """Check one transfer in the order of the refusal codes, then apply it. An equal one that exists is no change."""
    transfer = entry.transfer
    malformed = _check_id(transfer)
    if malformed is not None:
        return malformed
    known = state.transfers.get(transfer.id)
    if known is not None:
        return _compare(known, transfer)
    hold = state.transfers.get(transfer.pending_id)
    refused = _check_shape(transfer) or _check_hold(state, transfer, hold)
    if refused is not None:
        return refused
    if entry.day <= state.locked.get(transfer.debit.livemode, -1):
        return _no(
            LedgerRefusal.PERIOD_LOCKED, "That day is closed and never changes. Post a correction on an open day."
        )
    debit, credit = state.account(transfer.debit), state.account(transfer.credit)
    sums.setdefault(debit.ref.id, debit.sums())
    sums.setdefault(credit.ref.id, credit.sums())
    amount = _move(transfer, hold, debit, credit)
    refused = _check_limits(transfer, debit, credit)
    if refused is not None:
        return refused
    _record(state, changes, entry, amount)
    return None


def _no(code: LedgerRefusal, message: str) -> Refused:
    return Refused(code, message)


def _check_id(transfer: Transfer) -> Refused | None:
    if transfer.id == 0:
        return _no(LedgerRefusal.ID_MUST_NOT_BE_ZERO, "Give the transfer an id.")
    if not 0 < transfer.id < ID_MAX:
        return _no(LedgerRefusal.ID_MUST_NOT_BE_INT_MAX, "Give the transfer an id below 2^128 - 1.")
    return None


def _compare(known: Facts, transfer: Transfer) -> Refused | None:
    """Equal is harmless; otherwise the first field that differs is named."""
    amount_differs = known.amount != transfer.amount and not (int(transfer.flags) & _VOID and transfer.amount == 0)
    for differs, code in (
        (known.flags != int(transfer.flags), LedgerRefusal.EXISTS_WITH_DIFFERENT_FLAGS),
        (known.pending_id != transfer.pending_id, LedgerRefusal.EXISTS_WITH_DIFFERENT_PENDING_ID),
        (known.debit_id != transfer.debit.id, LedgerRefusal.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID),
        (known.credit_id != transfer.credit.id, LedgerRefusal.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID),
        (amount_differs, LedgerRefusal.EXISTS_WITH_DIFFERENT_AMOUNT),
        (known.code != transfer.code, LedgerRefusal.EXISTS_WITH_DIFFERENT_CODE),
    ):
        if differs:
            return _no(code, "A transfer with this id exists and says something else. Use a new id.")
    return None


def _check_shape(transfer: Transfer) -> Refused | None:
    flags = int(transfer.flags)
    settles = flags & _SETTLES
    if flags not in _KINDS:
        return _no(LedgerRefusal.FLAGS_ARE_MUTUALLY_EXCLUSIVE, "Use one of pending, post and void.")
    if transfer.debit.id == transfer.credit.id:
        return _no(LedgerRefusal.ACCOUNTS_MUST_BE_DIFFERENT, "Debit and credit must be two accounts.")
    if not settles and transfer.pending_id:
        return _no(LedgerRefusal.PENDING_ID_MUST_BE_ZERO, "Only post and void name a pending transfer.")
    if settles and not transfer.pending_id:
        return _no(LedgerRefusal.PENDING_ID_MUST_NOT_BE_ZERO, "Name the pending transfer to post or void.")
    if transfer.pending_id == transfer.id:
        return _no(LedgerRefusal.PENDING_ID_MUST_BE_DIFFERENT, "A transfer cannot settle itself.")
    if transfer.code == 0:
        return _no(LedgerRefusal.CODE_MUST_NOT_BE_ZERO, "Say what the transfer is for with a code.")
    if type(transfer.amount) is not int or not 0 <= transfer.amount <= AMOUNT_LIMIT:
        return _no(LedgerRefusal.AMOUNT_OUT_OF_RANGE, "The amount is a whole number from 0 to 2^63 - 1.")
    same = transfer.debit.currency == transfer.credit.currency and transfer.debit.livemode == transfer.credit.livemode
    if not same:
        return _no(LedgerRefusal.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER, "Both accounts must share currency and mode.")
    return None


def _check_hold(state: State, transfer: Transfer, hold: Facts | None) -> Refused | None:
    flags = int(transfer.flags)
    if not flags & _SETTLES:
        return None
    if hold is None:
        return _no(LedgerRefusal.PENDING_TRANSFER_NOT_FOUND, "There is no such pending transfer.")
    if not hold.flags & _PENDING:
        return _no(LedgerRefusal.PENDING_TRANSFER_NOT_PENDING, "That transfer was never pending.")
    if hold.debit_id != transfer.debit.id:
        return _no(LedgerRefusal.PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID, "The hold debits another account.")
    if hold.credit_id != transfer.credit.id:
        return _no(LedgerRefusal.PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID, "The hold credits another account.")
    if flags & _POST and transfer.amount > hold.amount:
        return _no(LedgerRefusal.EXCEEDS_PENDING_TRANSFER_AMOUNT, f"At most {hold.amount} can be posted.")
    if flags & _VOID and transfer.amount not in (0, hold.amount):
        return _no(LedgerRefusal.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT, "A void gives back the whole hold.")
    settled = state.holds[hold.id]
    if settled is HoldState.POSTED:
        return _no(LedgerRefusal.PENDING_TRANSFER_ALREADY_POSTED, "The hold was posted already.")
    if settled is HoldState.VOIDED:
        return _no(LedgerRefusal.PENDING_TRANSFER_ALREADY_VOIDED, "The hold was voided already.")
    return None


def _move(transfer: Transfer, hold: Facts | None, debit: Account, credit: Account) -> int:
    """Change the sums; answers the amount that counts."""
    flags = int(transfer.flags)
    if flags & _PENDING:
        debit.debits_pending += transfer.amount
        credit.credits_pending += transfer.amount
        return transfer.amount
    if hold is not None:
        debit.debits_pending -= hold.amount
        credit.credits_pending -= hold.amount
        if flags & _VOID:
            return hold.amount
    debit.debits_posted += transfer.amount
    credit.credits_posted += transfer.amount
    return transfer.amount


def _check_limits(transfer: Transfer, debit: Account, credit: Account) -> Refused | None:
    """Holds count against a limit as if they were posted."""
    spent = debit.debits_pending + debit.debits_posted
    received = credit.credits_pending + credit.credits_posted
    if spent > AMOUNT_LIMIT or received > AMOUNT_LIMIT:
        return _no(LedgerRefusal.OVERFLOWS, "The account cannot hold that much.")
    if int(transfer.flags) & _SETTLES:
        return None
    if int(debit.ref.flags) & _DEBITS_LIMITED and spent > debit.credits_posted:
        return _no(LedgerRefusal.EXCEEDS_CREDITS, "The debited account does not hold enough.")
    if int(credit.ref.flags) & _CREDITS_LIMITED and received > credit.debits_posted:
        return _no(LedgerRefusal.EXCEEDS_DEBITS, "The credited account may not receive that much.")
    return None


def _record(state: State, changes: Changes, entry: Dated, amount: int) -> None:
    transfer = entry.transfer
    facts = Facts(
        transfer.id,
        transfer.debit.id,
        transfer.credit.id,
        amount,
        transfer.code,
        int(transfer.flags),
        transfer.pending_id,
    )
    state.transfers[transfer.id] = facts
    changes.posted.append((entry, facts))
    if facts.flags & _PENDING:
        state.holds[transfer.id] = HoldState.PENDING
        changes.opened_holds.append(transfer.id)
    elif facts.flags & _SETTLES:
        settled = HoldState.POSTED if facts.flags & _POST else HoldState.VOIDED
        state.holds[transfer.pending_id] = settled
        changes.settled_holds[transfer.pending_id] = settled
