"""What a bank or processor file says, as exact values.

Amounts are whole minor units, signed from the account holder's side: money in is positive. Days are the calendar days
the file states, never converted between zones. A line's `natural_key` names the same movement in every file that
tells of it; `digest` changes whenever anything it says changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self

from tallystick.base import Instant, Kind, RefusalCode, Refused


class StatementRefusal(RefusalCode):
    """Why a file is not taken, or not found. The order is the precedence when several hold."""

    FILE_MISSING = "statement_file_missing", Kind.MISSING
    FILE_TOO_LARGE = "statement_file_too_large", Kind.TOO_LARGE
    FILE_CHANGED = "statement_file_changed", Kind.CONFLICT
    FILE_EMPTY = "statement_file_empty", Kind.INVALID
    ARCHIVE_INVALID = "statement_archive_invalid", Kind.INVALID
    ARCHIVE_HOLDS_SEVERAL = "statement_archive_holds_several", Kind.INVALID
    FORMAT_UNKNOWN = "statement_format_unknown", Kind.INVALID
    ENCODING_INVALID = "statement_encoding_invalid", Kind.INVALID
    MARKUP_FORBIDDEN = "statement_markup_forbidden", Kind.INVALID
    MARKUP_INVALID = "statement_markup_invalid", Kind.INVALID
    VERSION_UNKNOWN = "statement_version_unknown", Kind.INVALID
    STRUCTURE_INVALID = "statement_structure_invalid", Kind.INVALID
    VALUE_INVALID = "statement_value_invalid", Kind.INVALID
    CURRENCY_UNKNOWN = "statement_currency_unknown", Kind.INVALID
    AMOUNT_INVALID = "statement_amount_invalid", Kind.INVALID
    AMOUNT_NOT_EXACT = "statement_amount_not_exact", Kind.INVALID
    COUNT_DISAGREES = "statement_count_disagrees", Kind.INVALID
    SUM_DISAGREES = "statement_sum_disagrees", Kind.INVALID
    BALANCE_DISAGREES = "statement_balance_disagrees", Kind.INVALID
    DETAILS_DISAGREE = "statement_details_disagree", Kind.INVALID


class Family(StrEnum):
    """What sort of document a statement is; only lines of one family restate each other."""

    STATEMENT = "statement"
    """Final account statement (camt.053)."""
    REPORT = "report"
    """Interim account report (camt.052)."""
    NOTIFICATION = "notification"
    """Debit or credit notification (camt.054): details of entries that a statement also has."""
    SETTLEMENT = "settlement"
    """A processor's settlement report."""


class LineKind(StrEnum):
    """What a line tells of."""

    ENTRY = "entry"
    """A bank entry."""
    CHARGE = "charge"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    PAYOUT = "payout"
    """Money the processor sent to the bank; negative, because it leaves the account at the processor."""


class LineStatus(StrEnum):
    """How final a line is. Only booked lines count in a proof."""

    BOOKED = "booked"
    PENDING = "pending"
    INFORMATION = "information"


class Reference(StrEnum):
    """Kinds of reference a line may carry; ISO 20022 element in brackets."""

    END_TO_END = "end_to_end_id"  # EndToEndId
    TRANSACTION = "transaction_id"  # TxId
    UETR = "uetr"  # UETR
    INSTRUCTION = "instruction_id"  # InstrId
    MESSAGE = "message_id"  # MsgId
    PAYMENT_INFORMATION = "payment_information_id"  # PmtInfId
    MANDATE = "mandate_id"  # MndtId
    CHEQUE = "cheque_number"  # ChqNb
    CLEARING = "clearing_reference"  # ClrSysRef
    SERVICER = "servicer_reference"  # AcctSvcrRef of the entry
    SERVICER_DETAIL = "servicer_detail_reference"  # AcctSvcrRef of one transaction within the entry
    ENTRY = "entry_reference"  # NtryRef
    CREDITOR = "creditor_reference"  # CdtrRefInf/Ref
    MOVEMENT = "movement_id"
    MERCHANT = "merchant_reference"
    PROCESSOR = "processor_reference"
    PAYMENT = "payment_reference"
    PAYOUT = "payout_id"


class ProofStatus(StrEnum):
    """Whether opening + movements = closing could be checked. A file that fails the check is refused instead."""

    PROVEN = "proven"
    NOT_STATED = "not_stated"


