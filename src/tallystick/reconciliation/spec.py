"""The declarative spec of a reconciliation: sources, scope, token kinds, tiers, fees, owners. Rules are data.

YAML or JSON, read strictly: an unknown or misspelt key is refused with its line. Every number is a whole number; the
digest of the spec is in every run. The full reference is docs/reference/reconciliation.md, "Spec".
"""

from __future__ import annotations

import copy
import re
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from tallystick import money
from tallystick.base import Refused
from tallystick.reconciliation.model import BreakClass, ReconciliationRefusal, Side, day_number, day_of, digest
from tallystick.reconciliation.rules import CompositeExact, Exchangeable, StrongKey, Tier


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unknown keys are refused."""


class Value(Strict, frozen=True):
    """A text column, or one `value` for every row; `map` renames what is found (anything else is refused)."""

    column: str = ""
    value: str = ""
    map: dict[str, str] = {}


class Amount(Strict, frozen=True):
    """Where an amount stands and how it is written.

    `decimal` is text in major units, `minor` whole minor units, `shortest_decimal` a floating column whose shortest
    exact text is meant. With `credit` and `debit` two unsigned columns are one signed amount. `negate` turns the sign,
    because right and left must both be seen from us.
    """

    column: str = ""
    credit: str = ""
    debit: str = ""
    form: Literal["decimal", "minor", "shortest_decimal"] = "decimal"
    decimal_separator: Literal[".", ","] = "."
    grouping: Literal["", ",", ".", " ", "'"] = ""
    negate: bool = False


class Sign(Strict, frozen=True):
    """Rows whose `column` holds one of `negative` have their unsigned amount (and fee) turned negative."""

    column: str
    negative: tuple[str, ...]


class Day(Strict, frozen=True):
    """A date column: `iso` (a time after the date is ignored), `epoch_seconds`, or a strptime pattern."""

    column: str
    form: str = "iso"


class Token(Strict, frozen=True):
    """A reference column: whole, or every run of `pieces` characters of at least `at_least` and at most `at_most`.

    A run without any digit is a word of somebody's language and left out: words are shared by strangers.
    """

    column: str
    pieces: Literal["", "digits", "hex", "alphanumeric"] = ""
    at_least: int = 8
    at_most: int = 64


class Rows(Strict, frozen=True):
    """Rows whose `column` holds one of `equals`."""

    column: str
    equals: tuple[str, ...]


class Control(Strict, frozen=True):
    """Rows that state the total of their batch instead of moving money; `negate` turns the sign of what they state."""

    column: str
    equals: tuple[str, ...]
    negate: bool = False


class Columns(Strict, frozen=True):
    """Which column of a file says what."""

    amount: Amount = Amount()
    currency: Value = Value()
    account: Value = Value()
    day: Day = Day(column="")
    key: tuple[str, ...] = ()
    """Columns that together name a row for good; empty when the source has no such name."""
    sign: Sign | None = None
    fee: Amount | None = None
    expected_fee: Amount | None = None
    kind: Value = Value()
    batch: Value = Value()
    control: Control | None = None
    skip: Rows | None = None
    references: dict[str, tuple[Token, ...] | Token] = {}
    label: tuple[str, ...] = ()


class Csv(Strict, frozen=True):
    """How a text file is cut."""

    delimiter: str = ","
    encoding: str = "utf-8"
    quote: str = '"'
    skip_lines: int = 0


class Expected(Strict, frozen=True):
    """How long the other side may take: late at the end of day `days`, missing at that of `missing_after_days`."""

    days: int = 0
    missing_after_days: int = 0
    count: Literal["calendar", "weekdays"] = "calendar"


class Source(Strict, frozen=True):
    """One side."""

    name: str
    format: Literal["", "csv", "parquet", "statement"] = ""
    csv: Csv = Csv()
    columns: Columns | None = None
    expected: Expected = Expected()

    def due_days(self, day: int) -> tuple[int, int]:
        """The day numbers at whose end an item of `day` becomes late, and missing."""
        return _later(day, self.expected.days, self.expected), _later(
            day, self.expected.missing_after_days, self.expected
        )


class TokenKind(Strict, frozen=True):
    """What a kind of token tells apart, and (for random references) how many equally likely values it has."""

    identifies: Literal["payment", "batch", "party"]
    space: int = 0


class Fee(Strict, frozen=True):
    """The contractual fee of a kind and currency (`*` for any): basis points of the amount plus a fixed part."""

    kind: str = "*"
    currency: str = "*"
    basis_points: int = 0
    fixed_minor: int = 0


class Owner(Strict, frozen=True):
    """Who settles breaks of `break_class` (`*` for any), and within how many days."""

    owner: str
    break_class: str = msgspec.field(default="*", name="class")
    side: Literal["*", "left", "right"] = "*"
    at_least_minor: int = 0
    due_days: int = 1


class Spec(Strict, frozen=True):
    """A whole reconciliation."""

    name: str
    left: Source
    right: Source
    tokens: dict[str, TokenKind]
    tiers: tuple[Tier, ...]
    scope: tuple[Literal["currency", "account"], ...] = ("currency",)
    fees: tuple[Fee, ...] = ()
    fee_tolerance_minor: int = 0
    owners: tuple[Owner, ...] = (Owner(owner="operations"),)
    guard_days: int = 45
    """How long matched items are remembered, so that a later twin of one is noticed."""

    def source(self, side: Side) -> Source:
        """The source of a side."""
        return self.left if side is Side.LEFT else self.right

    def digest(self) -> str:
        """Names exactly this spec."""
        return digest(msgspec.json.encode(self, order="deterministic").decode())

    def expected_fee(self, kind: str, currency: str, amount_minor: int) -> int | None:
        """What the fee schedule says, or None where it says nothing. The first line that fits counts."""
        for fee in self.fees:
            if fee.kind in ("*", kind) and fee.currency in ("*", currency):
                return money.portion(amount_minor, fee.basis_points) + fee.fixed_minor
        return None

    def owner_of(self, break_class: BreakClass, side: Side, amount_minor: int) -> tuple[str, int]:
        """Who owns such a break, and how many days it may take."""
        for owner in self.owners:
            fits = owner.break_class in ("*", break_class.value) and owner.side in ("*", side.name.lower())
            if fits and abs(amount_minor) >= owner.at_least_minor:
                return owner.owner, owner.due_days
        return "", 1


def load(path: Path) -> Spec:
    """The spec in a YAML or JSON file. Raises Refused(SPEC_INVALID) naming the line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(ReconciliationRefusal.SPEC_INVALID, f"Cannot read the spec {path}: {error}.") from error
    return parse(text, str(path))


