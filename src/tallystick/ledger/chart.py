"""The chart of accounts: every account that money can be in, and what each posting is called.

Accounts are per merchant, mode and currency; those in front of a processor are per processor as well, because each
must return to zero by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from tallystick.ledger.model import AccountRef


class Side(StrEnum):
    """The side on which an account normally stands."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the chart. A clearing account must return to zero or be explained."""

    code: int
    name: str
    side: Side
    clearing: bool
    meaning: str


PROCESSOR_RECEIVABLE = Kind(
    110, "processor_receivable", Side.DEBIT, True, "captured, not yet paid out by the processor"
)
BANK = Kind(120, "bank", Side.DEBIT, False, "money at the bank")
PAYOUTS_IN_TRANSIT = Kind(210, "payouts_in_transit", Side.CREDIT, True, "sent to merchants, not yet on a bank line")
MERCHANT_PAYABLE = Kind(220, "merchant_payable", Side.CREDIT, False, "owed to the merchant")
FEE_REVENUE = Kind(410, "fee_revenue", Side.CREDIT, False, "our fees")
PROCESSOR_FEE_EXPENSE = Kind(510, "processor_fee_expense", Side.DEBIT, False, "what processors charge us")

CHART = (PROCESSOR_RECEIVABLE, BANK, PAYOUTS_IN_TRANSIT, MERCHANT_PAYABLE, FEE_REVENUE, PROCESSOR_FEE_EXPENSE)
BY_NAME = {kind.name: kind for kind in CHART}


class TransferCode(IntEnum):
    """What a posting is for."""

    AUTHORIZED = 1
    CAPTURED = 2
    FEE = 3
    REFUNDED = 4
    PROCESSOR_FEE = 5
    BANK_SETTLEMENT = 6
    DISPUTE_OPENED = 7
    DISPUTE_WON = 8
    PAYOUT_SENT = 9
    PAYOUT_PAID = 10
    RELEASED = 11
    REFUND_FAILED = 12
    CORRECTION = 13


@lru_cache(maxsize=65_536)
def _account(kind: Kind, livemode: bool, merchant: str, currency: str, processor: str = "") -> AccountRef:
    return AccountRef(
        livemode=livemode, merchant=merchant, name=kind.name, currency=currency, code=kind.code, processor=processor
    )


def processor_receivable(*, merchant: str, livemode: bool, currency: str, processor: str) -> AccountRef:
    """What this processor owes for this merchant's payments."""
    return _account(PROCESSOR_RECEIVABLE, livemode, merchant, currency, processor)


def processor_fee_expense(*, merchant: str, livemode: bool, currency: str, processor: str) -> AccountRef:
    """What this processor has charged for this merchant's payments."""
    return _account(PROCESSOR_FEE_EXPENSE, livemode, merchant, currency, processor)


def merchant_payable(*, merchant: str, livemode: bool, currency: str) -> AccountRef:
    """What is owed to the merchant."""
    return _account(MERCHANT_PAYABLE, livemode, merchant, currency)


def fee_revenue(*, merchant: str, livemode: bool, currency: str) -> AccountRef:
    """What the platform has earned from this merchant."""
    return _account(FEE_REVENUE, livemode, merchant, currency)


def bank(*, merchant: str, livemode: bool, currency: str) -> AccountRef:
    """Money at the bank, held for this merchant."""
    return _account(BANK, livemode, merchant, currency)


def payouts_in_transit(*, merchant: str, livemode: bool, currency: str) -> AccountRef:
    """Sent to the merchant, not yet seen on a bank line."""
    return _account(PAYOUTS_IN_TRANSIT, livemode, merchant, currency)
