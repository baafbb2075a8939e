"""The lock files were made from the dependency tables of pyproject.toml as they are now.

Each lock opens with a digest of those tables, so the comparison needs no network; `make lock` writes both.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools.lint.project import Finding, Project

LOCKS = ("runtime.lock", "demo.lock", "dev.lock", "bootstrap.lock")
OPENING = "# Written by `make lock` from dependency tables "


def digest(root: Path) -> str:
    """SHA-256 over everything a lock depends on."""
    table = tomllib.loads((root / "pyproject.toml").read_text())
    project = table["project"]
    bound = {
        "python": project["requires-python"],
        "dependencies": project["dependencies"],
        "extras": project.get("optional-dependencies", {}),
        "groups": table.get("dependency-groups", {}),
        "bootstrap": (root / "requirements" / "bootstrap.in").read_text(),
    }
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def check(project: Project) -> Iterator[Finding]:
    """Find lock files that are missing or older than pyproject.toml."""
    wanted = OPENING + digest(project.root)
    for name in LOCKS:
        path = project.root / "requirements" / name
        first = path.read_text().split("\n", 1)[0] if path.exists() else ""
        if first != wanted:
            yield Finding(f"requirements/{name}", 1, name, "does not belong to this pyproject.toml: run `make lock`")


def write(root: Path) -> None:
    """Put today's digest at the head of every lock."""
    for name in LOCKS:
        path = root / "requirements" / name
        lines = [line for line in path.read_text().splitlines() if not line.startswith(OPENING)]
        path.write_text("\n".join([OPENING + digest(root), *lines]) + "\n")


if __name__ == "__main__":
    assert sys.argv[1:] == ["--write"]
    write(Path(__file__).resolve().parents[2])
