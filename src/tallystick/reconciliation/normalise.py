"""From columns as a file has them to columns as an engine may see them: minor units, day numbers, tokens in one form.

Everything that engines do differently (case, Unicode, dates, decimals, NULL) is settled here, once, in Python and
Arrow. A value that cannot be read exactly refuses the whole file, with its row, column and reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick import money
from tallystick.base import Refused
from tallystick.reconciliation import spec as specs
from tallystick.reconciliation.arrive import by_distinct
from tallystick.reconciliation.items import ITEM_SCHEMA, NOT_OPENED, REFERENCE_SCHEMA, Items
from tallystick.reconciliation.model import ReconciliationRefusal, Role, day_number, digest

SEPARATOR = "\x1f"
SAYS_NOTHING = frozenset(
    ("", "-", "--", "0", "n/a", "na", "none", "nonref", "notprovided", "not provided", "null", "nil", "unknown", "xxx")
)
"""What banks and people write where there is no reference; a token of these would join strangers."""
LONGEST_ID = 64
_PIECES = {"digits": "[0-9]", "hex": "[0-9a-f]", "alphanumeric": "[0-9a-z]"}


def token(text: str) -> str:
    """The one form in which references are compared: NFKC, case folded, single spaces; empty if it says nothing."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    folded = " ".join(plain.casefold().split())
    return "" if folded in SAYS_NOTHING else folded


class Sheet:
    """A file's columns as text, and where to point when one of them cannot be read."""

    def __init__(self, file: str, table: pa.Table, first_row: int = 1) -> None:
        self.file, self._table, self._first_row = file, table, first_row
        self.size = int(table.num_rows)

    def text(self, column: str) -> Any:
        """A column as text, empty where the file has nothing. Raises Refused(COLUMN_MISSING)."""
        if column not in self._table.column_names:
            known = ", ".join(self._table.column_names)
            message = f"{self.file} has no column {column!r}. It has: {known}."
            raise Refused(ReconciliationRefusal.COLUMN_MISSING, message, column=column)
        return pc.fill_null(_as_text(self._table[column]), "").combine_chunks()

    def is_floating(self, column: str) -> bool:
        """Whether the file stores the column as binary floating point."""
        return column in self._table.column_names and pa.types.is_floating(self._table[column].type)

    def read(self, values: Any, column: str, answer: Callable[[Any], Any], to: pa.DataType) -> Any:
        """`answer` of each value; a ValueError or Refused from it is told with its row."""

        def asked(value: Any) -> Any:
            try:
                return answer(value)
            except (ValueError, Refused) as error:
                row = pc.index(values, value).as_py() + self._first_row
                shown = str(value).split(SEPARATOR, 1)[0][:60]
                message = f"{self.file}, row {row}, column {column!r}: {shown!r}: {error}"
                raise Refused(ReconciliationRefusal.VALUE_INVALID, message, row=row, column=column) from error

        return by_distinct(values, asked, to)

    def keep(self, wanted: Any) -> Sheet:
        """The rows where `wanted` is true; row numbers then count kept rows only where some were skipped."""
        return Sheet(self.file, self._table.filter(wanted), self._first_row)


def normalise(spec: specs.Spec, source: specs.Source, sheet: Sheet, inputs: tuple[tuple[str, str], ...]) -> Items:
    """The rows of one source as items. Raises Refused naming file, row and column."""
    columns = source.columns or specs.Columns()
    if columns.skip is not None:
        sheet = sheet.keep(pc.invert(_among(sheet, columns.skip.column, columns.skip.equals)))
    currency = sheet.read(
        _value(sheet, columns.currency), "currency", lambda code: money.currency(code).code, pa.string()
    )
    turned = _turned(sheet, columns.sign)
    amount = pc.multiply(_amount(sheet, columns.amount, currency, blank=None)[0], turned)
    fee, has_fee = _optional(sheet, columns.fee, currency)
    expected_fee, has_expected = _optional(sheet, columns.expected_fee, currency)
    control = _control(sheet, columns.control)
    references = _references(sheet, columns, spec)
    facts = {
        "source": pa.array([source.name] * sheet.size, pa.string()),
        "account": _value(sheet, columns.account),
        "currency": currency,
        "kind": _value(sheet, columns.kind),
        "role": pc.cast(pc.multiply(control, int(Role.CONTROL)), pa.int8()),
        "amount": pc.if_else(pc.equal(control, 1), 0, amount),
        "stated": pc.if_else(pc.equal(control, 1), _stated(amount, columns.control), 0),
        "fee": fee,
        "has_fee": has_fee,
        "expected_fee": expected_fee,
        "has_expected_fee": has_expected,
        "day": sheet.read(sheet.text(columns.day.column), columns.day.column, _day(columns.day.form), pa.int32()),
        "batch": by_distinct(_value(sheet, columns.batch), token, pa.string()),
        "label": _joined(sheet, columns.label, " "),
    }
    return _items(source, sheet, columns, facts, references, inputs)


