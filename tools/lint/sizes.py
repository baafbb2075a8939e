"""Short by habit, ratcheted by machine: files stop at 400 lines, functions at 60.

A longer one that reads better whole, a flat spine or a table, is listed in exceptions.toml with its reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.project import Finding, Project, functions

FILE_LINES = 400
FUNCTION_LINES = 60


def check(project: Project) -> Iterator[Finding]:
    """Find Python files and functions that are too long; docstrings do not count towards a function."""
    for source in project.modules:
        lines = source.text.count("\n")
        if lines > FILE_LINES:
            yield source.finding(1, "file", f"{lines} lines, {FILE_LINES} are enough for a file")
        for name, function in functions(source.tree):
            length = _length(function)
            if length > FUNCTION_LINES:
                yield source.finding(function, name, f"`{name}` has {length} lines, {FUNCTION_LINES} are enough")


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    length = function.end_lineno - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        length -= first.end_lineno - first.lineno + 1
    return length
