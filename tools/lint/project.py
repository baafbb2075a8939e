"""What a rule sees: the files of the project, read once."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

PACKAGE = PurePosixPath("src/tallystick")


@dataclass(frozen=True, order=True)
class Finding:
    """One place that breaks a rule. `name` is what an exception entry would excuse: a function, a file or a word."""

    path: str
    line: int
    name: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class Source:
    """One text file; `path` is relative to the project, with slashes."""

    def __init__(self, path: PurePosixPath, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module; only for Python files."""
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def room(self) -> str | None:
        """The room a module belongs to: `payments` for src/tallystick/payments/pay.py and .../payments.py."""
        if not self.path.is_relative_to(PACKAGE) or self.path.suffix != ".py":
            return None
        first = self.path.relative_to(PACKAGE).parts[0]
        return None if first == "__init__.py" else first.removesuffix(".py")

    @cached_property
    def module(self) -> str:
        """The dotted name, for files below src: tallystick.payments.pay."""
        dotted = self.path.relative_to("src").with_suffix("")
        parts = dotted.parts[:-1] if dotted.name == "__init__" else dotted.parts
        return ".".join(parts)

    def finding(self, node: ast.AST | int, name: str, message: str) -> Finding:
        """A finding at a node or a line."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Finding(str(self.path), line, name, message)


class Project:
    """All files that are, or would be, committed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def paths(self) -> list[PurePosixPath]:
        """Every file git knows or would add; without git, every file."""
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=self.root, capture_output=True, check=False)
        if listed.returncode == 0:
            names = [name for name in listed.stdout.decode().split("\0") if name]
        else:
            names = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*")]
        return sorted(PurePosixPath(name) for name in set(names) if (self.root / name).is_file())

    @cached_property
    def texts(self) -> list[Source]:
        """Every file that is UTF-8 text."""
        return list(self._texts())

    def _texts(self) -> Iterator[Source]:
        for path in self.paths:
            content = (self.root / path).read_bytes()
            if b"\0" not in content[:4096]:
                yield Source(path, content.decode("utf-8", errors="replace"))

    @cached_property
    def modules(self) -> list[Source]:
        """Every Python file."""
        return [source for source in self.texts if source.path.suffix == ".py"]

    @cached_property
    def package(self) -> list[Source]:
        """The Python files of the product, not those of tests and tools."""
        return [source for source in self.modules if source.path.is_relative_to(PACKAGE)]

    @cached_property
    def rooms(self) -> dict[str, list[Source]]:
        """The modules of every room, by its name."""
        rooms: dict[str, list[Source]] = {}
        for source in self.package:
            if source.room is not None:
                rooms.setdefault(source.room, []).append(source)
        return rooms


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function with its qualified name, `Class.method` and `outer.inner`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{child.name}", child
            yield from functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from functions(child, f"{prefix}{child.name}.")
        else:
            yield from functions(child, prefix)


def named(tree: ast.AST, prefix: str = "", inside: str = "module") -> Iterator[tuple[str, ast.AST]]:
    """Every node with the qualified name of the function or class it stands in; `module` for those in none."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{child.name}"
            yield name, child
            yield from named(child, f"{name}.", name)
        else:
            yield inside, child
            yield from named(child, prefix, inside)


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Every imported name, absolute and in full: `from a.b import c` is `a.b.c`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level and source.path.parts[0] == "src":
                here = source.module.split(".")
                keep = len(here) - node.level + (source.path.name == "__init__.py")
                base = ".".join([*here[:keep], *([base] if base else [])])
            for alias in node.names:
                yield node, f"{base}.{alias.name}"
