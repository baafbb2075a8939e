"""Every file that the day needs is there: a report of each processor for each day on which it moved money since the
close before, a statement of each account."""

from __future__ import annotations

from tallystick.close.model import Facts, Finding


class FilesArrived:
    """The plug."""

    name = "files_arrived"
    title = "Every expected file arrived"

    def findings(self, facts: Facts) -> list[Finding]:
        """A file that is not there."""
        return [
            Finding(
                check=self.name,
                code="file_missing",
                message=f"No {file.family} of {file.account} covers {file.day.isoformat()}. Get it and take it in.",
                about=file.account,
            )
            for file in facts.files
            if not file.arrived
        ]

    def detail(self, facts: Facts) -> str:
        """How many are there."""
        return f"{sum(file.arrived for file in facts.files)} of {len(facts.files)} files"
