"""The books: every transfer debits one account and credits another by the same amount."""

from tallystick.ledger import chart
from tallystick.ledger.balance import (
    AccountBalance,
    Movement,
    Posting,
    balance,
    balances,
    is_clearing,
    locked_until,
    movements,
    transfers_of,
    transfers_of_account,
    trial_balance,
)
from tallystick.ledger.chart import TransferCode
from tallystick.ledger.model import (
    AMOUNT_LIMIT,
    PENDING,
    POST,
    VOID,
    AccountFlags,
    AccountRef,
    Balance,
    HoldState,
    LedgerRefusal,
    Transfer,
    TransferFlags,
    transfer_id,
)
from tallystick.ledger.post import Result, create_transfers, lock, post

__all__ = [
    "AMOUNT_LIMIT",
    "PENDING",
    "POST",
    "VOID",
    "AccountBalance",
    "AccountFlags",
    "AccountRef",
    "Balance",
    "HoldState",
    "LedgerRefusal",
    "Movement",
    "Posting",
    "Result",
    "Transfer",
    "TransferCode",
    "TransferFlags",
    "balance",
    "balances",
    "chart",
    "create_transfers",
    "is_clearing",
    "lock",
    "locked_until",
    "movements",
    "post",
    "transfer_id",
    "transfers_of",
    "transfers_of_account",
    "trial_balance",
]
