"""What is kept of files: whole or nothing, once, and every movement counted once however often it is told."""

from __future__ import annotations

import asyncio
import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick import db, statements
from tallystick.base import Refused
from tallystick.statements import Family, Intake, LineState, StoredLine
from tallystick.statements.record import scoped
from tallystick.statements.restate import Coming, Plan, Present, Telling, Withdrawn, plan
from tests.clocks import START
from tests.rooms.statements import bank
from tests.rooms.statements.bank import Entry

ONE = Entry(10_000, servicer="A-1", end_to_end="E-1")
TWO = Entry(-2_500, servicer="A-2", end_to_end="E-2")
THREE = Entry(700, text="coffee")


async def take(database: db.Database, content: bytes, name: str = "day.xml", **options: Any) -> Intake:
    return await statements.intake(database, content, name=name, source="test", now=START, **options)


async def active(database: db.Database, family: Family = Family.STATEMENT) -> list[StoredLine]:
    return await statements.active_lines(database, family=family)


async def test_a_file_is_kept_as_it_was_read(database: db.Database) -> None:
    content = bank.closed([ONE, TWO, THREE])
    file = statements.read(content, "day.xml")
    taken = await take(database, content)
    assert (taken.duplicate, taken.lines) == (False, 3)
    record = await statements.retrieve(database, taken.file_id)
    assert (record.sha256, record.size, record.name, record.lines) == (file.digest, len(content), "day.xml", 3)
    assert record.proof == "proven"
    stored = await statements.lines_of(database, taken.file_id)
    assert tuple(line.line for line in stored) == file.lines
    (kept,) = await statements.statements_of(database, [taken.file_id])
    (told,) = file.statements
    assert (kept.identity, kept.account, kept.period, kept.lines) == (told.identity, told.account, told.period, 3)
    assert (kept.opening_minor, kept.closing_minor) == (100_000, 108_200)


async def test_batches_charges_and_times_survive_keeping(database: db.Database) -> None:
    from tests.rooms.statements.test_golden import INPUTS

    for path in INPUTS:
        if not path.name.startswith("refused-"):
            taken = await take(database, path.read_bytes(), path.name)
            stored = await statements.lines_of(database, taken.file_id)
            assert tuple(line.line for line in stored) == statements.read(path).lines


async def test_the_same_content_is_taken_once(database: db.Database) -> None:
    content = bank.closed([ONE, TWO])
    first = await take(database, content)
    again = await take(database, content, "under-another-name.xml")
    assert again.duplicate
    assert again.file_id == first.file_id
    assert len(await statements.files(database)) == 1
    assert len(await active(database)) == 2


async def test_the_same_content_at_the_same_time_is_taken_once(database: db.Database) -> None:
    content = bank.closed([ONE, TWO])
    taken = await asyncio.gather(*(take(database, content) for _ in range(5)))
    assert [one.duplicate for one in taken].count(False) == 1
    assert len(await active(database)) == 2


async def test_a_refused_file_leaves_nothing(database: db.Database) -> None:
    content = bank.closed([ONE, TWO]).replace(b"1075.00", b"1075.01")
    with pytest.raises(Refused) as caught:
        await take(database, content)
    assert caught.value.code is statements.StatementRefusal.BALANCE_DISAGREES
    assert await statements.files(database) == []
    assert await active(database) == []


async def test_a_restated_line_replaces_the_older(database: db.Database) -> None:
    first = await take(database, bank.closed([ONE, TWO]))
    second = await take(database, bank.closed([replace(ONE, minor=11_000), TWO], identity="S-1"))
    assert (second.restated, second.duplicates) == (1, 1)
    old, same = await statements.lines_of(database, first.file_id)
    new, repeated = await statements.lines_of(database, second.file_id)
    assert (old.state, old.other_id) == (LineState.SUPERSEDED, new.id)
    assert old.item_id == new.item_id
    assert (repeated.state, repeated.other_id) == (LineState.DUPLICATE, same.id)
    assert sorted(line.line.amount_minor for line in await active(database)) == [-2_500, 11_000]


async def test_a_statement_issued_again_replaces_lines_that_are_gone(database: db.Database) -> None:
    first = await take(database, bank.closed([ONE, THREE]))
    second = await take(database, bank.closed([ONE, replace(THREE, text="tea")]))
    assert sorted(line.line.text for line in await active(database)) == ["", "tea"]
    gone = (await statements.lines_of(database, first.file_id))[1]
    (kept,) = await statements.statements_of(database, [second.file_id])
    assert (gone.state, gone.other_id) == (LineState.SUPERSEDED, kept.id)
    (earlier,) = await statements.statements_of(database, [first.file_id])
    assert earlier.superseded_by == kept.id


async def test_a_line_that_was_withdrawn_may_come_back(database: db.Database) -> None:
    await take(database, bank.closed([ONE, TWO]))
    await take(database, bank.closed([TWO]))
    assert [line.line.amount_minor for line in await active(database)] == [-2_500]
    await take(database, bank.closed([TWO, ONE], opening=50))
    assert sorted(line.line.amount_minor for line in await active(database)) == [-2_500, 10_000]


