"""The processes of a measurement: started, watched by what they cost, ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
READY_SECONDS = 30


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Process:
    """A child that listens on a port; output goes to a file."""

    def __init__(self, name: str, arguments: list[str], port: int, folder: Path, **environment: str) -> None:
        self.name, self.port = name, port
        self._log = (folder / f"{name}.log").open("w")
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."]), **environment}
        self._child = subprocess.Popen([sys.executable, *arguments], stdout=self._log, stderr=self._log, env=env)
        self._wait(folder)

    def _wait(self, folder: Path) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self._child.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return
            time.sleep(0.05)
        tail = (folder / f"{self.name}.log").read_text()[-2000:]
        self.stop()
        raise SystemExit(f"{self.name} did not start:\n{tail}")

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        """Resident memory."""
        return int(Path(f"/proc/{self._child.pid}/statm").read_text().split()[1]) * PAGE / 2**20

    def stop(self) -> None:
        """End it politely, then not."""
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._log.close()


def serve(folder: Path, url: str, processor: str) -> Process:
    """The platform on the database at `url`, with the one processor that answers at `processor`."""
    port = free_port()
    return Process(
        "server",
        ["-m", "tallystick.cli", "serve", "--port", str(port)],
        port,
        folder,
        TALLYSTICK_DATABASE_URL=url,
        TALLYSTICK_PROCESSORS=json.dumps({"sandbox": {"url": processor}}),
    )


def cpu_of(pattern: str) -> float:
    """CPU seconds of every process whose command line has `pattern`: a database server's family."""
    total = 0.0
    for folder in Path("/proc").iterdir():
        with suppress(OSError, IndexError, ValueError):
            if folder.name.isdigit() and pattern in (folder / "cmdline").read_bytes().decode("latin-1"):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def spent(before: Mapping[str, float], after: Mapping[str, float], payments: int) -> dict[str, float]:
    """Microseconds per payment by process."""
    return {name: (after[name] - before[name]) / payments * 1e6 for name in after}
