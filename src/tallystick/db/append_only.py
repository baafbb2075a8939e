"""Tables whose rows never change: triggers that refuse UPDATE and DELETE, in each database's own words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DDL, Table, event


def append_only(table: Table, why: str) -> None:
    """Let the database refuse to change or remove a row of `table`, saying `why` (plain words, no quotes)."""
    for dialects, statements in _triggers(table.name, why).items():
        for statement in statements:
            make: Any = DDL
            event.listen(table, "after_create", make(statement.replace("%", "%%")).execute_if(dialect=dialects))


def _triggers(name: str, why: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {
        ("sqlite",): tuple(
            f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} BEGIN SELECT RAISE(ABORT, '{why}'); END"
            for verb in ("update", "delete")
        ),
        ("postgresql",): (
            f"CREATE OR REPLACE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{why}'; END $$",
            f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE ON {name} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}_append_only()",
            f"CREATE TRIGGER {name}_never_emptied BEFORE TRUNCATE ON {name} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()",
        ),
        ("mysql", "mariadb"): tuple(
            f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} FOR EACH ROW "
            f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{why}'"
            for verb in ("update", "delete")
        ),
    }