async def test_days_told_again_by_a_month_count_once(database: db.Database) -> None:
    await take(database, bank.closed([ONE], identity="day-1"))
    await take(database, bank.closed([TWO], identity="day-2"))
    month = await take(database, bank.closed([ONE, TWO], identity="month"))
    assert month.duplicates == 2
    assert sorted(line.line.amount_minor for line in await active(database)) == [-2_500, 10_000]


async def test_equal_lines_without_a_reference_in_two_statements_are_two(database: db.Database) -> None:
    await take(database, bank.closed([THREE], identity="day-1"))
    await take(database, bank.closed([THREE, THREE], identity="day-2"))
    assert len(await active(database)) == 3


async def test_two_files_with_the_same_line_at_the_same_time_count_it_once(database: db.Database) -> None:
    contents = [bank.closed([ONE], identity=f"day-{number}") for number in range(4)]
    await asyncio.gather(*(take(database, content, f"{n}.xml") for n, content in enumerate(contents)))
    assert len(await active(database)) == 1


async def test_reports_and_statements_do_not_replace_each_other(database: db.Database) -> None:
    await take(database, bank.closed([ONE]))
    await take(database, bank.document(bank.statement([ONE], kind="052"), kind="052"))
    await take(database, bank.document(bank.statement([ONE], kind="054"), kind="054"))
    for family in (Family.STATEMENT, Family.REPORT, Family.NOTIFICATION):
        assert len(await active(database, family)) == 1


async def test_owners_do_not_meet(database: db.Database) -> None:
    content = bank.closed([ONE])
    mine = await take(database, content, owner="acct_1")
    theirs = await take(database, content, owner="acct_2")
    test = await take(database, content, owner="acct_1", livemode=False)
    assert len({mine.file_id, theirs.file_id, test.file_id}) == 3
    assert not any(one.duplicate or one.duplicates for one in (mine, theirs, test))
    with pytest.raises(Refused) as caught:
        await statements.retrieve(database, theirs.file_id, owner="acct_1")
    assert caught.value.code is statements.StatementRefusal.FILE_MISSING
    assert len(await statements.find(database, "E-1", owner="acct_2")) == 1
    assert await statements.find(database, "E-1") == []


async def test_lines_are_found_by_reference_also_in_a_batch(database: db.Database) -> None:
    from tests.rooms.statements.test_golden import FOLDER

    path = FOLDER / "camt" / "batch.camt.053.001.02.xml"
    await take(database, path.read_bytes(), path.name)
    (line,) = await statements.find(database, "E-2")
    assert line.line.amount_minor == 42_956
    assert await statements.find(database, "E-2", kind="end_to_end_id") == [line]
    assert await statements.find(database, "E-2", kind="uetr") == []
    assert await statements.find(database, "MSG-1") == [line]


async def test_active_lines_by_account_and_day(database: db.Database) -> None:
    late = replace(ONE, servicer="A-9", booked="2026-11-25")
    await take(database, bank.closed([ONE, late]))
    (first,) = await statements.active_lines(
        database, family=Family.STATEMENT, to_day=statements.read(bank.closed([ONE])).lines[0].day
    )
    assert first.line.booked is not None
    assert first.line.booked.isoformat() == "2026-11-20"
    assert await statements.active_lines(database, family=Family.STATEMENT, account="other") == []
    assert await statements.active_lines(database, family=Family.SETTLEMENT) == []


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.xml", content)
    return packed.getvalue()


async def test_an_archive_is_taken_file_by_file(database: db.Database) -> None:
    days = {f"day{n}": bank.closed([replace(ONE, servicer=f"A-{n}")], identity=f"day-{n}") for n in (1, 2)}
    archive = zipped(**days)
    with pytest.raises(Refused):
        await take(database, archive, "days.zip")
    taken = await statements.intake_all(database, archive, name="days.zip", source="test", now=START)
    assert [one.name for one in taken] == ["days.zip!day1.xml", "days.zip!day2.xml"]
    assert (await take(database, days["day1"], "day1.xml")).duplicate
    assert len(await active(database)) == 2


async def test_an_archive_with_one_broken_file_is_not_taken_at_all(database: db.Database) -> None:
    archive = zipped(good=bank.closed([ONE]), bad=b"<Document>")
    with pytest.raises(Refused) as caught:
        await statements.intake_all(database, archive, name="days.zip", source="test", now=START)
    assert caught.value.message.startswith("days.zip!bad.xml, line 1")
    assert await statements.files(database) == []


async def test_a_long_file_is_kept(database: db.Database) -> None:
    entries = [Entry(100 + n, servicer=f"A-{n}", end_to_end=f"E-{n}") for n in range(3_000)]
    taken = await take(database, bank.closed(entries))
    assert taken.lines == 3_000
    assert len(await active(database)) == 3_000
    again = await take(database, bank.closed([*entries, ONE], identity="longer"))
    assert (again.duplicates, again.restated) == (3_000, 0)


