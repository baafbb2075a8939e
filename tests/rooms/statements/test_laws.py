"""Laws: what a bank writes is what is read, and lines add up to what the balances moved."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick import statements
from tallystick.base import Refused
from tallystick.statements import Line
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry

CURRENCIES = sorted(bank.EXPONENTS)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), max_codepoint=0xD7FF), max_size=40)
TOKENS = st.text("ABCDEFabcdef0123456789/-._", min_size=1, max_size=35)
DAYS = st.dates().map(lambda day: day.isoformat())
ENTRIES = st.builds(
    Entry,
    minor=st.integers(-(10**12), 10**12),
    currency=st.sampled_from(CURRENCIES),
    status=st.sampled_from(["BOOK", "BOOK", "BOOK", "PDNG", "INFO"]),
    booked=DAYS,
    value=DAYS,
    servicer=st.just("") | TOKENS,
    end_to_end=st.just("") | TOKENS,
    text=TEXTS,
)
STATUS = {"BOOK": "booked", "PDNG": "pending", "INFO": "information"}


def written(entries: list[Entry], opening: dict[str, int], identity: str, kind: str, version: str) -> str:
    balances = ""
    for currency in CURRENCIES:
        moved = sum(entry.minor for entry in entries if entry.currency == currency and entry.status == "BOOK")
        balances += bank.balance("OPBD", opening[currency], currency)
        balances += bank.balance("CLBD", opening[currency] + moved, currency)
    extra = bank.summary(entries)
    return bank.statement(
        entries, balances=balances, extra=extra, identity=identity, kind=kind, version=version, account=f"ACC{identity}"
    )


def as_entry(line: Line) -> Entry:
    """A line back as what the bank wrote."""
    assert line.booked is not None
    assert line.value is not None
    return Entry(
        minor=line.amount_minor,
        currency=line.currency,
        status={told: code for code, told in STATUS.items()}[line.status],
        booked=line.booked.isoformat(),
        value=line.value.isoformat(),
        servicer=line.references.get("servicer_reference", ""),
        end_to_end=line.references.get("end_to_end_id", ""),
        text=line.text,
    )


@settings(max_examples=150)
@given(
    st.lists(st.lists(ENTRIES, max_size=6), min_size=1, max_size=3),
    st.fixed_dictionaries({currency: st.integers(-(10**12), 10**12) for currency in CURRENCIES}),
    st.sampled_from(["052", "053", "054"]),
    st.sampled_from(["02", "04", "08"]),
)
def test_what_is_written_is_what_is_read(
    parts: list[list[Entry]], opening: dict[str, int], kind: str, version: str
) -> None:
    told = [written(entries, opening, f"S{n}", kind, version) for n, entries in enumerate(parts)]
    file = statements.read(bank.document(*told, kind=kind, version=version))
    assert len(file.statements) == len(parts)
    for statement, entries in zip(file.statements, parts, strict=True):
        assert [as_entry(line) for line in statement.lines] == [replace(e, text=e.text.strip()) for e in entries]
        assert statement.proof.status == "proven"
        for currency in CURRENCIES:
            moved = sum(
                line.amount_minor
                for line in statement.lines
                if line.currency == currency and line.status is statements.LineStatus.BOOKED
            )
            stated = {b.code: b.amount_minor for b in statement.balances if b.currency == currency}
            assert stated["CLBD"] - stated["OPBD"] == moved
    assert [line.ordinal for line in file.lines] == list(range(1, sum(map(len, parts)) + 1))


@settings(max_examples=150)
@given(st.lists(ENTRIES.map(lambda e: replace(e, currency="EUR")), min_size=1, max_size=6), st.data())
def test_a_statement_that_lost_a_booked_entry_is_refused(entries: list[Entry], data: st.DataObject) -> None:
    lost = data.draw(st.sampled_from(entries))
    if lost.status != "BOOK" or lost.minor == 0:
        return
    whole = bank.closed(entries)
    place = whole.index(lost.written("08").encode())
    short = whole[:place] + whole[place + len(lost.written("08").encode()) :]
    with pytest.raises(Refused) as caught:
        statements.read(short)
    assert caught.value.code is statements.StatementRefusal.BALANCE_DISAGREES


@given(st.lists(ENTRIES, min_size=1, max_size=4), st.integers(0, 3))
def test_keys_depend_on_what_is_said_not_on_where(entries: list[Entry], before: int) -> None:
    """Other entries before it change neither the key nor the digest of a line."""
    more = [Entry(1, servicer=f"BEFORE-{n}") for n in range(before)]
    alone = statements.read(bank.document(bank.statement(entries))).lines
    after = statements.read(bank.document(bank.statement([*more, *entries]))).lines[before:]
    keys = [(line.natural_key, line.occurrence, line.digest) for line in alone]
    assert [(line.natural_key, line.occurrence, line.digest) for line in after] == keys
