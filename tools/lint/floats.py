"""No binary fractions near money: no float literal, no `float`, no true division in the rooms that count it.

Amounts are integers of minor units; 0.1 + 0.2 is the reason. A duration in seconds or a ratio shown to a person may
stand when exceptions.toml says why. `/` between a string or a name annotated `Path` and anything joins paths.
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
            paths = _paths(source.tree)
            for name, node in named(source.tree):
                what = _fraction(node, paths)
                if what is not None:
                    yield source.finding(node, name, f"{what} in a room that counts money; use integers")


def _fraction(node: ast.AST, paths: set[str]) -> str | None:
    match node:
        case ast.Constant(value=float()):
            return f"float literal {node.value!r}"
        case ast.Name(id="float"):
            return "`float`"
        case ast.BinOp(op=ast.Div(), left=left, right=right) if not (_joins(left, paths) or _joins(right, paths)):
            return "true division"
        case ast.AugAssign(op=ast.Div(), value=value) if not _joins(value, paths):
            return "true division"
    return None


def _joins(node: ast.expr, paths: set[str]) -> bool:
    """Whether this is a string or a path, so that `/` joins."""
    if isinstance(node, ast.BinOp):
        return _joins(node.left, paths) or _joins(node.right, paths)
    if isinstance(node, ast.Name):
        return node.id in paths
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _paths(tree: ast.Module) -> set[str]:
    """Names that the file annotates as `Path`, as arguments or variables."""
    arguments = {node.arg: node.annotation for node in ast.walk(tree) if isinstance(node, ast.arg)}
    variables = {
        ast.unparse(node.target): node.annotation for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)
    }
    return {
        name
        for name, annotation in {**variables, **arguments}.items()
        if annotation is not None and "Path" in ast.unparse(annotation).replace("|", " ").split()
    }