def _items(
    source: specs.Source,
    sheet: Sheet,
    columns: specs.Columns,
    facts: dict[str, Any],
    references: pa.Table,
    inputs: tuple[tuple[str, str], ...],
) -> Items:
    content = _content(facts, references, sheet.size)
    if columns.key:
        natural = _joined(sheet, columns.key, "|")
        sheet.read(natural, " ".join(columns.key), _not_blank, pa.string())
        item_id = _ids(source.name, natural, content)
    else:
        natural = pa.array([""] * sheet.size, pa.string())
        item_id = _ids(source.name, pa.array(["~" + one for one in content.to_pylist()], pa.string()), content)
    same = {
        "item_id": item_id,
        "natural_key": natural,
        "content": content,
        "standing": pa.array([0] * sheet.size, pa.int8()),
        "settled": pa.array([0] * sheet.size, pa.int8()),
        "opened_on": pa.array([NOT_OPENED] * sheet.size, pa.int32()),
    }
    both = {**facts, **same}
    return Items(pa.table([both[field.name] for field in ITEM_SCHEMA], schema=ITEM_SCHEMA), references, inputs)


def _not_blank(text: str) -> str:
    if not text.strip("| "):
        raise ValueError("the key is empty; a keyed source names every row")
    return text


def _content(facts: dict[str, Any], references: pa.Table, size: int) -> Any:
    """A digest of what each row says, equal for copies wherever they stand."""
    parts = [pc.cast(facts[name], pa.string()) for name in sorted(facts) if name not in ("source", "label")]
    said = pc.binary_join_element_wise(*parts, SEPARATOR).to_pylist()
    rows, kinds, tokens = (references[name].to_pylist() for name in REFERENCE_SCHEMA.names)
    if len(rows) == size and rows == list(range(size)):
        said = [f"{text}{SEPARATOR}{k}={t}" for text, k, t in zip(said, kinds, tokens, strict=True)]
    else:
        for row, kind, one in sorted(zip(rows, kinds, tokens, strict=True)):
            said[row] += f"{SEPARATOR}{kind}={one}"
    return pa.array([digest(text) for text in said], pa.string())


def _ids(source: str, names: Any, content: Any) -> Any:
    """`source:name`, with `#2`, `#3` for further rows of one name in the order of their content."""
    ids = pc.binary_join_element_wise(source, names, ":")
    if names.dictionary_encode().dictionary.__len__() < len(names):
        ids = pa.array(_counted(ids.to_pylist(), content.to_pylist()), pa.string())
    longest = pc.max(pc.utf8_length(ids)).as_py() or 0
    if longest > LONGEST_ID:
        ids = pa.array([one if len(one) <= LONGEST_ID else _short(one) for one in ids.to_pylist()], pa.string())
    return ids


def _counted(ids: list[str], content: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    named = list(ids)
    for at in sorted(range(len(ids)), key=lambda at: (ids[at], content[at])):
        seen[ids[at]] = seen.get(ids[at], 0) + 1
        if seen[ids[at]] > 1:
            named[at] = f"{ids[at]}#{seen[ids[at]]}"
    return named


def _short(text: str) -> str:
    return f"{text[: LONGEST_ID - 33]}~{digest(text)}"


def _as_text(values: Any) -> Any:
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    if pa.types.is_floating(kind):
        return pa.chunked_array([by_distinct(values, _shortest, pa.string())])
    if pa.types.is_timestamp(kind):
        return pc.cast(pc.cast(values, pa.date32()), pa.string())
    if pa.types.is_binary(kind) or pa.types.is_nested(kind):
        raise Refused(ReconciliationRefusal.VALUE_INVALID, f"A column of type {kind} cannot be reconciled.")
    return pc.cast(values, pa.string())


def _shortest(value: Any) -> str:
    """The shortest decimal that reads back as this double; no arithmetic is done on it."""
    if value != value:
        return ""
    shown = repr(value)
    return f"{value:f}" if "e" in shown else shown


def _value(sheet: Sheet, value: specs.Value) -> Any:
    if not value.column:
        return pa.array([value.value] * sheet.size, pa.string())
    found = sheet.text(value.column)
    if not value.map:
        return found

    def renamed(text: str) -> str:
        if text not in value.map:
            raise ValueError(f"is not in the map of {value.column!r}")
        return value.map[text]

    return sheet.read(found, value.column, renamed, pa.string())


def _joined(sheet: Sheet, names: tuple[str, ...], between: str) -> Any:
    if not names:
        return pa.array([""] * sheet.size, pa.string())
    parts = [sheet.text(name) for name in names]
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, between)


def _among(sheet: Sheet, column: str, wanted: tuple[str, ...]) -> Any:
    return pc.is_in(sheet.text(column), value_set=pa.array(list(wanted), pa.string()))


def _turned(sheet: Sheet, sign: specs.Sign | None) -> Any:
    if sign is None:
        return pa.scalar(1, pa.int64())
    return pc.if_else(_among(sheet, sign.column, sign.negative), -1, 1)


