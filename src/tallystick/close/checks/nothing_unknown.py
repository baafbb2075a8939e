"""No payment of the day waits for its outcome: what is not known cannot be proven."""

from __future__ import annotations

from tallystick.close.model import Facts, Finding


class NothingUnknown:
    """The plug."""

    name = "nothing_unknown"
    title = "Every payment has an outcome"

    def findings(self, facts: Facts) -> list[Finding]:
        """Attempts without an outcome."""
        if not facts.unknown:
            return []
        message = (
            f"{facts.unknown} attempts have no outcome yet. The server asks for them every few seconds; if it does not"
            " learn it, see what `tallystick doctor` says of the processors."
        )
        return [Finding(check=self.name, code="outcome_unknown", message=message)]

    def detail(self, facts: Facts) -> str:
        """How many."""
        return f"{facts.unknown} unknown"
