"""No binary fractions near money: no float literal, no `float`, no true division in the rooms that count it.

Amounts are integers of minor units; 0.1 + 0.2 is the reason. A duration in seconds or a ratio shown to a person may
stand when exceptions.toml says why. Paths joined with `/` to a string are not divisions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.lint.project import Finding, Project, named

ROOMS = ("money", "ledger", "payments", "statements", "reconciliation", "close", "sandbox")


def check(project: Project) -> Iterator[Finding]:
    """Find float literals, the name `float`, and `/` between numbers."""
    for room in ROOMS:
        for source in project.rooms.get(room, []):
            for name, node in named(source.tree):
                what = _fraction(node)
                if what is not None:
                    yield source.finding(node, name, f"{what} in a room that counts money; use integers")


def _fraction(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=float()):
            return f"float literal {node.value!r}"
        case ast.Name(id="float"):
            return "`float`"
        case ast.BinOp(op=ast.Div(), left=left, right=right) if not (_text(left) or _text(right)):
            return "true division"
        case ast.AugAssign(op=ast.Div(), value=value) if not _text(value):
            return "true division"
    return None


def _text(node: ast.expr) -> bool:
    """Whether this is a string, so that `/` joins paths."""
    if isinstance(node, ast.BinOp):
        return _text(node.left) or _text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
