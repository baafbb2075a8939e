"""Make .venv from the lock files, starting with nothing but a Python: `tools/setup` calls this.

Steps, each skipped when its result is there: the vendored pip wheel is compared with its checksum and, run straight
from the file, fetches the locked uv into .tools; uv makes .venv and installs the locked packages, every one checked
against its hash, and then this project. So neither `pip` nor `ensurepip` nor `venv` need be on the machine (Debian
packs them apart), and nothing outside this folder is written except uv's own cache.

Only the standard library, Python 3.11: nothing is installed yet when this runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOOTSTRAP = ROOT / "tools" / "bootstrap"
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
LEVELS = ("runtime", "demo", "dev")


class Stopped(Exception):
    """Set-up cannot go on; the message is the one line that says what to do."""


def checked_pip() -> Path:
    """The vendored pip wheel, after comparing it with its recorded SHA-256."""
    digest, name = (BOOTSTRAP / "SHA256SUMS").read_text().split()
    wheel = BOOTSTRAP / name
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != digest:
        raise Stopped(f"{wheel.relative_to(ROOT)} is not the recorded file: run `git checkout -- tools/bootstrap`")
    return wheel


def environment() -> dict[str, str]:
    """The caller's environment, kept from choosing other Pythons and, without a usable HOME, given a cache here."""
    home = os.environ.get("HOME", "")
    chosen = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if not home or not os.access(home, os.W_OK):
        chosen |= {"UV_CACHE_DIR": str(TOOLS / "cache"), "PIP_CACHE_DIR": str(TOOLS / "cache" / "pip")}
    ignored = {"VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT", "CONDA_PREFIX"}
    return {name: value for name, value in os.environ.items() if name not in ignored} | chosen


def run(what: str, *command: str | Path) -> None:
    """Run one step; its own output is the explanation when it fails."""
    finished = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment(), check=False)
    if finished.returncode != 0:
        raise Stopped(f"{what} failed (see above); with a working network, run the same command again")


def uv() -> Path:
    """The locked uv, installed below .tools."""
    lock = ROOT / "requirements" / "bootstrap.lock"
    key = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = TOOLS / f"uv-{key}"
    if not (folder / "bin" / "uv").exists():
        unfinished = TOOLS / f"uv-{key}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        pip: list[str | Path] = [
            sys.executable,
            checked_pip() / "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
        ]
        pip += ["--root-user-action=ignore", "--no-warn-script-location"]
        run("fetching uv", *pip, "--only-binary=:all:", "--target", unfinished, "--requirement", lock)
        unfinished.rename(folder)
    return folder / "bin" / "uv"


def usable_venv() -> bool:
    """Whether .venv is here, made for this folder, and its Python still works."""
    where = VENV / "made-at"
    if not where.exists() or where.read_text() != str(ROOT):
        return False
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([VENV / "bin" / "python", "-c", probe], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def install(level: str) -> None:
    """Bring .venv to what the lock of this level says; packages somebody added by hand stay."""
    program = uv()
    if not usable_venv():
        run("making .venv", program, "venv", "--quiet", "--clear", "--python", sys.executable, VENV)
        (VENV / "made-at").write_text(str(ROOT))
    pip: list[str | Path] = [program, "pip", "install", "--quiet", "--python", VENV / "bin" / "python"]
    run("installing packages", *pip, "--require-hashes", "--no-deps", "-r", ROOT / "requirements" / f"{level}.lock")
    run("installing tallystick", *pip, "--no-deps", "--no-build-isolation", "--offline", "--editable", ROOT)


def made_from(level: str) -> bytes:
    """What tools/setup compares with: word for word the same list as its `inputs`."""
    files = ["requirements/bootstrap.lock", "pyproject.toml", "tools/bootstrap/install.py"]
    parts = [(ROOT / name).read_bytes() for name in (f"requirements/{level}.lock", *files)]
    return f"{ROOT}\n".encode() + b"".join(parts)


def main() -> int:
    level = sys.argv[1]
    assert level in LEVELS, level
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print(f"Setting up for {level} with Python {sys.version.split()[0]} ...", file=sys.stderr, flush=True)
        try:
            install(level)
        except Stopped as stopped:
            print(f"tallystick: {stopped}", file=sys.stderr)
            return 1
        (VENV / f"made-for-{level}").write_bytes(made_from(level))
    return 0


if __name__ == "__main__":
    sys.exit(main())
