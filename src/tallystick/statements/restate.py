"""Which lines of a new file count, and which earlier lines it replaces. Pure.

A statement issued again takes the place of its earlier issue, whose lines then no longer stand. Of the standing lines
that tell of an item, the one that arrived last is believed. A line that says the same in other words of another file
adds nothing: the line that said it first goes on counting, so that what was matched to it stays matched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tallystick.statements.record import LineState


@dataclass(frozen=True, slots=True)
class Coming:
    """A line of the new file."""

    line_id: str
    item_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Telling:
    """An earlier line, with the version of its row."""

    line_id: str
    digest: str
    state: LineState
    version: int


@dataclass(frozen=True, slots=True)
class Present:
    """The line that an item points to, and the version of the item's row."""

    line: Telling
    version: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """An item whose statement is issued again without it.

    `standing` are the lines of other statements that still tell of it, in order of arrival; `by` is the new statement.
    """

    item_id: str
    standing: Sequence[Telling]
    by: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A new state for an earlier line."""

    version: int
    state: LineState
    other_id: str | None


@dataclass(slots=True)
class Plan:
    """States of the new lines by id, and changes to what is there.

    Every item that was looked at is written, also where it stays as it is: a file that comes in at the same time and
    decided by the same rows then loses the race and decides again.
    """

    states: dict[str, tuple[LineState, str | None]] = field(default_factory=dict)
    new_items: dict[str, str] = field(default_factory=dict)
    items: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By item: the version read, and the line it points to from now on."""
    turns: dict[str, Turn] = field(default_factory=dict)

    @property
    def restated(self) -> int:
        """How many earlier lines no longer count."""
        return sum(turn.state is LineState.SUPERSEDED for turn in self.turns.values())


def plan(coming: Sequence[Coming], present: Mapping[str, Present], withdrawn: Sequence[Withdrawn]) -> Plan:
    """Decide for every new line and every item that is no longer told. Items of `coming` are not in `withdrawn`."""
    made = Plan()
    for line in coming:
        _arrive(made, line, present.get(line.item_id))
    for item in withdrawn:
        _withdraw(made, item, present[item.item_id])
    return made


def _arrive(made: Plan, line: Coming, now: Present | None) -> None:
    made.states[line.line_id] = (LineState.ACTIVE, None)
    if now is None:
        made.new_items[line.item_id] = line.line_id
    elif now.line.state is LineState.ACTIVE and now.line.digest == line.digest:
        made.states[line.line_id] = (LineState.DUPLICATE, now.line.line_id)
        made.items[line.item_id] = (now.version, now.line.line_id)
    else:
        made.items[line.item_id] = (now.version, line.line_id)
        _retire(made, now.line, line.line_id)


def _withdraw(made: Plan, item: Withdrawn, now: Present) -> None:
    believed = item.standing[-1] if item.standing else None
    made.items[item.item_id] = (now.version, now.line.line_id)
    if believed is None:
        _retire(made, now.line, item.by)
    elif now.line.state is not LineState.ACTIVE or now.line.digest != believed.digest:
        made.items[item.item_id] = (now.version, believed.line_id)
        made.turns[believed.line_id] = Turn(believed.version, LineState.ACTIVE, None)
        _retire(made, now.line, believed.line_id)


def _retire(made: Plan, line: Telling, by: str) -> None:
    if line.state is LineState.ACTIVE:
        made.turns[line.line_id] = Turn(line.version, LineState.SUPERSEDED, by)
