"""What the ledger pages show."""

from __future__ import annotations

from dataclasses import dataclass

from tallystick.money import Money


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account in the trial balance; all amounts in minor units of `currency`."""

    path: str
    name: str
    merchant: str
    currency: str
    debits_minor: int
    credits_minor: int
    pending_debits_minor: int
    pending_credits_minor: int

    @property
    def balance_minor(self) -> int:
        """Posted debits less posted credits: positive stands on the debit side."""
        return self.debits_minor - self.credits_minor


@dataclass(frozen=True, slots=True)
class CurrencyTotal:
    """Both sides of the books in one currency; they are equal or the books are broken."""

    currency: str
    debits_minor: int
    credits_minor: int

    @property
    def balanced(self) -> bool:
        """Whether both sides are equal."""
        return self.debits_minor == self.credits_minor

    @property
    def difference(self) -> Money:
        """Debits less credits."""
        return Money(self.debits_minor - self.credits_minor, self.currency)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account, and per currency the totals."""

    rows: tuple[AccountRow, ...]
    totals: tuple[CurrencyTotal, ...]
