"""A real MariaDB of our own: `start()` it, use its address, `stop()` it.

Promises: loopback only, a password of this run, its files in a temporary folder and not in the system's own data
folder, run as an ordinary user also when root starts it. Where it is stands in var/services/mariadb.json, so that
another program can find or stop it. It does not wait for the disk: it is for tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import pymysql

from tools.throwaway import machine
from tools.throwaway.machine import Unavailable

STATE = machine.ROOT / "var" / "services" / "mariadb.json"
FOLDERS = ("/usr/sbin", "/usr/bin", "/usr/libexec", "/opt/homebrew/opt/mariadb/bin", "/usr/local/opt/mariadb/bin")
START_SECONDS = 60.0
FAST = {
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "0",
    "innodb-buffer-pool-size": "128M",
    "innodb-log-file-size": "32M",
    "skip-log-bin": "",
}


@dataclass(frozen=True)
class Running:
    """A server that was started: its address, and what is needed to end it."""

    url: str
    port: int
    password: str
    folder: str
    version: str

    def connect(self) -> pymysql.connections.Connection[pymysql.cursors.Cursor]:
        """A connection as the server's own administrator."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="tallystick", password=self.password)


def program(*names: str) -> Path:
    """The first of these programs; raises Unavailable when there is none."""
    for name in names:
        found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(FOLDERS))
        if found:
            return Path(found)
    raise Unavailable(f"{names[0]} is not installed")


def present() -> bool:
    """Whether this machine has a MariaDB to start."""
    try:
        return bool(program("mariadbd") and program("mariadb-install-db") and program("my_print_defaults"))
    except Unavailable:
        return False


def running() -> Running | None:
    """The server that `start()` left running, if it still answers."""
    if not STATE.exists():
        return None
    server = Running(**json.loads(STATE.read_text()))
    try:
        server.connect().close()
    except pymysql.err.OperationalError:
        return None
    return server


def start() -> Running:
    """The running server, started if need be; raises Unavailable with the log's last words."""
    already = running()
    if already is not None:
        return already
    folder = Path(tempfile.mkdtemp(prefix="tallystick-mariadb-"))
    owner = machine.unprivileged("mysql", "_mysql")
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    _create(folder, owner)
    port, password = machine.free_port(), secrets.token_hex(12)
    process = _serve(folder, owner, port, password)
    version = _wait(process, folder, port, password)
    url = f"mysql://tallystick:{password}@127.0.0.1:{port}/"
    server = Running(url=url, port=port, password=password, folder=str(folder), version=version)
    STATE.parent.mkdir(parents=True, exist_ok=True)
    STATE.touch(mode=0o600)
    STATE.write_text(json.dumps(asdict(server)))
    return server


def _create(folder: Path, owner: pwd.struct_passwd | None) -> None:
    command = [str(program("mariadb-install-db", "mysql_install_db")), "--no-defaults", f"--datadir={folder / 'data'}"]
    command += ["--skip-test-db", "--auth-root-authentication-method=normal"]
    finished = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, **machine.as_user(owner)
    )
    if finished.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise Unavailable(f"mariadb-install-db failed: {(finished.stdout + finished.stderr).strip()[-300:]}")


def _serve(folder: Path, owner: pwd.struct_passwd | None, port: int, password: str) -> subprocess.Popen[bytes]:
    """Only the account made here can sign in: those the installation made go before the first connection."""
    first = folder / "first.sql"
    first.touch(mode=0o644)
    first.write_text(
        "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';\nFLUSH PRIVILEGES;\n"
        f"CREATE USER 'tallystick'@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        "GRANT ALL ON *.* TO 'tallystick'@'127.0.0.1' WITH GRANT OPTION;\n"
    )
    settings = FAST | {
        "datadir": str(folder / "data"),
        "socket": str(folder / "server.sock"),
        "pid-file": str(folder / "server.pid"),
        "log-error": str(folder / "server.log"),
        "init-file": str(first),
        "bind-address": "127.0.0.1",
        "port": str(port),
        "skip-name-resolve": "",
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_bin",
        "default-time-zone": "+00:00",
    }
    options = [f"--{name}={value}" if value else f"--{name}" for name, value in settings.items()]
    return subprocess.Popen(
        [str(program("mariadbd")), "--no-defaults", *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **machine.as_user(owner),
    )


def _wait(process: subprocess.Popen[bytes], folder: Path, port: int, password: str) -> str:
    """The server's version, as soon as it answers."""
    give_up = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(pymysql.err.OperationalError):
            connection = pymysql.connect(host="127.0.0.1", port=port, user="tallystick", password=password)
            with connection:
                (folder / "first.sql").unlink()
                with connection.cursor() as cursor:
                    cursor.execute("SELECT VERSION()")
                    return str((cursor.fetchone() or ("unknown",))[0])
        time.sleep(0.05)
    log = folder / "server.log"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    process.kill()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
    raise Unavailable(f"MariaDB did not start: {' | '.join(lines[-3:])}")


def stop() -> bool:
    """End the server that `start()` left running and remove its files; False when there was none."""
    server = running()
    if server is not None:
        with contextlib.closing(server.connect()) as connection:
            connection.query("SHUTDOWN")
        pid = Path(server.folder) / "server.pid"
        give_up = time.monotonic() + START_SECONDS
        while pid.exists() and time.monotonic() < give_up:
            time.sleep(0.05)
        shutil.rmtree(server.folder, ignore_errors=True)
    STATE.unlink(missing_ok=True)
    return server is not None