def _control(sheet: Sheet, control: specs.Control | None) -> Any:
    if control is None:
        return pa.array([0] * sheet.size, pa.int8())
    return pc.cast(_among(sheet, control.column, control.equals), pa.int8())


def _stated(amount: Any, control: specs.Control | None) -> Any:
    return pc.negate(amount) if control is not None and control.negate else amount


def _optional(sheet: Sheet, amount: specs.Amount | None, currency: Any) -> tuple[Any, Any]:
    if amount is None:
        return pa.array([0] * sheet.size, pa.int64()), pa.array([0] * sheet.size, pa.int8())
    return _amount(sheet, amount, currency, blank=0)


def _amount(sheet: Sheet, amount: specs.Amount, currency: Any, blank: int | None) -> tuple[Any, Any]:
    """Minor units, and whether the row has any. `blank` is what an empty cell means; None makes it a mistake."""
    if amount.credit or amount.debit:
        credit = _cells(sheet, amount, amount.credit, currency, 0)[0]
        return _signed(pc.subtract(credit, _cells(sheet, amount, amount.debit, currency, 0)[0]), amount), None
    values, has = _cells(sheet, amount, amount.column, currency, blank)
    return _signed(values, amount), has


def _signed(values: Any, amount: specs.Amount) -> Any:
    return pc.negate(values) if amount.negate else values


def _cells(sheet: Sheet, amount: specs.Amount, column: str, currency: Any, blank: int | None) -> tuple[Any, Any]:
    if sheet.is_floating(column) and amount.form != "shortest_decimal":
        message = f"{sheet.file}, column {column!r} is floating point. Say `form: shortest_decimal` if that is meant."
        raise Refused(ReconciliationRefusal.VALUE_INVALID, message, column=column)
    text = sheet.text(column)
    coded = pc.binary_join_element_wise(text, currency, SEPARATOR)

    def minor(code: str) -> int:
        written, unit = code.split(SEPARATOR)
        if not written and blank is not None:
            return blank
        return _minor(written, amount, money.exponent(unit))

    return sheet.read(coded, column, minor, pa.int64()), pc.cast(pc.not_equal(text, ""), pa.int8())


def _minor(written: str, amount: specs.Amount, places: int) -> int:
    plain = written.replace(amount.grouping, "") if amount.grouping else written
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    elif plain.endswith("-"):
        plain = "-" + plain[:-1]
    if amount.form == "minor":
        return money.text_to_minor(plain, 0)
    if amount.decimal_separator == ",":
        if "." in plain:
            raise ValueError("a point where the decimal separator is a comma")
        plain = plain.replace(",", ".")
    return money.text_to_minor(plain, places)


def _day(form: str) -> Callable[[str], int]:
    if form == "iso":
        return lambda text: day_number(date.fromisoformat(text[:10]))
    if form == "epoch_seconds":
        return lambda text: int(text) // 86_400
    return lambda text: day_number(datetime.strptime(text, form).replace(tzinfo=UTC).date())


def _references(sheet: Sheet, columns: specs.Columns, spec: specs.Spec) -> pa.Table:
    """All tokens of all rows, each once."""
    parts = [REFERENCE_SCHEMA.empty_table()]
    for kind, wanted in columns.references.items():
        if kind not in spec.tokens:
            message = f"Token kind {kind!r} of {sheet.file} is not declared under `tokens`."
            raise Refused(ReconciliationRefusal.SPEC_INVALID, message)
        for one in (wanted,) if isinstance(wanted, specs.Token) else wanted:
            parts.append(_tokens(sheet, kind, one))
    whole = pa.concat_tables(parts)
    if len(parts) == 2:
        return whole
    names = REFERENCE_SCHEMA.names
    return whole.group_by(names).aggregate([]).select(names).sort_by([(name, "ascending") for name in names])


def _tokens(sheet: Sheet, kind: str, wanted: specs.Token) -> pa.Table:
    text = sheet.text(wanted.column)
    if wanted.pieces:
        found = by_distinct(text, _cutter(wanted), pa.list_(pa.string()))
        rows, tokens = pc.list_parent_indices(found), pc.list_flatten(found)
    else:
        rows, tokens = pa.array(range(sheet.size), pa.int64()), by_distinct(text, token, pa.string())
    says = pc.not_equal(tokens, "")
    rows, tokens = pc.cast(rows, pa.int64()).filter(says), tokens.filter(says)
    return pa.table([rows, pa.array([kind] * len(rows), pa.string()), tokens], schema=REFERENCE_SCHEMA)


def _cutter(wanted: specs.Token) -> Callable[[str], list[str]]:
    one = _PIECES[wanted.pieces]
    run = re.compile(rf"(?<![0-9a-z]){one}{{{wanted.at_least},{wanted.at_most}}}(?![0-9a-z])")
    return lambda text: sorted({found for found in run.findall(token(text)) if not found.isalpha()})
