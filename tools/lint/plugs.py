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


def plugs(project: Project, rack: str) -> dict[str, list[Source]]:
    """The files of every plug of a rack, by the plug's module; a plug is one file or one folder.

    The rack's own door, its contract and what starts with `_` are not plugs.
    """
    folder = PACKAGE / rack
    found: dict[str, list[Source]] = {}
    for source in project.package:
        if source.path.is_relative_to(folder):
            name = source.path.relative_to(folder).parts[0].removesuffix(".py")
            if name != "contract" and not name.startswith("_"):
                found.setdefault(f"{PACKAGE.name}.{rack.replace('/', '.')}.{name}", []).append(source)
    return found


def check(project: Project) -> Iterator[Finding]:
    """Find dead plugs, and plugs that import a neighbour."""
    for rack in RACKS:
        here = plugs(project, rack)
        own = {source for sources in here.values() for source in sources}
        lists = [source for source in project.rooms.get(rack.split("/")[0], []) if source not in own]
        listed = {name for source in lists for name in _listed(source)}
        for plug, sources in here.items():
            if plug not in listed:
                yield sources[0].finding(1, plug, f"dead plug: no tuple of the room names {plug}")
            for source in sources:
                yield from _meetings(source, here.keys() - {plug})


def _meetings(source: Source, neighbours: set[str]) -> Iterator[Finding]:
    for node, target in imports(source):
        for other in neighbours:
            if target == other or target.startswith(f"{other}."):
                yield source.finding(node, other, f"plugs never meet: {source.module} imports {other}")


def _listed(source: Source) -> Iterator[str]:
    """Modules that a tuple, list, dict or set of this file names; a bare word is a neighbour's name."""
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
                yield from _modules(element, origins, source.module)


def _modules(element: ast.expr | None, origins: dict[str, str], door: str) -> Iterator[str]:
    for node in ast.walk(element) if element is not None else ():
        target = origins.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            target = node.value.replace(":", ".") if "." in node.value else f"{door}.{node.value}"
        if target is not None:
            path = PurePosixPath(target.replace(".", "/"))
            yield from (str(part).replace("/", ".") for part in (path, path.parent))
