"""The words of reconciliation: items, links, breaks, open items, the bridge, and why something is refused.

Promises, and where their rules are published: every item of every source ends in exactly one `State`
(docs/reference/laws.md, law 7); an automatic match carries a certificate (law 8); the result is a pure function of the
inputs (law 9).
Amounts are signed whole minor units seen from us: money towards us is positive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from hashlib import blake2b

from tallystick.base import Kind, RefusalCode

EPOCH = date(1970, 1, 1)


class ReconciliationRefusal(RefusalCode):
    """Why a reconciliation, or a step of its workflow, is refused."""

    SPEC_INVALID = "reconciliation_spec_invalid", Kind.INVALID
    """The spec has a mistake; the message names its line."""
    FILE_UNREADABLE = "reconciliation_file_unreadable", Kind.INVALID
    """The file is not there, or is not what the spec says it is."""
    COLUMN_MISSING = "reconciliation_column_missing", Kind.INVALID
    """The file has no column of this name; the message lists those it has."""
    VALUE_INVALID = "reconciliation_value_invalid", Kind.INVALID
    """A cell cannot be read exactly; the message names row, column and reason."""
    DAY_INVALID = "day_invalid", Kind.INVALID
    """Not a calendar day such as 2026-11-21."""
    PLATFORM_KEY_REQUIRED = "platform_key_required", Kind.FORBIDDEN
    """Only a key of the platform itself may do this."""
    DAY_CLOSED = "reconciliation_day_closed", Kind.STATE
    """The day is closed, or a later day was reconciled already."""
    DAY_NOT_BEGUN = "reconciliation_day_not_begun", Kind.STATE
    """The day lies in the future; a run for it would stand in the way of every day before it."""
    RUN_MISSING = "reconciliation_run_missing", Kind.MISSING
    """There is no run with this id."""
    MATCH_MISSING = "reconciliation_match_missing", Kind.MISSING
    """There is no match with this id."""
    BREAK_MISSING = "break_missing", Kind.MISSING
    """There is no break with this id."""
    BREAK_SETTLED = "break_already_settled", Kind.STATE
    """The break is cleared, resolved or signed off already."""
    REASON_REQUIRED = "reason_required", Kind.INVALID
    """Say why, or who; it is part of the proof of the day."""
    SAME_PERSON = "second_person_required", Kind.FORBIDDEN
    """The one a break is assigned to cannot sign it off."""
    NOT_RESOLVABLE = "break_not_resolvable", Kind.STATE
    """A payout that has not come cannot be written off."""


class Side(IntEnum):
    """Left is what we booked or announced; right is what the other party says."""

    LEFT = 0
    RIGHT = 1


class Standing(IntEnum):
    """How an item comes to a run."""

    NEW = 0
    CARRIED = 1
    """Open at the end of the run before."""
    RECENT = 2
    """Matched lately; never matched again, but a twin of it must not be matched in silence."""


class Role(IntEnum):
    """What an item is to the bridge."""

    MONEY = 0
    CONTROL = 1
    """States the total of a batch and moves nothing by itself."""
    DIFFERENCE = 2
    """What an earlier match left unexplained; open until somebody settles it."""


class State(StrEnum):
    """Where an item ends; each item is in exactly one."""

    MATCHED = "matched"
    PENDING = "pending"
    BREAK = "break"
    SUPERSEDED = "superseded"


class BreakClass(StrEnum):
    """What kind of difference a break is."""

    MISSING_LEFT = "missing_left"
    MISSING_RIGHT = "missing_right"
    LATE = "late"
    ORPHAN = "orphan"
    AMOUNT = "amount"
    FEE = "fee"
    DUPLICATE = "duplicate"
    RESTATED = "restated"
    AMBIGUOUS = "ambiguous"
    UNCLASSIFIED = "unclassified"


class Verdict(StrEnum):
    """What a run says of itself; the first that applies, in this order."""

    INCOMPLETE = "incomplete"
    BREAKS = "breaks"
    RECONCILED_WITH_PENDING = "reconciled_with_pending"
    RECONCILED = "reconciled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One movement of money as one source tells it.

    `item_id` is unique in its source and the same in every run. `amount_minor` is signed. `references` are pairs of
    token kind and token, already in normal form (see `normalise.token`). `states_minor` makes it a control item.
    """

    item_id: str
    source: str
    account: str
    currency: str
    amount_minor: int
    day: date
    kind: str = ""
    fee_minor: int | None = None
    expected_fee_minor: int | None = None
    references: tuple[tuple[str, str], ...] = ()
    batch: str = ""
    natural_key: str = ""
    label: str = ""
    states_minor: int | None = None

    def content(self) -> str:
        """A digest of everything the source said; two rows with one natural key are copies when it agrees."""
        said = (
            self.account, self.currency, self.amount_minor, day_number(self.day), self.kind, self.fee_minor,
            sorted(self.references), self.batch, self.states_minor,
        )  # fmt: skip
        return digest(repr(said))


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An item carried from one run to the next, or a difference a match left open (`role`)."""

    item: Item
    side: Side
    role: Role = Role.MONEY
    opened_on: date | None = None
    """The day it first was a break, None while it is only pending."""
    content: str = ""
    settled: bool = False
    """Written off or corrected by a person, or taken back by its source, since the run before: counted in the opening,
    then adjusted away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One item's part in a group."""

    group_id: str
    item_id: str
    side: Side
    allocated_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A difference that somebody has to settle. `break_id` is the same in every run that finds it."""

    break_id: str
    break_class: BreakClass
    subject: str
    """The item, or the group, it is about."""
    facet: str
    """Which side of the subject: presence, copy, restated, amount or fee."""
    side: Side
    source: str
    account: str
    currency: str
    amount_minor: int
    """The money in question: the whole item, or the difference."""
    day: date
    opened_on: date
    due_on: date
    age_days: int
    """Days from the item's own day to the day of the run."""
    owner: str
    reason: str
    label: str
    item_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLine:
    """Opening + incoming - matched - superseded + differences + adjusted = closing, in minor units."""

    side: Side
    source: str
    account: str
    currency: str
    opening_minor: int
    incoming_minor: int
    matched_minor: int
    superseded_minor: int
    difference_minor: int
    """What matched groups left unexplained in this run; stays open."""
    adjusted_minor: int
    """What people settled by hand, or its source took back, since the run before, as a signed movement."""
    closing_minor: int
    """Summed from the open items themselves, not from the other columns."""

    @property
    def residual_minor(self) -> int:
        """Zero, or the run is incomplete."""
        moved = self.incoming_minor - self.matched_minor - self.superseded_minor
        return self.opening_minor + moved + self.difference_minor + self.adjusted_minor - self.closing_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many items ended where; law 7 says the four states add up to all of them."""

    items: int
    matched: int
    pending: int
    in_break: int
    superseded: int
    groups: int
    breaks: int
    by_class: dict[str, int] = field(default_factory=dict)
    by_rule: dict[str, int] = field(default_factory=dict)


def digest(text: str) -> str:
    """128 bits of BLAKE2b (RFC 7693) over UTF-8 text, in hexadecimal."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def break_id_of(recon: str, subject: str, facet: str) -> str:
    """The stable name of a break: its class may ripen from late to missing, its history stays with it."""
    return "brk_" + digest(f"{recon}\n{subject}\n{facet}")


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)
