"""No drawers: a file is named by its verb or its noun, never by what kind of code it holds."""

from __future__ import annotations

from collections.abc import Iterator

from tools.lint.project import Finding, Project

DRAWERS = frozenset({"util", "utils", "helper", "helpers", "common", "service", "services", "manager", "managers"})
FOLDERS = ("src", "tests", "tools", "bench", "examples")


def check(project: Project) -> Iterator[Finding]:
    """Find modules and folders with a drawer's name."""
    for source in project.modules:
        parts = source.path.parts
        words = {
            word for part in parts[1:] for word in (part.removesuffix(".py"), *part.removesuffix(".py").split("_"))
        }
        drawers = sorted(words & DRAWERS)
        if parts[0] in FOLDERS and drawers:
            yield source.finding(1, drawers[0], f"named `{drawers[0]}`: name the verb or the noun instead")
