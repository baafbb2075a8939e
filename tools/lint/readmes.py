"""Every room that is a folder opens with a README of at most 60 lines: promise, vocabulary, states, tables, start.

The programs are no rooms; docs/reference/cli.md and the tutorials tell of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.lint.doors import PROGRAMS
from tools.lint.project import PACKAGE, Finding, Project

README_LINES = 60


def check(project: Project) -> Iterator[Finding]:
    """Find rooms without a README, and READMEs nobody will read to the end."""
    texts = {source.path: source for source in project.texts}
    for room, modules in project.rooms.items():
        folder = PACKAGE / room
        if room in PROGRAMS or all(module.path.parent == PACKAGE for module in modules):
            continue
        readme = texts.get(folder / "README.md")
        if readme is None:
            yield Finding(str(folder), 1, room, f"room `{room}` has no README.md")
        elif readme.text.count("\n") > README_LINES:
            yield readme.finding(1, room, f"{readme.text.count(chr(10))} lines, {README_LINES} are enough")
