"""Find what the rooms declare."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

from tallystick.base import RefusalCode
from tools.lint.project import Project, Source

ROOT = Path(__file__).resolve().parents[2]


def refusal_codes() -> list[type[RefusalCode]]:
    """Every class of refusal codes in the package, by room and name; only the modules that define one are imported."""
    found: list[type[RefusalCode]] = []
    for source in Project(ROOT).package:
        for name in _classes(source):
            cls = getattr(importlib.import_module(source.module), name)
            assert issubclass(cls, RefusalCode)
            found.append(cls)
    return sorted(found, key=lambda cls: (cls.__module__, cls.__name__))


def _classes(source: Source) -> list[str]:
    return [
        node.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("RefusalCode") for base in node.bases)
    ]
