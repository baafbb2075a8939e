"""`tools/services`: install what is missing, start it, say where it is, run a command beside it, stop it.

Exit codes: 0 done; 1 a service is missing or did not start (one line says what to do); 2 wrong use; `run` passes on
the exit code of the command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from tools.throwaway import mariadb
from tools.throwaway.machine import Unavailable

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_MAC = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
USAGE = "usage: tools/services up | down | status | env | run COMMAND..."


@dataclass(frozen=True)
class Need:
    """A program from the system's packages."""

    name: str
    debian: tuple[str, ...]
    homebrew: str
    present: Callable[[], bool]


def chromium() -> str | None:
    """The browser for tests, if there is one; TALLYSTICK_CHROMIUM names another."""
    named = os.environ.get("TALLYSTICK_CHROMIUM")
    found = [named, *(shutil.which(name) for name in CHROMIUM_NAMES)]
    found += [path for path in CHROMIUM_MAC if os.access(path, os.X_OK)]
    return next((path for path in found if path), None)


NEEDS = (
    Need("MariaDB", ("mariadb-server-core", "mariadb-client-core"), "mariadb", mariadb.present),
    Need("Chromium", ("chromium",), "--cask chromium", lambda: chromium() is not None),
)


def install() -> None:
    """Install the packages that are missing; raises Unavailable when that is not ours to do."""
    missing = [need for need in NEEDS if not need.present()]
    if not missing:
        return
    packages = [package for need in missing for package in need.debian]
    if shutil.which("apt-get") is None:
        brew = "; ".join(f"brew install {need.homebrew}" for need in missing)
        raise Unavailable(f"{' and '.join(need.name for need in missing)} missing: {brew}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes"]
    by_hand = f"sudo apt-get install --no-install-recommends {' '.join(packages)}"
    if prefix and subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode != 0:
        raise Unavailable(f"installing needs root, once: {by_hand}")
    print(f"installing {' '.join(packages)} ...", file=sys.stderr, flush=True)
    for step in (["update"], ["install", "--no-install-recommends", *packages]):
        finished = subprocess.run([*command, *step], check=False, capture_output=True, text=True)
        if finished.returncode != 0:
            raise Unavailable(f"apt-get {step[0]} failed ({finished.stderr.strip()[-200:]}); by hand: {by_hand}")


def up() -> dict[str, str]:
    """Everything installed and running; returns what the tests read from the environment."""
    install()
    server = mariadb.start()
    browser = chromium()
    assert browser is not None
    return {"TALLYSTICK_TEST_MYSQL_URL": server.url, "TALLYSTICK_CHROMIUM": browser}


def status() -> None:
    """Say what is installed and what runs, with versions."""
    server = mariadb.running()
    answers = f"{server.version} on port {server.port}" if server else "not running"
    print(f"MariaDB   {'installed' if mariadb.present() else 'missing'}, {answers}")
    browser = chromium()
    if browser is None:
        print("Chromium  missing")
        return
    version = subprocess.run([browser, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    print(f"Chromium  {browser}, {version}")


def run(command: list[str]) -> int:
    """Run a command beside the services; what was started for it is stopped after it."""
    was_running = mariadb.running() is not None
    environment = os.environ | up()
    status()
    sys.stdout.flush()
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        if not was_running:
            mariadb.stop()


def main(arguments: list[str]) -> int:
    """Do what the first argument says."""
    match arguments:
        case ["up"]:
            up()
            status()
        case ["down"]:
            print("stopped" if mariadb.stop() else "nothing was running")
        case ["status"]:
            status()
        case ["env"]:
            for name, value in up().items():
                print(f"export {name}='{value}'")
        case ["run", _, *_]:
            return run(arguments[1:])
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Unavailable as refusal:
        print(f"tallystick: {refusal}", file=sys.stderr)
        sys.exit(1)
