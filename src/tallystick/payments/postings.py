"""What the ledger is told for each event of a payment; pure, one function per event. The accounts are the ledger's
chart (`ledger/chart.py`).

The id of a transfer follows from the attempt (or dispute) and the event, so that telling the ledger twice changes
nothing. The reference is always the payment.
"""

from __future__ import annotations

from tallystick.ledger import PENDING as HOLD
from tallystick.ledger import POST, VOID, AccountRef, Transfer, TransferCode, chart, transfer_id
from tallystick.payments.model import Attempt, Dispute


def _payable(about: Attempt | Dispute) -> AccountRef:
    return chart.merchant_payable(merchant=about.merchant, livemode=about.livemode, currency=about.currency)


def _receivable(about: Attempt | Dispute) -> AccountRef:
    return chart.processor_receivable(
        merchant=about.merchant, livemode=about.livemode, currency=about.currency, processor=about.processor
    )


def _revenue(about: Attempt) -> AccountRef:
    return chart.fee_revenue(merchant=about.merchant, livemode=about.livemode, currency=about.currency)


def authorized(attempt: Attempt) -> list[Transfer]:
    """A hold: the processor will owe us, and we the merchant, if it is captured."""
    return [
        Transfer(
            transfer_id(attempt.id, "hold"),
            _receivable(attempt),
            _payable(attempt),
            attempt.amount,
            TransferCode.AUTHORIZED,
            flags=HOLD,
            reference=attempt.payment,
        )
    ]


def charged(attempt: Attempt, fee: int) -> list[Transfer]:
    """Authorised and captured at once, with our fee."""
    taken = Transfer(
        transfer_id(attempt.id, "charge"),
        _receivable(attempt),
        _payable(attempt),
        attempt.amount,
        TransferCode.CAPTURED,
        reference=attempt.payment,
    )
    return [taken, *_fee(attempt, fee)]


def captured(attempt: Attempt, fee: int) -> list[Transfer]:
    """All or part of the hold of `attempt.parent` is posted, the rest of it released; and our fee."""
    posted = Transfer(
        transfer_id(attempt.id, "capture"),
        _receivable(attempt),
        _payable(attempt),
        attempt.amount,
        TransferCode.CAPTURED,
        flags=POST,
        pending_id=transfer_id(attempt.parent, "hold"),
        reference=attempt.payment,
    )
    return [posted, *_fee(attempt, fee)]


def _fee(attempt: Attempt, fee: int) -> list[Transfer]:
    if fee == 0:
        return []
    return [
        Transfer(
            transfer_id(attempt.id, "fee"),
            _payable(attempt),
            _revenue(attempt),
            fee,
            TransferCode.FEE,
            reference=attempt.payment,
        )
    ]


def voided(attempt: Attempt) -> list[Transfer]:
    """The hold of `attempt.parent` is given back."""
    return [
        Transfer(
            transfer_id(attempt.id, "void"),
            _receivable(attempt),
            _payable(attempt),
            0,
            TransferCode.RELEASED,
            flags=VOID,
            pending_id=transfer_id(attempt.parent, "hold"),
            reference=attempt.payment,
        )
    ]


def refunded(attempt: Attempt) -> list[Transfer]:
    """The processor gave `attempt.amount` back and will owe us that much less. Our fee stays with us."""
    return [
        Transfer(
            transfer_id(attempt.id, "refund"),
            _payable(attempt),
            _receivable(attempt),
            attempt.amount,
            TransferCode.REFUNDED,
            reference=attempt.payment,
        )
    ]


def dispute_opened(dispute: Dispute) -> list[Transfer]:
    """The processor took the disputed amount back; the merchant's balance may go below zero by it."""
    return [
        Transfer(
            transfer_id(dispute.id, "opened"),
            _payable(dispute),
            _receivable(dispute),
            dispute.amount,
            TransferCode.DISPUTE_OPENED,
            reference=dispute.payment,
        )
    ]


def dispute_won(dispute: Dispute) -> list[Transfer]:
    """The processor gave the disputed amount back to us."""
    return [
        Transfer(
            transfer_id(dispute.id, "won"),
            _receivable(dispute),
            _payable(dispute),
            dispute.amount,
            TransferCode.DISPUTE_WON,
            reference=dispute.payment,
        )
    ]
