"""Nothing in the project points at unfinished work, at one person's machine, or at one package index.

A mark is a promise without a date: write an issue instead. A registry's address in a lock file or script would bind
everyone to it; an absolute home folder works for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.lint.project import Finding, Project

MARK = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org", "static.crates" + ".io")
HOST = re.compile("|".join(re.escape(host) for host in HOSTS))
FOLDER = re.compile(r"(?<![\w.~}*>-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|Us" + r"ers)/[A-Za-z]")
VENDORED = ("/static/vendor/", "/vendor/")


def check(project: Project) -> Iterator[Finding]:
    """Find marks of unfinished work, registry hosts and absolute home folders."""
    for source in project.texts:
        if any(folder in f"/{source.path}" for folder in VENDORED) or source.path.suffix in {".lock", ".svg"}:
            patterns: tuple[tuple[re.Pattern[str], str], ...] = ((HOST, "names a package index"),)
        else:
            patterns = (
                (MARK, "marks unfinished work: finish it or write an issue"),
                (HOST, "names a package index"),
                (FOLDER, "is a folder of one machine"),
            )
        for number, line in enumerate(source.text.splitlines(), start=1):
            for pattern, message in patterns:
                for found in pattern.finditer(line):
                    yield source.finding(number, found.group(), f"`{found.group()}` {message}")
