"""Statement lines as pages show them."""

from __future__ import annotations

from collections.abc import Mapping

from tallystick import statements
from tallystick.dashboard import view, words
from tallystick.money import Money
from tallystick.statements import LineKind, LineState

NAMES = {LineKind.ENTRY: "Bank line"}
STATES = {LineState.ACTIVE: "read", LineState.DUPLICATE: "duplicate", LineState.SUPERSEDED: "superseded"}


def line_of(
    stored: statements.StoredLine, states: Mapping[str, str], files: Mapping[str, statements.FileRecord]
) -> view.StatementLine:
    """One line of a file, with its standing in reconciliation where it has one."""
    line = stored.line
    return view.StatementLine(
        id=stored.id,
        source=stored.account,
        file=files[stored.file_id].name,
        place=f"line {line.line}" if line.line else f"entry {line.ordinal}",
        booked=line.day,
        kind=NAMES.get(line.kind, line.kind.value),
        amount=Money(line.gross_minor if line.fee_minor else line.amount_minor, line.currency),
        fee=Money(line.fee_minor, line.currency) if line.fee_minor else None,
        reference=line.natural_key,
        state=states.get(stored.id) or STATES[stored.state],
    )


def moment_of(
    stored: statements.StoredLine, states: Mapping[str, str], files: Mapping[str, statements.FileRecord]
) -> view.Moment:
    """When we read that a processor or bank said so."""
    line = stored.line
    amount = words.amount(Money(line.amount_minor, line.currency))
    return view.Moment(
        files[stored.file_id].created,
        "statement",
        f"{words.plain(NAMES.get(line.kind, line.kind.value))} in the file of {stored.account}",
        state=states.get(stored.id, ""),
        facts=(("Net", f"{amount} {line.currency}"),),
    )