def parse(text: str, name: str = "spec") -> Spec:
    """The spec in YAML or JSON text. Raises Refused(SPEC_INVALID) naming the line."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        plain = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Refused(ReconciliationRefusal.SPEC_INVALID, f"{name} is not YAML or JSON: {error}.") from error
    try:
        spec = msgspec.convert(plain, Spec)
    except msgspec.ValidationError as error:
        line = _line(tree, _named(plain, str(error)))
        raise Refused(ReconciliationRefusal.SPEC_INVALID, f"{name}, line {line}: {error}.", line=line) from error
    for path, complaint in _complaints(spec):
        line = _line(tree, f"at `$.{path}`")
        raise Refused(ReconciliationRefusal.SPEC_INVALID, f"{name}, line {line}: {complaint}.", line=line)
    return spec


def _complaints(spec: Spec) -> list[tuple[str, str]]:
    """What a well-formed spec may still have wrong, with the place of each."""
    found = [
        (f"tiers[{at}]", f"token kind {kind!r} is not declared under `tokens`")
        for at, tier in enumerate(spec.tiers)
        for kind in tier.token_kinds()
        if kind not in spec.tokens
    ]
    found += [_empty(at, tier) for at, tier in enumerate(spec.tiers) if not tier.token_kinds()]
    if found:
        return found
    found += _weak_kinds(spec)
    known = {"*", *(one.value for one in BreakClass)}
    found += [
        (f"owners[{at}]", f"{one.break_class!r} is no break class")
        for at, one in enumerate(spec.owners)
        if one.break_class not in known
    ]
    found += [
        (f"tokens.{kind}", "`space` is at least 2, or left out")
        for kind, one in spec.tokens.items()
        if one.space < 0 or one.space == 1
    ]
    found += [("tiers", "at least one tier is needed")] if not spec.tiers else []
    found += [("scope", "`currency` is always part of the scope")] if "currency" not in spec.scope else []
    for side in ("left", "right"):
        source: Source = getattr(spec, side)
        found += [(f"{side}.expected", "days must not be negative")] if source.expected.days < 0 else []
        if source.expected.missing_after_days < source.expected.days:
            found.append((f"{side}.expected", "`missing_after_days` must be at least `days`"))
    return found


def _empty(at: int, tier: Tier) -> tuple[str, str]:
    name = "discriminators" if isinstance(tier, CompositeExact) else "keys"
    why = "name at least one kind of token that identifies a payment: amount and date alone are never evidence"
    return f"tiers[{at}].{name}", f"`{name}` of the {type(tier).__struct_config__.tag} tier is empty; {why}"


def _weak_kinds(spec: Spec) -> list[tuple[str, str]]:
    found = []
    for at, tier in enumerate(spec.tiers):
        if isinstance(tier, StrongKey | CompositeExact | Exchangeable):
            weak = [kind for kind in tier.token_kinds() if spec.tokens[kind].identifies == "party"]
            found += [
                (
                    f"tiers[{at}]",
                    f"{kind!r} identifies a party; two payments of one party share it, so it proves nothing",
                )
                for kind in weak
            ]
        if isinstance(tier, CompositeExact) and (min(tier.chance_below) < 1 or tier.policy() >= Fraction(1, 100)):
            found.append((f"tiers[{at}]", "`chance_below` is a fraction smaller than [1, 100]"))
    return found


_PATH = re.compile(r"\$([^`]*)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


def _line(tree: Any, message: str) -> int:
    """The line of the spec that `message` (msgspec's, with its path) speaks of; the nearest one that exists."""
    place = _PATH.search(message)
    steps = _STEP.findall(place.group(1)) if place else []
    unknown = _UNKNOWN.search(message)
    node = tree
    for name, index in [*steps, *([(unknown.group(1), "")] if unknown else [])]:
        found = _child(node, name, index)
        if found is None:
            break
        node = found
    return 1 if node is None else int(node.start_mark.line) + 1


def _named(plain: Any, message: str) -> str:
    """The message with `[...]`, as msgspec writes for any key of a mapping, replaced by the key that is meant."""
    place = _PATH.search(message)
    while place and "[...]" in place.group(1):
        before = place.group(1).partition("[...]")[0]
        key = _culprit(plain, [name or int(index) for name, index in _STEP.findall(before)], message)
        if key is None:
            return message
        message = message.replace(f"${before}[...]", f"${before}.{key}", 1)
        place = _PATH.search(message)
    return message


def _culprit(plain: Any, steps: list[str | int], message: str) -> str | None:
    """The key of the mapping at `steps` with which alone the same complaint is made."""
    whole = copy.deepcopy(plain)
    parent, mapping = None, whole
    for step in steps:
        parent, mapping = mapping, mapping[step]
    for key, value in list(mapping.items()):
        assert parent is not None, "the outermost mapping has names of its own"
        parent[steps[-1]] = {key: value}
        try:
            msgspec.convert(whole, Spec)
        except msgspec.ValidationError as error:
            if str(error) == message:
                return str(key)
    return None


def _child(node: Any, name: str, index: str) -> Any:
    if isinstance(node, yaml.SequenceNode) and index.isdigit() and int(index) < len(node.value):
        return node.value[int(index)]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == name:
                return key if not isinstance(value, yaml.CollectionNode) else _headed(key, value)
    return None


def _headed(key: Any, value: Any) -> Any:
    """A collection, but placed at the line of its own key."""
    value.start_mark = key.start_mark
    return value


def _later(day: int, days: int, expected: Expected) -> int:
    if expected.count == "calendar":
        return day + days
    moment = day_of(day)
    while days > 0 or moment.weekday() > 4:
        moment = day_of(day_number(moment) + 1)
        days -= moment.weekday() < 5
    return day_number(moment)
