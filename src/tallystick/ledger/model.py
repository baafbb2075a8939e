"""The words of double entry: accounts, transfers, holds, and every reason to refuse one.

Names, flags and result names are TigerBeetle's (docs/reference/{account,transfer}.md and
docs/reference/requests/create_transfers.md in its repository), because they are the strictest published ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum
from hashlib import blake2b

from tallystick.base import SUFFIX_LENGTH, Kind, RefusalCode

ID_MAX = 2**128 - 1
AMOUNT_LIMIT = 2**63 - 1
"""Largest amount and largest balance: what a BIGINT holds."""


class AccountFlags(IntFlag):
    """What an account may not do."""

    NONE = 0
    DEBITS_MUST_NOT_EXCEED_CREDITS = 2
    CREDITS_MUST_NOT_EXCEED_DEBITS = 4


class TransferFlags(IntFlag):
    """What kind of transfer it is; the three kinds exclude each other."""

    NONE = 0
    PENDING = 2
    POST_PENDING_TRANSFER = 4
    VOID_PENDING_TRANSFER = 8


PENDING = TransferFlags.PENDING
POST = TransferFlags.POST_PENDING_TRANSFER
VOID = TransferFlags.VOID_PENDING_TRANSFER


class HoldState(StrEnum):
    """What became of a pending transfer."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


class LedgerRefusal(RefusalCode):
    """Why a transfer is refused; the order of the members is the order of precedence."""

    ID_MUST_NOT_BE_ZERO = "id_must_not_be_zero", Kind.INVALID
    ID_MUST_NOT_BE_INT_MAX = "id_must_not_be_int_max", Kind.INVALID
    EXISTS_WITH_DIFFERENT_FLAGS = "exists_with_different_flags", Kind.CONFLICT
    EXISTS_WITH_DIFFERENT_PENDING_ID = "exists_with_different_pending_id", Kind.CONFLICT
    EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT_ID = "exists_with_different_debit_account_id", Kind.CONFLICT
    EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID = "exists_with_different_credit_account_id", Kind.CONFLICT
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount", Kind.CONFLICT
    EXISTS_WITH_DIFFERENT_CODE = "exists_with_different_code", Kind.CONFLICT
    FLAGS_ARE_MUTUALLY_EXCLUSIVE = "flags_are_mutually_exclusive", Kind.INVALID
    ACCOUNTS_MUST_BE_DIFFERENT = "accounts_must_be_different", Kind.INVALID
    PENDING_ID_MUST_BE_ZERO = "pending_id_must_be_zero", Kind.INVALID
    PENDING_ID_MUST_NOT_BE_ZERO = "pending_id_must_not_be_zero", Kind.INVALID
    PENDING_ID_MUST_BE_DIFFERENT = "pending_id_must_be_different", Kind.INVALID
    CODE_MUST_NOT_BE_ZERO = "code_must_not_be_zero", Kind.INVALID
    AMOUNT_OUT_OF_RANGE = "amount_out_of_range", Kind.INVALID
    ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER = "accounts_must_have_the_same_ledger", Kind.INVALID
    PENDING_TRANSFER_NOT_FOUND = "pending_transfer_not_found", Kind.MISSING
    PENDING_TRANSFER_NOT_PENDING = "pending_transfer_not_pending", Kind.INVALID
    PENDING_TRANSFER_HAS_DIFFERENT_DEBIT_ACCOUNT_ID = "pending_transfer_has_different_debit_account_id", Kind.INVALID
    PENDING_TRANSFER_HAS_DIFFERENT_CREDIT_ACCOUNT_ID = "pending_transfer_has_different_credit_account_id", Kind.INVALID
    EXCEEDS_PENDING_TRANSFER_AMOUNT = "exceeds_pending_transfer_amount", Kind.STATE
    PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT = "pending_transfer_has_different_amount", Kind.INVALID
    PENDING_TRANSFER_ALREADY_POSTED = "pending_transfer_already_posted", Kind.STATE
    PENDING_TRANSFER_ALREADY_VOIDED = "pending_transfer_already_voided", Kind.STATE
    OVERFLOWS = "overflows", Kind.INVALID
    EXCEEDS_CREDITS = "exceeds_credits", Kind.INSUFFICIENT
    EXCEEDS_DEBITS = "exceeds_debits", Kind.INSUFFICIENT
    PERIOD_LOCKED = "period_locked", Kind.STATE


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account by what it is: its id follows from its path, so it need not be looked up, only opened on first use.

    `code` is the chart's number of its name; `currency` is its ledger: transfers never cross it.
    """

    livemode: bool
    merchant: str
    name: str
    currency: str
    code: int
    processor: str = ""
    flags: AccountFlags = AccountFlags.NONE
    path: str = field(init=False)
    id: int = field(init=False)

    def __post_init__(self) -> None:
        parts = ("live" if self.livemode else "test", self.merchant, self.name, self.processor, self.currency)
        path = ":".join(part for part in parts if part)
        object.__setattr__(self, "path", path)
        digest = blake2b(path.encode(), digest_size=16, person=b"account").digest()
        object.__setattr__(self, "id", int.from_bytes(digest, "big") or 1)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Debit one account and credit another by the same `amount` of minor units.

    With PENDING it is a hold. POST (of the hold `pending_id`) posts `amount` of it and releases the rest; VOID gives
    all back and takes amount 0 or the hold's. `reference` is the payment or file it belongs to.
    """

    id: int
    debit: AccountRef
    credit: AccountRef
    amount: int
    code: int
    flags: TransferFlags = TransferFlags.NONE
    pending_id: int = 0
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """Four running sums of one account, in minor units of its currency."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    @property
    def net_debit(self) -> int:
        """Posted debits less posted credits: what a clearing or asset account holds."""
        return self.debits_posted - self.credits_posted

    @property
    def net_credit(self) -> int:
        """Posted credits less posted debits: what a liability or revenue account holds."""
        return self.credits_posted - self.debits_posted


_RANDOM_BITS = 80
_ALPHABET = {letter: value for value, letter in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}


def transfer_id(subject: str, event: str, ordinal: int = 0) -> int:
    """The id of the transfer that `event` number `ordinal` of `subject` makes: a retry gives the same id.

    The 48 bits of time come from the subject's own id where it has one, so that ids stay time-ordered and the index
    grows at its end; the other 80 are a digest.
    """
    digest = blake2b(f"{subject}/{event}/{ordinal}".encode(), digest_size=10, person=b"transfer").digest()
    return (_milliseconds(subject) << _RANDOM_BITS) | int.from_bytes(digest, "big")


def _milliseconds(subject: str) -> int:
    suffix = subject.rpartition("_")[2]
    if len(suffix) != SUFFIX_LENGTH or any(letter not in _ALPHABET for letter in suffix):
        return 0
    number = 0
    for letter in suffix[:10]:
        number = number << 5 | _ALPHABET[letter]
    return number & (2**48 - 1)
