"""What a check of the close must offer: a name, a title, and a pure look at the facts."""

from __future__ import annotations

from typing import Protocol

from tallystick.close.model import Facts, Finding


class Check(Protocol):
    """One question about a day."""

    name: str
    title: str

    def findings(self, facts: Facts) -> list[Finding]:
        """What stands in the way; empty when the check passes."""

    def detail(self, facts: Facts) -> str:
        """What was looked at, in a few words, for a person."""
