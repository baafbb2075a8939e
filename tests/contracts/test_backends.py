"""One suite for every database: units are whole or absent, a lost race fails alone, the order of commits is one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, MetaData, Table, bindparam, func, select

from tallystick import db
from tallystick.base import Refused
from tallystick.db.schema import with_connection

OWN = MetaData()
THINGS = Table(
    "contract_things",
    OWN,
    db.text_id(primary_key=True),
    db.text("name", 40),
    db.minor("amount"),
    db.flag("on"),
    db.blob("data", nullable=True),
    db.long_text("story", nullable=True),
    db.integer("version"),
    CheckConstraint("amount >= 0", name="amount_not_negative"),
)
NEWS = Table("contract_news", OWN, db.text_id(primary_key=True), db.sequence())

INSERT = db.Insert(THINGS)
INSERT_ONCE = db.Insert(THINGS, duplicates="ignore")
SAVE = db.Update(THINGS, key=("id",), guard="version", set=("amount",))
MARK = db.Update(THINGS, key=("id",), set=("name",))
REMOVE = db.Delete(NEWS, key=("id",))
TELL = db.Insert(NEWS, sequenced="seq")
ONE = db.Query(select(THINGS).where(THINGS.c.id == bindparam("id")))
SUM = db.Query(select(func.count().label("n"), func.sum(THINGS.c.amount).label("total")).select_from(THINGS))
SEQS = db.Query(select(NEWS.c.id, NEWS.c.seq).order_by(NEWS.c.seq))


@pytest.fixture
async def url(database_url: str) -> str:
    await with_connection(database_url, OWN.create_all)
    return database_url


@pytest.fixture
async def database(url: str) -> AsyncIterator[db.Database]:
    opened = await db.open(url)
    yield opened
    await opened.close()


def thing(key: str, amount: int = 0, **changes: Any) -> dict[str, Any]:
    plain = {"id": key, "name": "é¥𝄞", "amount": amount, "on": True, "data": b"\x00\xff", "story": None, "version": 1}
    return plain | changes


async def add(database: db.Database, *rows: dict[str, Any]) -> None:
    async with database.unit() as unit:
        for row in rows:
            unit.insert(INSERT, row)


async def test_what_is_written_is_read_back_exactly(database: db.Database) -> None:
    row = thing("a", 2**63 - 1, story="x" * 100_000)
    await add(database, row)
    assert await database.first(ONE, {"id": "a"}) == row
    assert await database.first(ONE, {"id": "A"}) is None, "ids compare byte by byte"
    assert await database.first(SUM) == {"n": 1, "total": 2**63 - 1}


async def test_a_unit_is_whole_or_absent(database: db.Database) -> None:
    await add(database, thing("a"))
    with pytest.raises(db.LostRace):
        await add(database, thing("b"), thing("a"))
    with pytest.raises(Exception, match=r"(?i)check|constraint"):
        await add(database, thing("c"), thing("d", -1))
    assert (await database.first(SUM) or {})["n"] == 1


async def test_only_the_culprit_of_a_batch_fails(database: db.Database) -> None:
    await add(database, thing("taken"))
    units = [
        add(database, thing(f"k{n}"), thing("taken" if n == 7 else f"l{n}", -1 if n == 9 else 1)) for n in range(20)
    ]
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    failed = [n for n, outcome in enumerate(outcomes) if outcome is not None]
    assert failed == [7, 9]
    assert isinstance(outcomes[7], db.LostRace)
    assert (await database.first(SUM) or {})["n"] == 1 + 18 * 2


async def test_an_exception_inside_the_block_writes_nothing(database: db.Database) -> None:
    async def fail() -> None:
        async with database.unit() as unit:
            unit.insert(INSERT, thing("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await database.first(ONE, {"id": "a"}) is None


async def test_already_there_is_fine_when_asked_for(database: db.Database) -> None:
    async def once(amount: int) -> None:
        async with database.unit() as unit:
            unit.insert(INSERT_ONCE, thing("a", amount))

    await once(1)
    await asyncio.gather(*map(once, range(2, 12)))
    assert (await database.first(ONE, {"id": "a"}) or {})["amount"] == 1


async def test_several_statements_of_a_unit_act_one_after_another(database: db.Database) -> None:
    """However few statements the backend makes of them: two updates of one row, an update of a row just inserted."""
    await add(database, thing("old", 1))
    async with database.unit() as unit:
        unit.insert(INSERT, thing("new", 1))
        unit.insert(INSERT_ONCE, thing("old", 99))
        unit.insert(INSERT_ONCE, thing("other", 5))
        for key in ("old", "new", "other"):
            unit.update(SAVE, {"id": key, "version": 1, "amount": 7})
            unit.update(MARK, {"id": key, "name": "marked"})
        unit.insert(TELL, {"id": "told"})
    for key in ("old", "new", "other"):
        row = await database.first(ONE, {"id": key})
        assert row is not None
        assert (row["amount"], row["name"], row["version"]) == (7, "marked", 2), key
    async with database.unit() as unit:
        unit.insert(INSERT, thing("next"))
        unit.update(MARK, {"id": "old", "name": "again"})
        unit.delete(REMOVE, {"id": "told"})
    assert [(await database.first(ONE, {"id": key}) or {})["name"] for key in ("next", "old")] == ["é¥𝄞", "again"]
    assert await database.fetch(SEQS) == []


async def test_a_taken_key_among_other_tables_is_named(database: db.Database) -> None:
    await add(database, thing("taken"))
    async with database.unit() as unit:
        unit.insert(TELL, {"id": "told"})

    async def write(statement: db.Insert, row: dict[str, Any]) -> None:
        async with database.unit() as unit:
            unit.insert(INSERT, thing("free"))
            unit.insert(TELL, {"id": "untold"})
            unit.insert(statement, row)

    for statement, row in ((INSERT, thing("taken")), (TELL, {"id": "told"})):
        with pytest.raises(db.LostRace) as lost:
            await write(statement, row)
        assert lost.value.table == statement.table.name
    assert await database.first(ONE, {"id": "free"}) is None
    assert [row["id"] for row in await database.fetch(SEQS)] == ["told"]


async def increase(database: db.Database, times: int) -> None:
    async def step() -> None:
        row = await database.first(ONE, {"id": "a"})
        assert row is not None
        async with database.unit() as unit:
            unit.update(SAVE, {"id": "a", "version": row["version"], "amount": row["amount"] + 1})

    for _ in range(times):
        await database.retry(step)


async def test_no_update_is_lost_within_a_process_or_between_two(database: db.Database, url: str) -> None:
    await add(database, thing("a"))
    other = await db.open(url)
    try:
        await asyncio.gather(*(increase(side, 3) for side in (database, other) for _ in range(5)))
    finally:
        await other.close()
    assert (await database.first(ONE, {"id": "a"}) or {})["amount"] == 30


async def test_a_guard_that_moved_or_a_row_that_is_gone_loses(database: db.Database) -> None:
    await add(database, thing("a"))
    await increase(database, 1)
    for key, version in (("a", 1), ("nobody", 1)):
        with pytest.raises(db.LostRace) as lost:
            async with database.unit() as unit:
                unit.update(SAVE, {"id": key, "version": version, "amount": 5})
        assert lost.value.table == "contract_things"
    with pytest.raises(db.LostRace):
        async with database.unit() as unit:
            unit.update(MARK, {"id": "nobody", "name": "x"})


async def test_an_update_to_equal_values_is_no_lost_race(database: db.Database) -> None:
    await add(database, thing("a"))
    for _ in range(2):
        async with database.unit() as unit:
            unit.update(MARK, {"id": "a", "name": "same"})


async def test_the_order_of_commits_is_one_over_all_processes(database: db.Database, url: str) -> None:
    """A reader that polls `seq > cursor` never misses a row that commits later."""
    other = await db.open(url)
    seen: list[str] = []
    cursor = -1

    async def tell(side: db.Database, key: str) -> None:
        async with side.unit() as unit:
            unit.insert(TELL, {"id": key})

    async def watch() -> None:
        nonlocal cursor
        for row in await database.fetch(SEQS):
            if row["seq"] > cursor:
                cursor = row["seq"]
                seen.append(row["id"])

    try:
        for turn in range(8):
            sides = (database, other)
            await asyncio.gather(*(tell(sides[n % 2], f"n{turn}-{n}") for n in range(6)), watch())
        await watch()
    finally:
        await other.close()
    assert len(seen) == 48 == len(set(seen))


async def test_a_row_may_go_and_come_back(database: db.Database, url: str) -> None:
    other = await db.open(url)
    try:
        for side in (database, other, database):
            async with side.unit() as unit:
                unit.insert(TELL, {"id": "a"})
            async with side.unit() as unit:
                unit.delete(REMOVE, {"id": "a"})
            with pytest.raises(db.LostRace):
                async with side.unit() as unit:
                    unit.delete(REMOVE, {"id": "a"})
    finally:
        await other.close()
    assert await database.fetch(SEQS) == []


async def test_news_wakes_those_who_listen(database: db.Database) -> None:
    woken: list[int] = []
    database.on_commit(lambda: woken.append(1))
    await add(database, thing("a"))
    assert woken == []
    async with database.unit() as unit:
        unit.insert(TELL, {"id": "n"})
    assert woken == [1]


async def test_lists_in_a_read(database: db.Database) -> None:
    await add(database, thing("a", 1), thing("b", 2), thing("c", 3))
    wanted = (
        select(THINGS.c.id, THINGS.c["on"]).where(THINGS.c.id.in_(["a", "c"]), THINGS.c["on"]).order_by(THINGS.c.id)
    )
    assert await database.fetch(wanted) == [{"id": "a", "on": True}, {"id": "c", "on": True}]


async def test_a_closed_database_takes_no_more(url: str) -> None:
    opened = await db.open(url)
    await opened.close()
    with pytest.raises(RuntimeError, match="closed"):
        await add(opened, thing("a"))


def test_a_url_nobody_speaks_is_refused() -> None:
    with pytest.raises(Refused, match="sqlite:///FILE"):
        db.backend_of("oracle://somewhere")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 3)), min_size=1, max_size=3), max_size=12))
async def test_batches_equal_one_unit_after_another(database: db.Database, plan: list[list[tuple[int, int]]]) -> None:
    """Law 2: whatever is committed together, the accepted units are exactly the rows that are there."""
    prefix = database.ids.suffix()
    units = [add(database, *(thing(f"{prefix}-{key}", amount) for key, amount in rows)) for rows in plan]
    outcomes = await asyncio.gather(*units, return_exceptions=True)
    accepted = [rows for rows, outcome in zip(plan, outcomes, strict=True) if outcome is None]
    expected = {f"{prefix}-{key}": amount for rows in accepted for key, amount in rows}
    assert sum(len(rows) for rows in accepted) == len(expected), "no key was given twice"
    found = await database.fetch(select(THINGS.c.id, THINGS.c.amount).where(THINGS.c.id.startswith(prefix)))
    assert {row["id"]: row["amount"] for row in found} == expected
    assert all(amount >= 0 for amount in expected.values())


async def test_nor_are_its_tables_looked_for() -> None:
    with pytest.raises(Refused, match="No database speaks 'foo'"):
        await db.migrate("foo://somewhere")
