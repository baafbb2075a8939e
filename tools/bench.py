"""`make bench NAME=payments ARGS="..."`: run one measurement of bench/; without a name, list them.

A measurement is `bench/NAME.py` or the folder `bench/NAME` with a `__main__.py`; its docstring's first line says what
it measures.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measurements() -> dict[str, str]:
    """The first docstring line of every measurement, by name."""
    files = [*(ROOT / "bench").glob("*.py"), *(ROOT / "bench").glob("*/__main__.py")]
    found = {}
    for path in files:
        name = path.parent.name if path.name == "__main__.py" else path.stem
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        if not name.startswith("_"):
            found[name] = text.split("\n", 1)[0]
    return dict(sorted(found.items()))


def main(arguments: list[str]) -> int:
    known = measurements()
    if not arguments:
        print(
            "\n".join(f"make bench NAME={name:12} {text}" for name, text in known.items()) or "nothing to measure yet"
        )
        return 0
    name, *rest = arguments
    if name not in known:
        print(f"tallystick: bench has no `{name}`; it has: {', '.join(known) or 'nothing'}", file=sys.stderr)
        return 2
    return subprocess.run([sys.executable, "-m", f"bench.{name}", *rest], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
