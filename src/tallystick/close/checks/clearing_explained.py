"""Every clearing account holds exactly what the open items and breaks say it should."""

from __future__ import annotations

from tallystick import money
from tallystick.close.model import Clearing, Facts, Finding


class ClearingExplained:
    """The plug."""

    name = "clearing_explained"
    title = "Clearing accounts are explained"

    def findings(self, facts: Facts) -> list[Finding]:
        """An account with a residual."""
        return [
            Finding(check=self.name, code="not_explained", message=_said(one), about=one.account)
            for one in facts.clearing
            if one.residual_minor
        ]

    def detail(self, facts: Facts) -> str:
        """How many."""
        return f"{len(facts.clearing)} accounts, {sum(bool(one.balance_minor) for one in facts.clearing)} not at zero"


def _said(one: Clearing) -> str:
    places = money.exponent(one.currency)
    balance, residual = (money.minor_to_text(minor, places) for minor in (one.balance_minor, one.residual_minor))
    return f"{one.account} holds {balance} {one.currency}, of which {residual} is in no open item or break."
