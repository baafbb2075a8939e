"""The demo's own processes: started, watched, killed on purpose, and ended without trace.

Only processes started here are ever touched. They live in sessions of their own, so that Ctrl-C in the terminal reaches
the demo alone, which then ends them in order.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tallystick import connectors
from tallystick.base import Clock

START_SECONDS = 60
STOP_SECONDS = 8
_LAST_LINES = 6
_PROGRAM = (sys.executable, "-c", "from tallystick.cli import main; main()")


class StartFailed(Exception):
    """A process did not come up; the text is for people and has its last log lines."""


@dataclass(slots=True)
class Child:
    """One process, what it was started with, and when it is up."""

    name: str
    command: tuple[str, ...]
    probe: str
    log: Path
    running: subprocess.Popen[bytes]


class Fleet:
    """All processes of one demo."""

    def __init__(self, folder: Path, environment: Mapping[str, str], clock: Clock) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._clock = clock
        self._children: dict[str, Child] = {}
        self._caller = connectors.Transport(timeout_seconds=2)
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, *arguments: str, probe: str) -> None:
        """Start `tallystick ARGUMENTS`; it is up when GET `probe` is answered, whatever the answer."""
        log = self._logs / f"{name}.log"
        self._children[name] = Child(name, arguments, probe, log, self._spawn(arguments, log))

    def _spawn(self, arguments: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
        out: IO[bytes]
        with log.open("ab") as out:
            return subprocess.Popen(
                (*_PROGRAM, *arguments),
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    async def up(self, *names: str) -> None:
        """Wait until they answer. Raises StartFailed when one ends or stays silent."""
        for name in names or tuple(self._children):
            await self._up(self._children[name])

    async def _up(self, child: Child) -> None:
        for _ in range(START_SECONDS * 20):
            if child.running.poll() is not None:
                raise StartFailed(f"{child.name} ended with code {child.running.returncode}: {_last_lines(child.log)}")
            answer = await self._caller.call("GET", child.probe, headers={})
            if isinstance(answer, connectors.Response) and answer.status < 500:
                return
            await self._clock.sleep(0.05)
        raise StartFailed(f"{child.name} did not answer in {START_SECONDS} seconds: {_last_lines(child.log)}")

    def kill(self, name: str) -> None:
        """End a process at once, in the middle of whatever it does (SIGKILL)."""
        running = self._children[name].running
        running.kill()
        running.wait()

    def again(self, name: str) -> None:
        """Start a process that was killed with what it was started with before."""
        child = self._children[name]
        assert child.running.poll() is not None, f"{name} runs"
        child.running = self._spawn(child.command, child.log)

    def ended(self) -> list[str]:
        """What ended although nobody asked it to, with its last words."""
        gone = [child for child in self._children.values() if child.running.poll() is not None]
        return [f"{child.name} ended with code {child.running.returncode}: {_last_lines(child.log)}" for child in gone]

    async def close(self) -> None:
        """End everything that was started here: politely, then at once."""
        self._end()
        await self._caller.close()

    def _end(self) -> None:
        """Without a turn for others: whoever is interrupted twice still leaves nothing behind."""
        running = [child.running for child in self._children.values() if child.running.poll() is None]
        for each in running:
            each.send_signal(signal.SIGTERM)
        for each in running:
            try:
                each.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()


def _last_lines(log: Path) -> str:
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:]) or "it said nothing"
