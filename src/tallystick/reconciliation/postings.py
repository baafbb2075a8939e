"""What the ledger is told by reconciliation; pure, one function per event, by the table in
docs/reference/reconciliation.md, "The platform's own day".

Ids follow from the line, payout or break and the event, so that telling the ledger twice changes nothing.
"""

from __future__ import annotations

from tallystick.ledger import AccountRef, Transfer, TransferCode, chart, transfer_id


def fee_charged(
    *, line: str, merchant: str, livemode: bool, processor: str, currency: str, fee_minor: int, payment: str
) -> list[Transfer]:
    """The processor kept its fee for one settled movement (or gave one back)."""
    expense = chart.processor_fee_expense(merchant=merchant, livemode=livemode, currency=currency, processor=processor)
    receivable = chart.processor_receivable(
        merchant=merchant, livemode=livemode, currency=currency, processor=processor
    )
    number = transfer_id(line, "processor_fee")
    return _signed(number, expense, receivable, fee_minor, TransferCode.PROCESSOR_FEE, payment)


def paid_out(
    *, run: str, payout: str, merchant: str, livemode: bool, processor: str, currency: str, net_minor: int
) -> list[Transfer]:
    """A merchant's part of a payout is on a bank line (or was collected from the bank)."""
    bank = chart.bank(merchant=merchant, livemode=livemode, currency=currency)
    receivable = chart.processor_receivable(
        merchant=merchant, livemode=livemode, currency=currency, processor=processor
    )
    number = transfer_id(f"{run}:{payout}:{merchant}", "bank_settlement")
    return _signed(number, bank, receivable, net_minor, TransferCode.BANK_SETTLEMENT, payout)


def written_off(
    *, break_id: str, merchant: str, livemode: bool, processor: str, currency: str, amount_minor: int, payment: str
) -> list[Transfer]:
    """What the books still claim and nobody will pay becomes a cost of the processor (or a gain)."""
    expense = chart.processor_fee_expense(merchant=merchant, livemode=livemode, currency=currency, processor=processor)
    receivable = chart.processor_receivable(
        merchant=merchant, livemode=livemode, currency=currency, processor=processor
    )
    number = transfer_id(break_id, "correction")
    return _signed(number, expense, receivable, amount_minor, TransferCode.CORRECTION, payment)


def _signed(
    number: int, debit: AccountRef, credit: AccountRef, minor: int, code: TransferCode, reference: str
) -> list[Transfer]:
    """Debit and credit change places for a negative amount; nothing is told for none."""
    if minor == 0:
        return []
    if minor < 0:
        debit, credit = credit, debit
    return [Transfer(number, debit, credit, abs(minor), code, reference=reference)]
