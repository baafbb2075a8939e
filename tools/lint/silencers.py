"""A silenced warning names what it silences and why, on the same line: `# type: ignore[code]  # reason`."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from tools.lint.project import Finding, Project, Source

KINDS = r"#\s*(type:\s*ignore|noqa|pragma:\s*no\s*cover)"
CODES = r"(?P<codes>\[[\w, -]+\]|:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*)?"
SILENCER = re.compile(KINDS + CODES + r"(?P<rest>.*)")


def check(project: Project) -> Iterator[Finding]:
    """Find silencers without a code or without a reason."""
    for source in project.modules:
        for line, comment in _comments(source):
            found = SILENCER.search(comment)
            if found and not (found["codes"] and len(found["rest"].strip(" #-:")) >= 8):
                yield source.finding(line, found.group(1), f"`{found.group(1)}` needs a code and a reason")


def _comments(source: Source) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
