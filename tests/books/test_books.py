"""Every story is played against the real code; answers, journal and trial balance must be what it says, to the cent."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from tallystick import db, ledger
from tallystick.base import IdSource, start_of
from tests.books import books, business, entries
from tests.books.story import JOURNAL, JOURNAL_COLUMNS, STEPS, TRIAL, Story, story
from tests.books.table import Section, write
from tests.clocks import ManualClock

STORIES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
async def test_the_books_are_as_told(path: Path, sqlite_url: str, seed: int) -> None:
    told = story(path.read_text(), path.name)
    clock = ManualClock(start_of(told.steps[0].day))
    database = await db.open(sqlite_url, ids=IdSource(clock, random.Random(seed)), clock=clock)
    try:
        differences = await differing(told, database, clock)
    finally:
        await database.close()
    if differences:
        pytest.fail("\n\n".join([f"{path.name}: {told.heading}. This is what happened:", *differences]), pytrace=False)


async def differing(told: Story, database: db.Database, clock: ManualClock) -> list[str]:
    """Play the story; each section that came out otherwise, with its rows as they are."""
    answers, names = await played(told, database, clock)
    postings = await books.transfers(database)
    balances = await ledger.balances(database)
    sides = {path: side for path, (_, side) in told.accounts.items()}
    books.must_add_up(postings, balances)
    sections = (
        (told.told, STEPS, told.told.columns, _answered(told, answers)),
        (told.journal, JOURNAL, JOURNAL_COLUMNS, books.journal(postings, names)),
        (told.trial, TRIAL, *books.trial(balances, sides)),
    )
    return [
        "\n".join([write(name, columns, rows), "", *_changed(_cells(section), rows)])
        for section, name, columns, rows in sections
        if (section.columns, _cells(section)) != (tuple(columns), rows)
    ]


def _changed(told: books.Cells, rows: books.Cells) -> Iterable[str]:
    """What the story has and did not happen, and the other way round."""
    for tag, first, last, begin, end in SequenceMatcher(None, told, rows, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from (f"not so:  {' | '.join(row)}" for row in told[first:last])
            yield from (f"but so:  {' | '.join(row)}" for row in rows[begin:end])


async def played(told: Story, database: db.Database, clock: ManualClock) -> tuple[list[str], Mapping[str, str]]:
    """The answer to each step, and the story's name of every reference."""
    if told.entries:
        own = {row.cells["id"]: row.cells["id"] for row in told.told.rows}
        return await entries.play(database, told.entries), own
    await business.enrol(database, told.merchants, clock=clock)
    play = business.Play(database, clock)
    return await play.play(told.deeds), play.names


def _answered(told: Story, answers: Sequence[str]) -> books.Cells:
    """The steps as told, with the answers as they were."""
    asked = [*(entry.row for entry in told.entries), *(deed.row for deed in told.deeds)]
    answer_at = {row.place: answer for row, answer in zip(asked, answers, strict=True)}
    return [(*list(row.cells.values())[:-1], answer_at.get(row.place, "")) for row in told.told.rows]


def _cells(section: Section) -> books.Cells:
    return [tuple(row.cells.values()) for row in section.rows]
