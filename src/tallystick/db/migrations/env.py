"""Alembic's entry: it runs on the connection that `schema` hands over, and on nothing else."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from tallystick.db.columns import METADATA
from tallystick.db.migrations.steps import spelled


def render(kind: str, thing: Any, _context: Any) -> str | Literal[False]:
    """Write our types by their own words."""
    return (spelled(thing) or False) if kind == "type" else False


def run() -> None:
    """Run the revisions that are wanted, each on the connection in the configuration's attributes."""
    attributes = context.config.attributes
    wanted = attributes.get("tables")
    context.configure(
        connection=attributes["connection"],
        target_metadata=METADATA,
        render_item=render,
        include_name=lambda name, kind, _: kind != "table" or wanted is None or name in wanted,
        include_object=lambda thing, name, kind, *_: kind != "table" or wanted is None or name in wanted,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
