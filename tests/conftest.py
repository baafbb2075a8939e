"""What every test may ask for: a database of its own, a seed that is printed, the sample files.

Sockets reach loopback only. A test that needs an outside service (MariaDB, a browser) carries the marker `services`;
`make test` leaves those out, `make test-all` runs them, and there an absent service is a failure, not a skip.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import uuid
import zlib
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import hypothesis
import pytest

from tests import samples as sample_files
from tools.throwaway import outside, postgres

pytest_plugins = ["pytester"]
LOOPBACK = "127.0.0.1,::1,localhost"
SEED_SECTION = "seed"

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Close every way out of this machine, whatever the command line said."""
    config.option.allow_hosts = LOOPBACK
    config.option.allow_unix_socket = True


# --- seeds -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A number for `random.Random(seed)`: the same for the same test, or TALLYSTICK_SEED; printed when it fails."""
    given = os.environ.get("TALLYSTICK_SEED")
    number = int(given) if given else zlib.crc32(request.node.nodeid.encode())
    request.node.add_report_section("setup", SEED_SECTION, f"run again with TALLYSTICK_SEED={number}")
    return number


# --- samples ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of public sample files; skips where there is none."""
    root = sample_files.folder()
    if root is None:
        pytest.skip(sample_files.ABSENT)
    return root


# --- databases -------------------------------------------------------------------------------------------------------


def apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end in a thread with an event loop of its own, whatever loop the test has."""
    answer: list[Any] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(asyncio.run(work))
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return answer[0]


def migrate(url: str) -> None:
    """Bring an empty database to today's tables."""
    from tallystick import db

    apart(db.migrate(url))


def sibling(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def statements(url: str, *lines: str) -> None:
    """Run statements one by one outside a transaction."""
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for line in lines:
            await connection.execute(line)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server we may create databases in; TEST_DATABASE_URL or a throw-away one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: str) -> Iterator[str]:
    """The name of a migrated database that others are copied from."""
    name = f"tallystick_template_{uuid.uuid4().hex[:12]}"
    apart(statements(postgresql_server, f"CREATE DATABASE {name}"))
    try:
        migrate(sibling(postgresql_server, name))
        yield name
    finally:
        apart(statements(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)"))


def fresh_postgresql(server: str, template: str) -> Iterator[str]:
    """A copy of the template for one test, about 30 ms."""
    name = f"tallystick_test_{uuid.uuid4().hex[:12]}"
    apart(statements(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    try:
        yield sibling(server, name)
    finally:
        apart(statements(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def postgresql_url(postgresql_server: str, postgresql_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    yield from fresh_postgresql(postgresql_server, postgresql_template)


@pytest.fixture
def empty_postgresql_url(postgresql_server: str) -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    yield from fresh_postgresql(postgresql_server, "template0")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "tallystick.sqlite"
    migrate(f"sqlite:///{path}")
    leftovers = [other.name for other in path.parent.glob("*-wal") if other.stat().st_size]
    assert not leftovers, f"migrating left changes outside the file: {leftovers}"
    return path


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file of this test's own that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.sqlite'}"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    path = tmp_path / "tallystick.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def mysql_server() -> str:
    """The address of a MariaDB or MySQL server we may create databases in."""
    given = os.environ.get("TALLYSTICK_TEST_MYSQL_URL")
    if not given:
        pytest.fail("no MariaDB: start it with `tools/services up` and run `make test-all`", pytrace=False)
    return given


def mysql_statements(url: str, *lines: str) -> None:
    """Run statements one by one, each on its own."""
    import pymysql

    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username,
        password=parts.password or "",
        autocommit=True,
    )
    try:
        with connection.cursor() as cursor:
            for line in lines:
                cursor.execute(line)
    finally:
        connection.close()


@pytest.fixture
def empty_mysql_url(mysql_server: str) -> Iterator[str]:
    """An empty MariaDB database of this test's own."""
    name = f"tallystick_test_{uuid.uuid4().hex[:12]}"
    mysql_statements(mysql_server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    try:
        yield sibling(mysql_server, name)
    finally:
        mysql_statements(mysql_server, f"DROP DATABASE {name}")


@pytest.fixture
def mysql_url(empty_mysql_url: str) -> str:
    """A migrated MariaDB database of this test's own."""
    migrate(empty_mysql_url)
    return empty_mysql_url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for browser tests; such tests carry the marker `services`."""
    path = outside.chromium()
    if path is None:
        pytest.fail("no Chromium: run `tools/services up`", pytrace=False)
    return path


BACKENDS = ["sqlite", "postgresql", pytest.param("mysql", marks=pytest.mark.services)]


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, once per backend."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own, once per backend."""
    return str(request.getfixturevalue(f"empty_{request.param}_url"))
