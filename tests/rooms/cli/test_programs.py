"""The programs themselves, as a person starts and ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.rooms.cli.conftest import BROKEN, Line

PROGRAM = (sys.executable, "-m", "tallystick.cli")
PATIENCE_SECONDS = 60


def environment(url: str, **settings: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    return plain | {"TALLYSTICK_DATABASE_URL": url} | {f"TALLYSTICK_{k.upper()}": v for k, v in settings.items()}


def call(line: Line, *words: object, **settings: str) -> subprocess.CompletedProcess[str]:
    command = (*PROGRAM, *map(str, words))
    plain = environment(line.url, **settings)
    return subprocess.run(command, env=plain, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


class Running:
    """A program that keeps running, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []

    def until(self, event: str) -> dict[str, Any]:
        """Wait for a line of its log."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.said.append(text)
            if text.startswith("{") and (told := json.loads(text))["event"] == event:
                return dict(told)
        raise AssertionError(f"{event} was not logged: {self.said}")

    def end(self, number: int = 0) -> int:
        """Send a signal, or wait for the end without; the exit code."""
        if number:
            self.process.send_signal(number)
        self.said += (self.process.communicate(timeout=PATIENCE_SECONDS)[0] or "").splitlines()
        return self.process.returncode


@contextmanager
def running(line: Line, *words: str, **settings: str) -> Iterator[Running]:
    process = subprocess.Popen(
        (*PROGRAM, *words),
        env=environment(line.url, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


def test_the_codes_reach_the_shell(line: Line) -> None:
    done = call(line, "merchants", "list", "--json")
    assert (done.returncode, done.stdout) == (0, "")
    refused = call(line, "statements", "read", BROKEN)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("tallystick: refused: ")
    assert call(line, "nonsense").returncode == 2


def test_server_and_worker_are_two_programs_with_two_names(line: Line) -> None:
    with (
        running(line, "serve", "--port", "0", worker_embedded="false") as server,
        running(line, "worker") as worker,
    ):
        port = server.until("serving")["port"]
        assert port > 0
        assert worker.until("working")["instance"] == "main-worker"
        taken = call(line, "serve", "--port", port)
        assert taken.returncode == 1, "and the one that runs there goes on"
        assert f"127.0.0.1:{port}: " in taken.stderr
        assert worker.end(signal.SIGTERM) == 0
        assert server.end(signal.SIGTERM) == 0
    for text in server.said + worker.said:
        json.loads(text)  # whoever reads the log reads every line of it, the last ones too


def test_interrupted(line: Line) -> None:
    with running(line, "serve", "--port", "0") as server:
        server.until("serving")
        assert server.end(signal.SIGINT) == 130


def test_the_doctor_reaches_the_sandbox(line: Line, unused_tcp_port: int) -> None:
    processors = json.dumps({"sandbox": {"url": f"http://127.0.0.1:{unused_tcp_port}"}})
    with running(line, "sandbox", "--port", str(unused_tcp_port)):
        tries = (call(line, "doctor", processors=processors) for _ in range(PATIENCE_SECONDS))
        found = next(one for one in tries if one.returncode != 4)
    assert found.returncode == 0, found.stdout
    assert "✓ processor sandbox" in found.stdout


def test_a_wrong_log_level_is_named(line: Line) -> None:
    refused = call(line, "serve", "--port", "0", log_level="loud")
    assert refused.returncode == 2
    assert "log_level" in refused.stderr.lower()


def test_a_newer_server_of_one_name_ends_the_older(line: Line) -> None:
    with running(line, "serve", "--port", "0") as older:
        older.until("serving")
        with running(line, "worker", "--name", "main") as newer:
            newer.until("working")
            assert older.end() == 1
    assert any("give each its own name" in text for text in older.said)


def test_programs_do_not_start_without_tables(bare: Line) -> None:
    assert "tallystick migrate" in bare("worker", expect=1).stderr
    refused = call(bare, "serve", "--no-migrate", "--port", "0")
    assert refused.returncode == 1
    assert "tallystick migrate" in refused.stderr
