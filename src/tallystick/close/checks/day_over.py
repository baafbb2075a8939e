"""The day has ended in UTC: what is still to come could not be booked on it any more."""

from __future__ import annotations

from tallystick.base import day, iso
from tallystick.close.model import Facts, Finding


class DayOver:
    """The plug."""

    name = "day_over"
    title = "The day is over"

    def findings(self, facts: Facts) -> list[Finding]:
        """A day that is still running, or has not begun."""
        if facts.day < day(facts.now):
            return []
        message = f"{facts.day.isoformat()} is not over yet, it is {iso(facts.now)[:16]}Z. Close it after midnight UTC."
        return [Finding(check=self.name, code="day_not_over", message=message)]

    def detail(self, facts: Facts) -> str:
        """When it ends, or ended."""
        return f"{'ended' if facts.day < day(facts.now) else 'ends'} at midnight UTC"