async def test_a_day_issued_again_without_a_line_that_the_month_has_loses_nothing(database: db.Database) -> None:
    await take(database, bank.closed([ONE, TWO], identity="day"))
    await take(database, bank.closed([ONE, TWO], identity="month"))
    await take(database, bank.closed([ONE], identity="day"))
    assert sorted(line.line.amount_minor for line in await active(database)) == [-2_500, 10_000]
    await take(database, bank.closed([ONE], identity="month"))
    assert [line.line.amount_minor for line in await active(database)] == [10_000]


async def test_what_stands_elsewhere_is_believed_again(database: db.Database) -> None:
    await take(database, bank.closed([ONE], identity="day"))
    await take(database, bank.closed([replace(ONE, minor=9_999)], identity="month"))
    assert [line.line.amount_minor for line in await active(database)] == [9_999]
    await take(database, bank.closed([], identity="month"))
    (line,) = await active(database)
    assert (line.line.amount_minor, line.other_id) == (10_000, None)


async def test_any_order_of_issues_counts_every_item_as_it_was_last_told(database: db.Database, seed: int) -> None:
    """Issues of three statements with some items in common arrive in any order."""
    chance = random.Random(seed)
    standing: dict[str, list[Entry]] = {}
    for step in range(25):
        identity = f"day-{chance.randrange(3)}"
        told = [Entry(chance.randrange(1, 4) * 100, servicer=f"item-{n}") for n in range(5) if chance.random() < 0.5]
        await take(database, bank.closed(told, identity=identity, opening=1_000_000 + step), f"{step}.xml")
        standing.pop(identity, None)
        standing[identity] = told
        believed = {entry.servicer: entry.minor for entries in standing.values() for entry in entries}
        counted = await active(database)
        assert len({line.item_id for line in counted}) == len(counted)
        found = {line.line.references["servicer_reference"]: line.line.amount_minor for line in counted}
        assert found == believed, f"after step {step}"


@dataclass
class Shelf:
    """What the store holds, as plain dicts."""

    lines: dict[str, tuple[Coming, str]] = field(default_factory=dict)
    states: dict[str, LineState] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    items: dict[str, tuple[str, int]] = field(default_factory=dict)
    issues: dict[str, str] = field(default_factory=dict)
    """The standing issue of each statement, the one that arrived last at the end."""

    def telling(self, line_id: str) -> Telling:
        return Telling(line_id, self.lines[line_id][0].digest, self.states[line_id], self.versions[line_id])

    def arrive(self, statement: str, issue: str, told: Sequence[tuple[str, str]]) -> None:
        coming = [Coming(f"{issue}-{item}", item, digest) for item, digest in told]
        replaced = self.issues.pop(statement, None)
        mine = {line.item_id for line in coming}
        gone = {line.item_id for line, of in self.lines.values() if of == replaced} - mine
        present = {item: Present(self.telling(line), version) for item, (line, version) in self.items.items()}
        withdrawn = [Withdrawn(item, self.standing(item), issue) for item in sorted(gone)]
        self.keep(issue, coming, plan(coming, present, withdrawn))
        self.issues[statement] = issue

    def standing(self, item: str) -> list[Telling]:
        order = list(self.issues.values())
        found = [(order.index(of), id) for id, (line, of) in self.lines.items() if of in order and line.item_id == item]
        return [self.telling(line_id) for _, line_id in sorted(found)]

    def keep(self, issue: str, coming: Sequence[Coming], made: Plan) -> None:
        for line in coming:
            self.lines[line.line_id], self.versions[line.line_id] = (line, issue), 0
            self.states[line.line_id] = made.states[line.line_id][0]
        for line_id, turn in made.turns.items():
            assert self.versions[line_id] == turn.version
            self.states[line_id], self.versions[line_id] = turn.state, turn.version + 1
        for item, line_id in made.new_items.items():
            assert item not in self.items
            self.items[item] = (line_id, 0)
        for item, (version, line_id) in made.items.items():
            assert self.items[item][1] == version
            self.items[item] = (line_id, version + 1)


TOLD = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=4, unique_by=lambda line: line[0])


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from("ABC"), TOLD), max_size=10))
def test_the_plan_believes_the_last_standing_telling(files: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
    shelf = Shelf()
    standing: dict[str, Sequence[tuple[str, str]]] = {}
    for number, (statement, told) in enumerate(files):
        shelf.arrive(statement, f"{statement}{number}", told)
        standing.pop(statement, None)
        standing[statement] = told
        believed = {item: digest for lines in standing.values() for item, digest in lines}
        counted = [shelf.lines[id][0] for id, state in shelf.states.items() if state is LineState.ACTIVE]
        assert len(counted) == len(believed)
        assert {line.item_id: line.digest for line in counted} == believed
        assert all(shelf.states[shelf.items[item][0]] is LineState.ACTIVE for item in believed)


def test_scopes_are_apart() -> None:
    names = {scoped("a", True, "b"), scoped("a", False, "b"), scoped("a", True, "c"), scoped("ab", True, "")}
    assert len(names) == 4
    assert all(len(name) == 26 and name.isalnum() for name in names)
