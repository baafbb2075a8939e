"""Everything one sandbox remembers: tables in memory, and which records changed since they were last written down.

Memory is what counts while the process runs; `store.py` writes the changes behind. See there what that means for a
crash.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from tallystick.sandbox.model import (
    Balance,
    BankStatement,
    Dispute,
    Entry,
    Later,
    Movement,
    Notice,
    Operation,
    Payment,
    Payout,
    Report,
    Transfer,
)

Thing = (
    Balance
    | BankStatement
    | Dispute
    | Entry
    | Later
    | Movement
    | Notice
    | Operation
    | Payment
    | Payout
    | Report
    | Transfer
)
Row = tuple[str, str, bytes | None]
"""Kind, id and the record in MessagePack; None when it is gone."""

_ENCODE = msgspec.msgpack.Encoder().encode


class State:
    """The tables, by id, in the order of their making.

    Changes are noted only when somebody will take them (`noting`); else they would pile up.
    """

    def __init__(self, *, noting: bool = False) -> None:
        self.balances: dict[str, Balance] = {}
        self.statements: dict[str, BankStatement] = {}
        self.disputes: dict[str, Dispute] = {}
        self.entries: dict[str, Entry] = {}
        self.later: dict[str, Later] = {}
        self.movements: dict[str, Movement] = {}
        self.notices: dict[str, Notice] = {}
        self.operations: dict[str, Operation] = {}
        self.payments: dict[str, Payment] = {}
        self.payouts: dict[str, Payout] = {}
        self.reports: dict[str, Report] = {}
        self.transfers: dict[str, Transfer] = {}
        self.unsettled: dict[str, Movement] = {}
        self._tables: dict[type[Thing], dict[str, Any]] = {
            Balance: self.balances,
            BankStatement: self.statements,
            Dispute: self.disputes,
            Entry: self.entries,
            Later: self.later,
            Movement: self.movements,
            Notice: self.notices,
            Operation: self.operations,
            Payment: self.payments,
            Payout: self.payouts,
            Report: self.reports,
            Transfer: self.transfers,
        }
        self._noting = noting
        self._changed: dict[type[Thing], dict[str, Thing | None]] = {kind: {} for kind in self._tables}

    def keep(self, thing: Thing) -> None:
        """Remember a new or changed record."""
        kind = type(thing)
        self._tables[kind][thing.id] = thing
        if self._noting:
            self._changed[kind][thing.id] = thing

    def keep_movement(self, movement: Movement) -> None:
        """Remember a movement, and whether it is still to be settled."""
        self.keep(movement)
        if movement.payout:
            self.unsettled.pop(movement.id, None)
        else:
            self.unsettled[movement.id] = movement

    def forget(self, thing: Later | Notice) -> None:
        """Drop a record that is done with."""
        kind = type(thing)
        self._tables[kind].pop(thing.id, None)
        if self._noting:
            self._changed[kind][thing.id] = None

    def next_entry(self) -> str:
        """The id of the next posting."""
        return f"{len(self.entries) + 1:012d}"

    def take_changes(self) -> list[Row]:
        """The records that changed since the last call, encoded; all of them belong to one moment."""
        taken: list[Row] = []
        for kind, changed in self._changed.items():
            name = kind.__name__
            taken += [(name, key, None if thing is None else _ENCODE(thing)) for key, thing in changed.items()]
            changed.clear()
        return taken

    def load(self, rows: Iterable[Row]) -> None:
        """Take in what `take_changes` once gave, in the order of its making."""
        kinds = {kind.__name__: kind for kind in self._tables}
        for kind, _, body in rows:
            if body is not None:
                thing = msgspec.msgpack.decode(body, type=kinds[kind])
                self._tables[type(thing)][thing.id] = thing
        self.unsettled.update((name, movement) for name, movement in self.movements.items() if not movement.payout)
