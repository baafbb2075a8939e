"""The file proof of a bank statement: what the file states about itself must be what is in it.

Checked are the numbers and sums of entries (TxsSummry) and opening + booked movements = closing, per currency.
Published: ISO 20022 message definition reports for camt.052, camt.053 and camt.054.

A reversed entry's mark tells the direction of the entry itself (ISO 20022), but some banks write the direction of
the operation that is reversed. Where the balances close only under the second reading they are believed, and the
proof says so; without balances the ISO reading stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tallystick import money
from tallystick.base import Refused
from tallystick.statements.amount import control_text
from tallystick.statements.model import (
    Balance,
    Check,
    Line,
    LineStatus,
    Place,
    Proof,
    ProofStatus,
    ReversalReading,
    StatementRefusal,
)

DISAGREEMENTS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Stated:
    """Number and sum of entries that a file states for one group of them; None where it states nothing."""

    element: str
    count: int | None
    control: int | None
    net_control: int | None = None
    line: int = 0


@dataclass(slots=True)
class _Group:
    count: int = 0
    control: int = 0


@dataclass(slots=True)
class Tally:
    """Adds up the lines of one statement as they pass by."""

    movements: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    reversed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    disagreements: list[Check] = field(default_factory=list)
    all_credit: _Group = field(default_factory=_Group)
    all_debit: _Group = field(default_factory=_Group)
    booked_credit: _Group = field(default_factory=_Group)
    booked_debit: _Group = field(default_factory=_Group)
    count: int = 0

    def add(self, line: Line, *, credit: bool, control: int) -> None:
        """Count a line marked credit or debit; `control` is its amount in units of the fifth decimal."""
        booked = line.status is LineStatus.BOOKED
        groups = [self.all_credit if credit else self.all_debit]
        if booked:
            groups.append(self.booked_credit if credit else self.booked_debit)
            self.movements[line.currency] += line.amount_minor
            if line.reversal:
                self.reversed[line.currency] += line.amount_minor
        for group in groups:
            group.count += 1
            group.control += control
        self.count += 1

    def disagree(self, check: Check) -> None:
        """Remember a number inside an entry that does not agree; the first few are enough to refuse."""
        if len(self.disagreements) < DISAGREEMENTS_KEPT:
            self.disagreements.append(check)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a statement states about itself: pairs of balances per currency, and its summary.

    `only_totals` permits a report that gives totals in place of entries; `partial` says that this is one page of
    several, so that totals may speak of the others too.
    """

    pairs: Mapping[str, tuple[Balance | None, Balance | None]]
    all_entries: Stated | None
    credits: Stated | None
    debits: Stated | None
    only_totals: bool
    partial: bool


def prove(tally: Tally, claims: Claims, place: Place) -> Proof:
    """The proof of a statement. Raises Refused naming the first disagreement and, in its details, all of them."""
    totals_only = _totals_only(tally, claims)
    checks = [*([] if totals_only or claims.partial else _summary_checks(tally, claims))]
    balances, reading = _balance_checks(tally, claims, totals_only=totals_only)
    checks += balances
    wrong = [check for check in checks if not check.agrees] + tally.disagreements
    if wrong:
        raise disagreement(wrong, place)
    missing = _missing(tally, claims, totals_only=totals_only)
    status = ProofStatus.NOT_STATED if missing else ProofStatus.PROVEN
    return Proof(status, tuple(checks), missing, reading)


def disagreement(wrong: Sequence[Check], place: Place) -> Refused:
    """The refusal for checks that failed: the gravest is named, all are in its details."""
    order = list(StatementRefusal)
    first = min(wrong, key=lambda check: order.index(check.refusal))
    listed = [
        {"element": check.element, "stated": check.stated, "found": check.found, "line": check.line}
        for check in wrong[:DISAGREEMENTS_KEPT]
    ]
    spot = place.at("/".join(part for part in (place.element, first.element) if part), first.line)
    reason = f"the file states {first.stated} but {first.found} was found"
    return spot.refuse(first.refusal, reason, stated=first.stated, found=first.found, disagreements=listed)


def _totals_only(tally: Tally, claims: Claims) -> bool:
    groups = (claims.all_entries, claims.credits, claims.debits)
    stated = any(group is not None and group.count for group in groups)
    return claims.only_totals and tally.count == 0 and stated


