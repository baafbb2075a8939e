"""Statement lines as pages show them."""

from __future__ import annotations

from collections.abc import Mapping

from tallystick import statements
from tallystick.base import start_of
from tallystick.dashboard import view, words
from tallystick.money import Money
from tallystick.statements import LineState

STATES = {LineState.ACTIVE: "read", LineState.DUPLICATE: "duplicate", LineState.SUPERSEDED: "superseded"}


def line_of(stored: statements.StoredLine, states: Mapping[str, str], files: Mapping[str, str]) -> view.StatementLine:
    """One line of a file, with its standing in reconciliation where it has one."""
    line = stored.line
    return view.StatementLine(
        id=stored.id,
        source=stored.account,
        file=files.get(stored.file_id, stored.file_id),
        place=f"line {line.line}" if line.line else f"entry {line.ordinal}",
        booked=line.day,
        kind=line.kind.value,
        amount=Money(line.gross_minor if line.fee_minor else line.amount_minor, line.currency),
        fee=Money(line.fee_minor, line.currency) if line.fee_minor else None,
        reference=line.natural_key,
        state=states.get(stored.id) or STATES[stored.state],
    )


def moment_of(stored: statements.StoredLine, states: Mapping[str, str]) -> view.Moment:
    """When a processor or bank said so: at the hour it names, else at the start of the day."""
    line = stored.line
    amount = words.amount(Money(line.amount_minor, line.currency))
    at = line.occurred or (start_of(line.day) if line.day else None)
    assert at is not None, "a booked line has a day"
    return view.Moment(
        at,
        "statement",
        f"{words.plain(line.kind.value)} in the statement of {stored.account}",
        state=states.get(stored.id, ""),
        facts=(("Net", f"{amount} {line.currency}"), ("Reference", line.natural_key)),
    )
