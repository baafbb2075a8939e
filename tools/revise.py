"""Write the next migration from what the rooms declare: `.venv/bin/python -m tools.revise "what changes"`.

The difference is taken against a throw-away SQLite file at the newest revision. Read what was written before keeping
it: triggers, moved data and anything that only one database needs are added by hand.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import Connection

from tallystick.db import schema


def revise(connection: Connection, message: str) -> None:
    """Bring the throw-away database to the head and write the revision that leads on."""
    schema.upgrade(connection)
    config = schema.configuration(connection)
    number = len(list((Path(schema.__file__).parent / "migrations" / "versions").glob("[0-9]*.py"))) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


def main() -> None:
    """Take the message from the command line."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: python -m tools.revise "what changes"')
    schema.declare_all()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/revise.sqlite"
        asyncio.run(schema.with_connection(url, lambda connection: revise(connection, sys.argv[1])))


if __name__ == "__main__":
    main()
