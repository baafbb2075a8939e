"""A room is entered through its door: others import `tallystick.<room>`, never a file inside it.

A door may offer one of its files whole (`from tallystick.base import log`) by naming it in `__all__`. The programs at
the top wire rooms together and may also take a room's `api` and `tasks`, which the door cannot offer without making
every user of the room load the web shell. A door has no logic and says in `__all__` what it offers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.project import PACKAGE, Finding, Project, Source, imports

PROGRAMS = frozenset({"app", "cli", "worker", "demo"})
WIRED = frozenset({"api", "tasks"})


def check(project: Project) -> Iterator[Finding]:
    """Find imports around a door, doors with logic, and doors without `__all__`."""
    inside = {source.module for source in project.package}
    doors = [source for source in project.package if _is_door(source)]
    offered = {f"{door.module}.{name}" for door in doors for name in _offers(door)}
    for source in project.package:
        yield from _around(source, inside, offered)
        yield from _over_the_wall(source, {door.module for door in doors}, offered)
    for door in doors:
        yield from _furniture(door)


def _is_door(source: Source) -> bool:
    return source.path.name == "__init__.py" and source.path.parent.parent == PACKAGE


def _around(source: Source, inside: set[str], offered: set[str]) -> Iterator[Finding]:
    for node, target in imports(source):
        parts = target.split(".")
        entered = ".".join(parts[:3])
        if parts[0] != PACKAGE.name or len(parts) < 3 or parts[1] == source.room or entered not in inside:
            continue
        through_the_door = target in offered and isinstance(node, ast.ImportFrom)
        wired = source.room in PROGRAMS and parts[2] in WIRED
        if not (through_the_door or wired):
            yield source.finding(node, entered, f"goes around the door: import {parts[0]}.{parts[1]}, not {entered}")


def _over_the_wall(source: Source, doors: set[str], offered: set[str]) -> Iterator[Finding]:
    """`ledger.store.rows` reaches a private file without importing it."""
    rooms: dict[str, str] = {}
    for node, target in imports(source):
        if target in doors and target != f"{PACKAGE.name}.{source.room}":
            assert isinstance(node, ast.Import | ast.ImportFrom)
            rooms |= {alias.asname or alias.name: target for alias in node.names if target.endswith(alias.name)}
    for use in ast.walk(source.tree):
        if isinstance(use, ast.Attribute) and isinstance(use.value, ast.Name) and use.value.id in rooms:
            entered = f"{rooms[use.value.id]}.{use.attr}"
            wired = source.room in PROGRAMS and use.attr in WIRED
            if entered not in offered and not wired and not use.attr.startswith("__"):
                yield source.finding(use, entered, f"the door does not offer {entered}")


def _offers(door: Source) -> list[str]:
    for node in door.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []


def _furniture(door: Source) -> Iterator[Finding]:
    for node in door.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.For | ast.While | ast.With):
            yield door.finding(node, getattr(node, "name", "loop"), "a door has no logic: move this into the room")
    if not _offers(door):
        yield door.finding(1, "__all__", "the door does not say what it offers: add __all__")
