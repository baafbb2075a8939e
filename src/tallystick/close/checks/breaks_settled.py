"""Every difference found up to the day is cleared, resolved or signed off."""

from __future__ import annotations

from tallystick import money
from tallystick.close.model import Facts, Finding, OpenBreak


class BreaksSettled:
    """The plug."""

    name = "breaks_settled"
    title = "Every break is resolved or signed off"

    def findings(self, facts: Facts) -> list[Finding]:
        """A break that is open."""
        return [Finding(check=self.name, code="break_open", message=_said(one), about=one.id) for one in facts.breaks]

    def detail(self, facts: Facts) -> str:
        """How many are signed off."""
        return f"{len(facts.breaks)} open, {len(facts.signed_off)} signed off"


def _said(one: OpenBreak) -> str:
    amount = money.minor_to_text(one.amount_minor, money.exponent(one.currency))
    return f"{one.break_class} of {amount} {one.currency} ({one.label}) is open; {one.owner or 'nobody'} has it."
