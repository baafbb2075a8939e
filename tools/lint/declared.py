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
from typing import Any

from tools.lint.project import Finding, Project, imports

INDIRECT = {
    "httptools": "uvicorn takes it by itself when it is there",
    "uvloop": "uvicorn takes it by itself when it is there",
    "python-multipart": "Starlette parses forms with it",
}


OURS = frozenset({"tallystick", "tests", "tools", "bench", "examples"})


def check(project: Project) -> Iterator[Finding]:
    """Find undeclared imports anywhere, and declarations that the product does not use."""
    table = tomllib.loads((project.root / "pyproject.toml").read_text())
    shipped = _declared(table["project"]["dependencies"], *table["project"].get("optional-dependencies", {}).values())
    groups = _declared(*table.get("dependency-groups", {}).values())
    product = {source.path for source in project.package}
    used: set[str] = set()
    for source in project.modules:
        allowed = shipped if source.path in product else shipped | groups
        for node, target in imports(source):
            top = target.split(".")[0]
            if top in sys.stdlib_module_names or top in OURS or top == "__future__":
                continue
            distributions = {_plain(name) for name in _installed().get(top, [top])}
            if source.path in product:
                used |= distributions
            if not distributions & allowed:
                yield source.finding(node, top, f"`{top}` is imported but not declared in pyproject.toml")
    for name in sorted(shipped - used - set(INDIRECT)):
        yield Finding("pyproject.toml", 1, name, f"`{name}` is declared but nothing imports it")


def _declared(*lists: list[Any]) -> set[str]:
    """The names of all requirements; an included group is a table and is listed by itself."""
    lines = [line for each in lists for line in each if isinstance(line, str)]
    return {_plain(re.split(r"[ <>=!~;\[]", line)[0]) for line in lines}


@cache
def _installed() -> Mapping[str, list[str]]:
    return packages_distributions()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
