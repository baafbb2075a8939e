"""What only some files may use: SQL in store.py and db, the web framework at the edge, outgoing HTTP in two files.

Whoever reads a verb then knows that it neither talks to the world nor to the database by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from tools.lint.project import PACKAGE, Finding, Project, imports


@dataclass(frozen=True)
class Border:
    """Modules that only some places may import; places are patterns below src/tallystick."""

    what: str
    modules: tuple[str, ...]
    places: tuple[str, ...]


BORDERS = (
    Border(
        "SQL",
        ("sqlalchemy", "asyncpg", "pymysql", "alembic", "sqlite3", "aiosqlite"),
        ("db/*", "*/store.py", "*/store/*", "sandbox/book.py"),
    ),
    Border("DuckDB", ("duckdb",), ("reconciliation/engines/*", "statements/table.py")),
    Border(
        "the web framework",
        ("starlette", "uvicorn", "python_multipart", "multipart"),
        ("web/*", "*/api.py", "dashboard/*", "app.py", "sandbox/server.py"),
    ),
    Border(
        "outgoing HTTP",
        ("aiohttp", "requests", "urllib.request", "http.client", "httpx", "urllib3"),
        ("connectors/http.py", "webhooks/deliver.py", "sandbox/post.py"),
    ),
    Border("the stand-in processor", ("tallystick.sandbox",), ("sandbox/*", "app.py", "cli.py", "cli/*", "demo/*")),
    Border("Stripe's SDK", ("stripe",), ("demo/*",)),
    Border("the settings library", ("pydantic", "pydantic_settings"), ("base/settings.py", "cli/*")),
)


def check(project: Project) -> Iterator[Finding]:
    """Find imports on the wrong side of a border."""
    for source in project.package:
        place = str(source.path.relative_to(PACKAGE))
        for node, target in imports(source):
            for border in BORDERS:
                crossed = any(target == module or target.startswith(f"{module}.") for module in border.modules)
                if crossed and not any(fnmatch(place, allowed) for allowed in border.places):
                    allowed_places = ", ".join(border.places)
                    yield source.finding(node, target, f"{border.what} ({target}) belongs in {allowed_places}")
