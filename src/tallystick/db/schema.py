"""Making the tables: `migrate` for databases that are kept, `create` for throw-away ones in tests."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

import tallystick
from tallystick.db.backends.sqlite import PRAGMAS
from tallystick.db.columns import METADATA
from tallystick.db.engine import backend_of
from tallystick.db.tables import COMMIT_ORDER

T = TypeVar("T")


async def with_connection(url: str, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction on a SQLAlchemy connection to `url`; for schema changes only."""
    backend_of(url)  # refuses an address that no database here speaks
    scheme, _, rest = url.partition("://")
    if scheme.startswith("postgres"):
        engine = create_async_engine(f"postgresql+asyncpg://{rest}")
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        finally:
            await engine.dispose()
    return await asyncio.to_thread(_blocking, url, work)


def _blocking(url: str, work: Callable[[Connection], T]) -> T:
    scheme, _, rest = url.partition("://")
    engine = create_engine(f"sqlite://{rest.partition('?')[0]}" if scheme == "sqlite" else f"mysql+pymysql://{rest}")
    try:
        with engine.begin() as connection:
            if scheme == "sqlite":
                connection.connection.cursor().execute(PRAGMAS[0])
            return work(connection)
    finally:
        engine.dispose()


def create_all(connection: Connection) -> None:
    """Make every table of the rooms that are imported, with their triggers, and the row that orders commits."""
    METADATA.create_all(connection)
    seed(connection)


def seed(connection: Connection) -> None:
    """The row that orders commits."""
    if connection.execute(select(COMMIT_ORDER.c.seq)).first() is None:
        connection.execute(insert(COMMIT_ORDER).values(id=1, seq=0))


def declare_all() -> None:
    """Import every room's store, so that METADATA knows every table."""
    for room in pkgutil.iter_modules(tallystick.__path__):
        if room.ispkg and importlib.util.find_spec(f"tallystick.{room.name}.store") is not None:
            importlib.import_module(f"tallystick.{room.name}.store")


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the revisions of this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the revisions up to `revision` that this database lacks."""
    command.upgrade(configuration(connection), revision)


async def migrate(url: str) -> None:
    """Bring the database at `url`, empty or of an earlier release, to today's tables. Running it again is harmless."""
    await with_connection(url, upgrade)


async def revision(url: str) -> str | None:
    """The revision the database at `url` stands at; None for an empty one."""
    return await with_connection(url, lambda one: MigrationContext.configure(one).get_current_revision())


def head_revision() -> str | None:
    """The newest revision of this package."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


async def create(url: str) -> None:
    """Make the tables directly from the declarations; for throw-away databases."""
    declare_all()
    await with_connection(url, create_all)
