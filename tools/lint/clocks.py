"""Time, ids and chance come in as arguments, so that a run can be played again: only `base` may ask the machine.

Sleeping counts as asking (`Clock.sleep` waits in simulated time); `sleep(0)`, a turn for others, does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.project import Finding, Project, Source, named

FREE_ROOMS = frozenset({"base"})
CALLS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime", "sleep"},
    "uuid": {"uuid1", "uuid3", "uuid4", "uuid5", "uuid6", "uuid7", "uuid8"},
    "uuid_utils": {"uuid1", "uuid4", "uuid6", "uuid7"},
    "asyncio": {"sleep"},
}
CLASS_OF = {"datetime", "date"}


def check(project: Project) -> Iterator[Finding]:
    """Find calls of the machine's clock, uuid and chance outside `base`."""
    for source in project.package:
        if source.room is None or source.room in FREE_ROOMS:
            continue
        origins = _origins(source)
        for name, node in named(source.tree):
            if isinstance(node, ast.Call):
                asked = _asks(node, origins)
                if asked is not None:
                    yield source.finding(node, name, f"`{asked}` asks the machine; take it as an argument")


def _origins(source: Source) -> dict[str, str]:
    """What each imported name stands for: {'dt': 'datetime', 'uuid4': 'uuid.uuid4'}."""
    origins: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            origins |= {(alias.asname or alias.name): alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            origins |= {(alias.asname or alias.name): f"{node.module}.{alias.name}" for alias in node.names}
    return origins


def _asks(call: ast.Call, origins: dict[str, str]) -> str | None:
    dotted = ast.unparse(call.func)
    first, _, rest = dotted.partition(".")
    full = origins.get(first, first) + (f".{rest}" if rest else "")
    *before, verb = full.split(".")
    owner = before[-1] if before else ""
    if full.startswith("random.") and (verb not in {"Random", "SystemRandom"} or not (call.args or call.keywords)):
        return dotted if len(before) == 1 else None
    if owner not in CALLS or verb not in CALLS[owner] or (before[0] not in CALLS):
        return None
    waits_not = verb == "sleep" and len(call.args) == 1 and ast.unparse(call.args[0]) == "0"
    return None if waits_not else dotted
