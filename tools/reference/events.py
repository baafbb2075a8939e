"""docs/reference/events.md, from the event types that the code writes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tools.lint.project import Project
from tools.reference import meanings

PAGE = "events.md"
ROOT = Path(__file__).resolve().parents[2]
OPENING = """\
# Events

News that leaves the platform, as a webhook and in `GET /v1/events`, after the change it tells of is durable. The
object in `data.object` is as it was after that change. Types and shapes are Stripe's where Stripe has them.
"""
OBJECTS = (
    "balance|break|charge|close|customer|payment_intent|payment_method|payout|period|reconciliation|refund|"
    "setup_intent|statement|statement_file|webhook_endpoint"
)
TYPE = re.compile(rf"(?:{OBJECTS})(?:\.[a-z_]+)+")
FILES = (".html", ".csv", ".py", ".md", ".xml", ".sqlite", ".id", ".toml", ".json")
NOT_OURS = frozenset({"sandbox", "connectors", "dashboard", "demo", "cli"})
"""Rooms whose dotted words are a processor's, a template's or a command's."""


def types() -> list[str]:
    """Every event type named in the code of the rooms that write events."""
    found: set[str] = set()
    for source in Project(ROOT).package:
        if source.room in NOT_OURS:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                word = node.value
                if TYPE.fullmatch(word) and not word.endswith(FILES):
                    found.add(word)
    return sorted(found)


def meaning(event_type: str) -> str:
    """The sentence in meanings.toml; empty when nobody has written one."""
    return meanings.written("events").get(event_type, "")


def render() -> str:
    """The whole page."""
    lines = ["| type | sent when |", "|---|---|"]
    lines += [f"| `{event_type}` | {meaning(event_type)} |" for event_type in types()]
    return "\n".join([OPENING, *lines]) + "\n"
