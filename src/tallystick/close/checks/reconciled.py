"""Every reconciliation was run for the day, and nothing came after it that nobody has looked at."""

from __future__ import annotations

from tallystick.close.model import Facts, Finding


class Reconciled:
    """The plug."""

    name = "reconciled"
    title = "Everything was reconciled"

    def findings(self, facts: Facts) -> list[Finding]:
        """A run that is missing, incomplete, or behind."""
        found = []
        for name, waiting in sorted(facts.waiting.items()):
            if waiting < 0:
                found.append(self._finding("not_run", f"{name} was not run for {facts.day.isoformat()}. Run it.", name))
            elif waiting:
                found.append(self._finding("run_behind", f"{waiting} items came after {name}. Run it again.", name))
        found += [
            self._finding("run_incomplete", f"{run.name} did not account for every item.", run.id)
            for run in facts.runs
            if run.verdict == "incomplete"
        ]
        return found

    def detail(self, facts: Facts) -> str:
        """How many runs."""
        return f"{len(facts.runs)} reconciliations"

    def _finding(self, code: str, message: str, about: str) -> Finding:
        return Finding(check=self.name, code=code, message=message, about=about)