class ReversalReading(StrEnum):
    """Which direction the credit/debit mark of a reversed entry tells of."""

    OF_ENTRY = "of_entry"
    """Of the entry itself: what ISO 20022 says, and the reading unless the balances prove the other."""
    OF_ORIGINAL = "of_original"
    """Of the operation that is reversed, so the money moved the other way."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file something stands: line number from 1, and the element or column."""

    file: str
    line: int = 0
    element: str = ""

    def __str__(self) -> str:
        parts = [self.file, f"line {self.line}" if self.line else "", self.element]
        return ", ".join(part for part in parts if part)

    def at(self, element: str, line: int = 0) -> Place:
        """The same file, another spot."""
        return Place(self.file, line or self.line, element)

    def refuse(self, code: StatementRefusal, reason: str, **details: Any) -> Refused:
        """The refusal to raise: its message names file, line, element and reason."""
        where: dict[str, Any] = {"file": self.file, "line": self.line, "element": self.element, "reason": reason}
        return Refused(code, f"{self}: {reason}", **where, **details)


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge the bank names: positive costs the account holder. `included`: it is inside the entry's amount."""

    amount_minor: int
    currency: str
    included: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One transaction of a batch entry. `amount_minor` is None where the file states none in `currency`."""

    amount_minor: int | None
    currency: str
    references: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    party: str = ""
    party_account: str = ""
    fee_minor: int = 0
    return_reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on one account.

    `amount_minor` = `gross_minor` - `fee_minor`. `statement` and `ordinal` count from 1, the latter through the file.
    `occurrence` is 1 unless the same natural key stands in the file before.
    """

    statement: int
    ordinal: int
    natural_key: str
    digest: str
    amount_minor: int
    gross_minor: int
    fee_minor: int
    currency: str
    booked: date | None
    value: date | None
    kind: LineKind
    status: LineStatus
    references: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    additional: str = ""
    code: str = ""
    party: str = ""
    party_account: str = ""
    reversal: bool = False
    return_reason: str = ""
    occurred: Instant | None = None
    charges: tuple[Charge, ...] = ()
    details: tuple[Detail, ...] = ()
    occurrence: int = 1
    line: int = 0
    element: str = ""

    @property
    def day(self) -> date | None:
        """The booking day, or the value day where only that is stated."""
        return self.booked or self.value

    def turned(self) -> Line:
        """The same line with the money moving the other way."""
        details = tuple(
            detail if detail.amount_minor is None else replace(detail, amount_minor=-detail.amount_minor)
            for detail in self.details
        )
        gross = -self.amount_minor + self.fee_minor
        return replace(self, amount_minor=-self.amount_minor, gross_minor=gross, details=details)


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance as stated; negative is owed to the bank. `code` is the ISO code, such as OPBD or CLBD."""

    code: str
    amount_minor: int
    currency: str
    day: date | None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One number the file states about itself beside the number found in it."""

    refusal: StatementRefusal
    element: str
    stated: str
    found: str
    line: int = 0

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.stated == self.found


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked. `missing` says in words why the status is NOT_STATED."""

    status: ProofStatus
    checks: tuple[Check, ...] = ()
    missing: str = ""
    reversals: ReversalReading = ReversalReading.OF_ENTRY


NOTHING_PROVEN = Proof(ProofStatus.NOT_STATED, missing="nothing was checked yet")


@dataclass(frozen=True, slots=True)
class Statement:
    """One account, one period. `lines` is empty while a file is streamed."""

    ordinal: int
    family: Family
    identity: str
    account: str
    currency: str
    """Empty when neither the account, a balance nor a line names one."""
    key: str
    """Names this statement in every file that carries it, so that a re-issue is known."""
    sequence: str = ""
    period: tuple[date | None, date | None] = (None, None)
    balances: tuple[Balance, ...] = ()
    opening: Balance | None = None
    closing: Balance | None = None
    lines: tuple[Line, ...] = field(default=(), repr=False)
    line_count: int = 0
    proof: Proof = NOTHING_PROVEN


@dataclass(frozen=True, slots=True)
class Begun:
    """Streaming: a statement begins; its lines follow, marked with its ordinal."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Ended:
    """Streaming: a statement is complete and its numbers agree."""

    statement: Statement


Event = Begun | Line | Ended


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file that was read whole and whose own numbers agree. `digest` is the SHA-256 of its bytes."""

    name: str
    format: str
    version: str
    digest: str
    size: int
    statements: tuple[Statement, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines of all statements, in file order."""
        lines = [line for statement in self.statements for line in statement.lines]
        return tuple(sorted(lines, key=lambda line: line.ordinal))

    @property
    def proof(self) -> Proof:
        """PROVEN when every statement is; otherwise what is missing."""
        checks = tuple(check for statement in self.statements for check in statement.proof.checks)
        missing = [
            f"{statement.identity}: {statement.proof.missing}"
            for statement in self.statements
            if statement.proof.status is ProofStatus.NOT_STATED
        ]
        if missing:
            return Proof(ProofStatus.NOT_STATED, checks, "; ".join(missing))
        return Proof(ProofStatus.PROVEN, checks)

    def with_name(self, name: str) -> Self:
        """The same content under another name."""
        return replace(self, name=name)
