"""What the code cannot say of itself: a sentence for each refusal and event that has no docstring beside it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("meanings.toml")


@cache
def written(kind: str) -> Mapping[str, str]:
    """The sentences of one table of meanings.toml."""
    table: dict[str, str] = tomllib.loads(FILE.read_text()).get(kind, {})
    return table


@cache
def docstrings(path: Path, class_name: str) -> Mapping[str, str]:
    """The strings that follow the members of a class: {'KEY_REUSED': 'The key belongs to …'}."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for member, after in zip(node.body, node.body[1:], strict=False):
                match member, after:
                    case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                        found[name] = " ".join(text.split())
    return found