def _summary_checks(tally: Tally, claims: Claims) -> Iterator[Check]:
    everything = _Group(
        tally.all_credit.count + tally.all_debit.count, tally.all_credit.control + tally.all_debit.control
    )
    booked = _Group(
        tally.booked_credit.count + tally.booked_debit.count, tally.booked_credit.control + tally.booked_debit.control
    )
    yield from _group_checks(claims.all_entries, everything, booked)
    yield from _group_checks(claims.credits, tally.all_credit, tally.booked_credit)
    yield from _group_checks(claims.debits, tally.all_debit, tally.booked_debit)
    if claims.all_entries is not None and claims.all_entries.net_control is not None:
        yield _control_check(
            claims.all_entries,
            "TtlNetNtry",
            claims.all_entries.net_control,
            tally.all_credit.control - tally.all_debit.control,
            tally.booked_credit.control - tally.booked_debit.control,
        )


def _group_checks(stated: Stated | None, everything: _Group, booked: _Group) -> Iterator[Check]:
    """Banks differ in whether a summary counts pending entries; either count is agreement, nothing else is."""
    if stated is None:
        return
    if stated.count is not None:
        found = booked.count if stated.count == booked.count else everything.count
        element = f"{stated.element}/NbOfNtries"
        yield Check(StatementRefusal.COUNT_DISAGREES, element, str(stated.count), str(found), stated.line)
    if stated.control is not None:
        yield _control_check(stated, "Sum", stated.control, everything.control, booked.control)


def _control_check(stated: Stated, name: str, control: int, everything: int, booked: int) -> Check:
    found = booked if control == booked else everything
    element = f"{stated.element}/{name}"
    return Check(StatementRefusal.SUM_DISAGREES, element, control_text(control), control_text(found), stated.line)


def _balance_checks(tally: Tally, claims: Claims, *, totals_only: bool) -> tuple[list[Check], ReversalReading]:
    stated = {
        currency: (opening, closing)
        for currency, (opening, closing) in claims.pairs.items()
        if opening is not None and closing is not None
    }
    moved = {currency: tally.movements.get(currency, 0) for currency in stated}
    if totals_only:
        moved = _moved_by_totals(claims, stated)
    reading = ReversalReading.OF_ENTRY
    if not _closes(stated, moved) and any(tally.reversed.values()):
        turned = {currency: amount - 2 * tally.reversed.get(currency, 0) for currency, amount in moved.items()}
        if _closes(stated, turned):
            moved, reading = turned, ReversalReading.OF_ORIGINAL
    return [_balance_check(*stated[currency], moved[currency]) for currency in stated if currency in moved], reading


def _balance_check(opening: Balance, closing: Balance, moved: int) -> Check:
    currency = closing.currency
    texts = (_amount(closing.amount_minor, currency), _amount(opening.amount_minor + moved, currency))
    return Check(StatementRefusal.BALANCE_DISAGREES, f"Bal {closing.code} {currency}", *texts, closing.line)


def _closes(stated: Mapping[str, tuple[Balance, Balance]], moved: Mapping[str, int]) -> bool:
    return all(
        opening.amount_minor + moved.get(currency, 0) == closing.amount_minor
        for currency, (opening, closing) in stated.items()
    )


def _moved_by_totals(claims: Claims, stated: Mapping[str, tuple[Balance, Balance]]) -> dict[str, int]:
    """Movements as the totals tell them; only one currency can be meant, since totals name none."""
    groups = (claims.credits, claims.debits)
    if len(stated) != 1 or any(group is None or group.control is None for group in groups):
        return {}
    (currency,) = stated
    credit, debit = (group.control or 0 for group in groups if group is not None)
    scale = 10 ** (5 - money.exponent(currency))
    return {currency: (credit - debit) // scale}


def _amount(minor: int, currency: str) -> str:
    return money.minor_to_text(minor, money.exponent(currency)) + f" {currency}"


def _missing(tally: Tally, claims: Claims, *, totals_only: bool) -> str:
    if totals_only:
        return "gives totals in place of entries"
    currencies = list(dict.fromkeys([*claims.pairs, *tally.movements]))
    if not currencies:
        return "states no opening and closing balance"
    for currency in currencies:
        opening, closing = claims.pairs.get(currency, (None, None))
        sides = [name for name, side in (("opening", opening), ("closing", closing)) if side is None]
        if sides:
            return f"states no {' and no '.join(sides)} booked balance in {currency}"
    return ""
