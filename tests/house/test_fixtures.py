"""The fixtures keep their promises: nothing reaches outside, every test has a database of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_socket


@pytest.mark.filterwarnings("ignore:A test tried")
def test_a_socket_may_not_leave_the_machine() -> None:
    outside = socket.socket()
    with pytest.raises(pytest_socket.SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))
    outside.close()


def test_a_socket_may_reach_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        socket.create_connection(listening.getsockname()).close()


@pytest.mark.parametrize("turn", [1, 2])
async def test_each_test_has_an_empty_postgresql(empty_postgresql_url: str, turn: int) -> None:
    connection = await asyncpg.connect(empty_postgresql_url)
    try:
        await connection.execute("CREATE TABLE only_here (turn INTEGER)")
        await connection.execute("INSERT INTO only_here VALUES ($1)", turn)
        assert await connection.fetchval("SELECT count(*) FROM only_here") == 1
    finally:
        await connection.close()


def test_postgresql_listens_on_loopback_with_a_password(postgresql_server: str) -> None:
    parts = urlsplit(postgresql_server)
    assert parts.hostname == "127.0.0.1"
    assert parts.password


def test_a_failure_prints_its_seed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    conftest = Path(__file__).parents[1] / "conftest.py"
    pytester.makeconftest(conftest.read_text())
    pytester.makepyfile("def test_it(seed): assert seed < 0")
    monkeypatch.setenv("TALLYSTICK_SEED", "4711")
    result = pytester.runpytest_subprocess(f"--override-ini=pythonpath={conftest.parents[1]}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*TALLYSTICK_SEED=4711*"])


ASKER = """
import os, signal
from tools.throwaway import postgres
with postgres.server() as url:
    print(url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_goes_when_its_asker_is_killed() -> None:
    root = Path(__file__).parents[2]
    asked = subprocess.run([sys.executable, "-c", ASKER], cwd=root, capture_output=True, text=True, check=False)
    port = urlsplit(asked.stdout.strip()).port
    assert port is not None, asked.stderr
    give_up = time.monotonic() + 20
    while listening(port):
        assert time.monotonic() < give_up, "the server outlived the program it was for"
        os.sched_yield()


def listening(port: int) -> bool:
    """Whether anything takes connections on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
