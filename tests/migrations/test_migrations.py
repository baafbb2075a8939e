"""Migrations lead from an empty database to exactly the declared tables on every store, and lose nothing on the way."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from tallystick import db
from tallystick.db import schema

REVISIONS = [
    one.revision for one in reversed(list(ScriptDirectory.from_config(schema.configuration()).walk_revisions()))
]


def differences(connection: Connection) -> list[Any]:
    """What the database lacks or has too much, beside what is declared."""
    found = compare_metadata(MigrationContext.configure(connection), db.METADATA)
    return [one for one in found if "alembic_version" not in str(one)]


def constraints(connection: Connection) -> dict[str, set[str | None]]:
    """Names of the check constraints by table; they are what holds the laws."""
    inspector = inspect(connection)
    return {
        table: {one["name"] for one in inspector.get_check_constraints(table)} for table in inspector.get_table_names()
    }


def declared_constraints(dialect: str) -> dict[str, set[str | None]]:
    """Those that the rooms declare."""
    found: dict[str, set[str | None]] = {}
    for table in db.METADATA.sorted_tables:
        names = {str(one.name) for one in table.constraints if one.__class__.__name__ == "CheckConstraint"}
        found[table.name] = {name if name.startswith("ck_") else f"ck_{table.name}_{name}" for name in names}
    return found


async def test_an_empty_database_becomes_what_is_declared(empty_database_url: str) -> None:
    schema.declare_all()
    await schema.migrate(empty_database_url)
    assert await db.revision(empty_database_url) == db.head_revision()
    assert await schema.with_connection(empty_database_url, differences) == []
    held = await schema.with_connection(empty_database_url, constraints)
    dialect = empty_database_url.partition(":")[0]
    for table, names in declared_constraints(dialect).items():
        assert names <= held[table], f"{table} lacks {names - held[table]}"


async def test_running_again_changes_nothing(empty_database_url: str) -> None:
    await schema.migrate(empty_database_url)
    await schema.migrate(empty_database_url)
    opened = await db.open(empty_database_url)
    await opened.close()


@pytest.mark.parametrize("stop", REVISIONS[:-1])
async def test_every_earlier_revision_leads_to_the_head(empty_sqlite_url: str, stop: str) -> None:
    """A database of an earlier release is one that stopped at a revision; its rows survive."""
    await schema.with_connection(empty_sqlite_url, lambda connection: schema.upgrade(connection, stop))
    await schema.with_connection(
        empty_sqlite_url, lambda connection: connection.execute(text("UPDATE commit_order SET seq = 41"))
    )
    await schema.migrate(empty_sqlite_url)
    kept = await schema.with_connection(
        empty_sqlite_url, lambda connection: connection.execute(text("SELECT seq FROM commit_order")).scalar()
    )
    assert kept == 41
    assert await db.revision(empty_sqlite_url) == db.head_revision()


async def test_transfers_are_append_only_after_a_migration(empty_database_url: str) -> None:
    """Triggers are no part of what is compared above."""
    await schema.migrate(empty_database_url)

    def try_to_change(connection: Connection) -> None:
        columns = "id, seq, debit_account_id, credit_account_id, amount, currency, code, flags, reference, day, created"
        connection.execute(
            text(f"INSERT INTO ledger_transfers ({columns}) VALUES ('t', 1, 'a', 'b', 5, 'EUR', 1, 0, 'x', 1, 1)")
        )
        connection.execute(text("UPDATE ledger_transfers SET amount = 6"))

    with pytest.raises(Exception, match="append-only"):
        await schema.with_connection(empty_database_url, try_to_change)


async def test_nor_can_they_be_emptied_or_replaced(empty_database_url: str) -> None:
    await schema.migrate(empty_database_url)
    kind = empty_database_url.partition(":")[0]
    columns = "id, seq, debit_account_id, credit_account_id, amount, currency, code, flags, reference, day, created"
    row = f"INTO ledger_transfers ({columns}) VALUES ('t', 1, 'a', 'b', 5, 'EUR', 1, 0, 'x', 1, 1)"
    bad = {"sqlite": f"INSERT OR REPLACE {row}", "postgresql": "TRUNCATE ledger_transfers"}.get(kind, f"REPLACE {row}")

    def try_to(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA recursive_triggers=ON" if kind == "sqlite" else "SELECT 1")
        connection.execute(text(f"INSERT {row}"))
        connection.execute(text(bad))

    with pytest.raises(Exception, match="append-only"):
        await schema.with_connection(empty_database_url, try_to)
