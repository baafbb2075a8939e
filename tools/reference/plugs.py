"""docs/reference/plugs.md, from the racks."""

from __future__ import annotations

import ast
from pathlib import Path

from tools.lint.plugs import RACKS, plugs
from tools.lint.project import Project

PAGE = "plugs.md"
ROOT = Path(__file__).resolve().parents[2]
OPENING = """\
# Plugs

What can be added without changing anything else: one file in a rack, one name in the rack's tuple. The contract says
what a plug must offer, and the rack's contract suite in `tests/contracts` runs every plug.
"""
WHAT = {
    "connectors/psps": "Payment processors",
    "statements/formats": "Formats of statement files",
    "reconciliation/rules": "Match rules",
    "reconciliation/engines": "Engines that run a reconciliation",
    "close/checks": "Checks before a day is closed",
    "outbox/brokers": "Brokers that events go to",
    "db/backends": "Databases",
}


def render() -> str:
    """The whole page."""
    project = Project(ROOT)
    parts = [OPENING]
    for rack in RACKS:
        found = plugs(project, rack)
        if found:
            lines = ["| plug | what it is |", "|---|---|"]
            for plug, sources in sorted(found.items()):
                first = min(sources, key=lambda source: len(source.path.parts))
                text = (ast.get_docstring(first.tree) or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
                lines.append(f"| `{plug.rsplit('.', 1)[-1]}` | {text} |")
            parts += [f"## {WHAT[rack]}: `{rack}`\n", "\n".join(lines) + "\n"]
    return "\n".join(parts)
