"""The books sum to zero, and each account's closing balance is its opening and its movements."""

from __future__ import annotations

from collections import Counter

from tallystick import money
from tallystick.close.model import Facts, Finding


class TrialBalance:
    """The plug."""

    name = "trial_balance"
    title = "The books sum to zero"

    def findings(self, facts: Facts) -> list[Finding]:
        """A currency that does not sum to zero, or an account that does not continue."""
        sums: Counter[str] = Counter()
        for line in facts.lines:
            sums[line.currency] += line.closing_minor
        found = [
            self._finding(
                "not_zero", f"The {currency} accounts sum to {_text(total, currency)}, not to zero.", currency
            )
            for currency, total in sorted(sums.items())
            if total
        ]
        for line in facts.lines:
            now = facts.balances.get(line.account, 0) - facts.later.get(line.account, 0)
            if (
                line.opening_minor + line.debits_minor - line.credits_minor != line.closing_minor
                or now != line.closing_minor
            ):
                held, given = (_text(minor, line.currency) for minor in (now, line.closing_minor))
                message = f"{line.account} holds {held}; opening and movements give {given} {line.currency}."
                found.append(self._finding("not_continuous", message, line.account))
        return found

    def detail(self, facts: Facts) -> str:
        """How many accounts."""
        return f"{len(facts.lines)} accounts in {len({line.currency for line in facts.lines})} currencies"

    def _finding(self, code: str, message: str, about: str) -> Finding:
        return Finding(check=self.name, code=code, message=message, about=about)


def _text(minor: int, currency: str) -> str:
    return money.minor_to_text(minor, money.exponent(currency))
