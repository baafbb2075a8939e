"""What the stand-in processor and its bank remember, and how one of them is set up.

Amounts are minor units. Things are plain records without behaviour: `payments.py`, `disputes.py`, `settle.py` and
`bank.py` hold the rules, `state.py` keeps the records.
"""

from __future__ import annotations

import datetime
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple

import msgspec

NO_ANSWER = 0
"""The status of a reply that is never sent: the work is done, and the caller waits in vain."""


class Reply(NamedTuple):
    """What a call is answered with. `status` is an HTTP status or NO_ANSWER."""

    status: int
    body: bytes


class Problem(Exception):
    """A call that was not carried out and left no trace."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Fee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price per captured payment: hundredths of a percent of it and a fixed part in its minor units."""

    basis_points: int = 290
    fixed_minor: int = 30


class SandboxSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sandbox process. docs/reference/sandbox.md says what each is for."""

    name: str = "sandbox"
    host: str = "127.0.0.1"
    port: int = 8471
    api_key: str = "sandbox"
    file: str = ""
    seed: int = 1
    approval_basis_points: int = 10_000
    fee: Fee = Fee()
    fees: dict[str, Fee] = {}
    dispute_fee_minor: int = 1500
    dispute_delay_seconds: int = 0
    refund_delay_seconds: int = 2
    payout_lag_days: int = 0
    latency_ms: int = 0
    immune: tuple[str, ...] = ()
    notify_url: str = ""
    notify: Literal["news", "all", "none"] = "news"
    notification_secret: str = "sandbox"
    opening_balances: dict[str, int] = {}


class Status(StrEnum):
    """Where a payment stands at the processor."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"


class Payment(msgspec.Struct, array_like=True, gc=False):
    """One card payment. `refunded` counts pending refunds too; `disputed` is what disputes took and kept."""

    id: str
    key: str
    reference: str
    token: str
    currency: str
    authorised: int
    status: Status
    created: int
    captured: int = 0
    refunded: int = 0
    disputed: int = 0
    final: bool = False


class Operation(msgspec.Struct, array_like=True, gc=False):
    """What was asked under one idempotency key (its `id`), and what came of it.

    `asked` is a digest of the request; `reply` the answer that was given and is given again.
    """

    id: str
    kind: str
    asked: bytes
    payment: str
    amount: int
    currency: str
    created: int
    status: Literal["approved", "declined", "pending"] = "approved"
    reference: str = ""
    code: str = ""
    decline_code: str | None = None
    reply: bytes = b""


class Movement(msgspec.Struct, array_like=True, gc=False):
    """Money that moved, as the settlement report will show it. `gross` is signed; `net` is gross less fee.

    `payout` is set when it was settled. `withheld` marks one that was left out of a report on purpose.
    """

    id: str
    type: Literal["charge", "refund", "dispute", "dispute_reversal"]
    key: str
    payment: str
    reference: str
    currency: str
    gross: int
    fee: int
    occurred: int
    payout: str = ""
    withheld: bool = False

    @property
    def net(self) -> int:
        """What it adds to the payout."""
        return self.gross - self.fee


class Dispute(msgspec.Struct, array_like=True, gc=False):
    """A cardholder's objection. An inquiry takes no money."""

    id: str
    payment: str
    key: str
    amount: int
    currency: str
    reason: str
    created: int
    status: Literal["open", "inquiry", "won", "lost"] = "open"


class Later(msgspec.Struct, array_like=True, gc=False):
    """Something the processor will do by itself at `due`."""

    id: str
    due: int
    what: Literal["dispute", "refund_succeeds", "refund_fails"]
    target: str


class Notice(msgspec.Struct, array_like=True, gc=False):
    """News to be posted to the platform. Copies of one event differ in `id` and share `body`."""

    id: str
    payment: str
    kind: str
    body: bytes
    created: int
    due: int
    tries: int = 0


class Balance(msgspec.Struct, array_like=True, gc=False):
    """Debits less credits of one account; `id` is `book:account:CUR`."""

    id: str
    amount: int = 0


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One posting of a book."""

    id: str
    book: str
    debit: str
    credit: str
    currency: str
    amount: int
    reference: str


class Payout(msgspec.Struct, array_like=True, gc=False):
    """What one report pays out in one currency; negative when the processor collects."""

    id: str
    report: str
    currency: str
    movements: int
    gross: int
    fee: int
    book_day: str

    @property
    def net(self) -> int:
        """The amount of the bank transfer."""
        return self.gross - self.fee


class Report(msgspec.Struct, array_like=True, gc=False):
    """One settlement report (its `id` is the day): the text of the file and the answer of the control call."""

    id: str
    file: str
    text: str
    answer: bytes


class Transfer(msgspec.Struct, array_like=True, gc=False):
    """A line of the bank: money to (positive) or from the platform's account."""

    id: str
    currency: str
    amount: int
    end_to_end: str
    party: str
    text: str
    book_day: str
    statement: str = ""


class BankStatement(msgspec.Struct, array_like=True, gc=False):
    """One account's day; `id` is `CUR:day`."""

    id: str
    number: int
    opening: int
    closing: int
    created: int


Count = Annotated[int, msgspec.Meta(ge=0)]


class Plant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Trouble to plant into one day end: how many, or which.

    Payments are named by the platform's payment id or attempt id, payouts by currency, unknown bank lines by
    currency and amount.
    """

    missing_payment: Count | list[str] = 0
    duplicate_line: Count | list[str] = 0
    wrong_fee: Count | list[str] = 0
    late_payout: Count | list[str] = 0
    unknown_bank_line: Count | list[StrayLine] = 0


class StrayLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bank line nobody knows."""

    currency: str
    amount: int


class DayEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The control call that ends a processor's day. `release` pays what was withheld before."""

    day: datetime.date
    directory: str = ""
    plant: Plant = Plant()
    release: bool = False
