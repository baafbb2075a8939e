"""What the product imports it declares, and what it declares it imports: pyproject.toml against the import lines.

A package that is only there because another one needed it disappears one day without warning.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions

from tools.lint.project import Finding, Project, imports

INDIRECT = {
    "httptools": "uvicorn takes it by itself when it is there",
    "uvloop": "uvicorn takes it by itself when it is there",
    "python-multipart": "Starlette parses forms with it",
}


def check(project: Project) -> Iterator[Finding]:
    """Find undeclared imports and unused declarations."""
    table = tomllib.loads((project.root / "pyproject.toml").read_text())["project"]
    extras = [line for lines in table.get("optional-dependencies", {}).values() for line in lines]
    declared = {_plain(re.split(r"[ <>=!~;\[]", line)[0]) for line in [*table["dependencies"], *extras]}
    installed = _installed()
    used: set[str] = set()
    for source in project.package:
        for node, target in imports(source):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top == "tallystick":
                continue
            distributions = {_plain(name) for name in installed.get(top, [top])}
            used |= distributions
            if not distributions & declared:
                yield source.finding(node, top, f"`{top}` is imported but not declared in pyproject.toml")
    for name in sorted(declared - used - set(INDIRECT)):
        yield Finding("pyproject.toml", 1, name, f"`{name}` is declared but nothing imports it")


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
