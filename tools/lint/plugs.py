"""One file, one line: every plug of a rack is named in a tuple, and plugs of one rack never meet.

A rack is a folder of interchangeable parts inside a room. A plug that no tuple names is dead; a plug that needs its
neighbour is not interchangeable. What all plugs of a rack share stands beside the contract, not among the plugs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.lint.project import PACKAGE, Finding, Project, Source, imports

RACKS = (
    "connectors/psps",
    "statements/formats",
    "reconciliation/rules",
    "reconciliation/engines",
    "close/checks",
    "outbox/brokers",
    "db/backends",
)


def plugs(project: Project, rack: str) -> list[Source]:
    """The plugs of a rack: its modules, except its door, its contract and files that start with `_`."""
    folder = PACKAGE / rack
    inside = [source for source in project.package if source.path.parent == folder]
    return [source for source in inside if source.path.stem != "contract" and not source.path.stem.startswith("_")]


def check(project: Project) -> Iterator[Finding]:
    """Find dead plugs, and plugs that import a neighbour."""
    for rack in RACKS:
        here = plugs(project, rack)
        lists = [source for source in project.rooms.get(rack.split("/")[0], []) if source not in here]
        listed = {name for source in lists for name in _listed(source)}
        neighbours = {source.module for source in here}
        for source in here:
            if source.module not in listed:
                yield source.finding(1, source.path.stem, f"dead plug: no tuple of the room names {source.module}")
            yield from _meetings(source, neighbours)


def _meetings(source: Source, neighbours: set[str]) -> Iterator[Finding]:
    for node, target in imports(source):
        for other in neighbours - {source.module}:
            if target == other or target.startswith(f"{other}."):
                yield source.finding(node, other, f"plugs never meet: {source.path.stem} imports {other}")


def _listed(source: Source) -> Iterator[str]:
    """Modules that something in a tuple, list, dict or set of this file comes from."""
    origins: dict[str, str] = {}
    for node, target in imports(source):
        assert isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names:
            if target.endswith(alias.name):
                origins[alias.asname or alias.name] = target
    for display in ast.walk(source.tree):
        if isinstance(display, ast.Tuple | ast.List | ast.Dict | ast.Set):
            elements = display.values if isinstance(display, ast.Dict) else display.elts
            for element in elements:
                yield from _modules(element, origins)


def _modules(element: ast.expr | None, origins: dict[str, str]) -> Iterator[str]:
    for node in ast.walk(element) if element is not None else ():
        target = origins.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            target = node.value.replace(":", ".")
        if target is not None:
            path = PurePosixPath(target.replace(".", "/"))
            yield from (str(part).replace("/", ".") for part in (path, path.parent))
