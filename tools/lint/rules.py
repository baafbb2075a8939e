"""All rules in one tuple, and the exceptions they are read against."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from tools.lint import (
    borders,
    clocks,
    declared,
    doors,
    floats,
    locked,
    names,
    plugs,
    readmes,
    silencers,
    sizes,
    words,
)
from tools.lint.project import Finding, Project

RULES: tuple[ModuleType, ...] = (
    borders,
    clocks,
    declared,
    doors,
    floats,
    locked,
    names,
    plugs,
    readmes,
    silencers,
    sizes,
    words,
)
EXCEPTIONS = Path(__file__).parent / "exceptions.toml"


def rule_name(rule: ModuleType) -> str:
    """`floats` for tools.lint.floats."""
    return rule.__name__.rsplit(".", 1)[-1]


def findings(project: Project, exceptions: Path = EXCEPTIONS) -> Iterator[tuple[str, Finding]]:
    """Every finding nobody has excused, and every excuse nobody needs."""
    excuses = tomllib.loads(exceptions.read_text()) if exceptions.exists() else {}
    for rule in RULES:
        rule_excuses = excuses.pop(rule_name(rule), [])
        needed: set[int] = set()
        for finding in sorted(set(rule.check(project))):
            matching = {
                number
                for number, excuse in enumerate(rule_excuses)
                if finding.path == excuse["path"] and finding.name in excuse["names"]
            }
            needed |= matching
            if not matching:
                yield rule_name(rule), finding
        yield from _complaints(rule_name(rule), rule_excuses, needed)
    for unknown in excuses:
        yield unknown, Finding(exceptions.name, 1, unknown, f"no rule is called `{unknown}`")


def _complaints(rule: str, excuses: list[dict[str, object]], needed: set[int]) -> Iterator[tuple[str, Finding]]:
    for number, excuse in enumerate(excuses):
        where = f"{excuse['path']} {excuse['names']}"
        if not str(excuse.get("reason", "")).strip():
            yield rule, Finding("tools/lint/exceptions.toml", 1, where, f"no reason given for {where}")
        if number not in needed:
            yield rule, Finding("tools/lint/exceptions.toml", 1, where, f"excuses nothing any more: {where}")
