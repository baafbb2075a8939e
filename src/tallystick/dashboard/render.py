"""Templates into pages. Everything is escaped; a name missing in a template is a fault, not an empty spot."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tallystick.base import day
from tallystick.dashboard import words

HERE = Path(__file__).parent
STATIC = HERE / "static"

DONE = {
    "assign": "Assigned.",
    "comment": "Comment added.",
    "resolve": "Break resolved.",
    "sign-off": "Break signed off.",
    "closed": "Day closed. The proof is stored.",
    "resent": "Queued to be sent again.",
    "revoked": "Key revoked.",
}
"""What a page says after a form; addresses carry only the word on the left."""


def environment(root: str) -> Environment:
    """The templates with the words they use; `root` is the address the dashboard is mounted at."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    marks = {path.relative_to(STATIC).as_posix(): _mark(path) for path in STATIC.rglob("*") if path.is_file()}
    env.globals.update(
        root=root,
        static=lambda name: f"{root}/static/{name}?v={marks[name]}",
        state_of=words.state_of,
    )
    env.filters.update(
        amount=words.amount,
        percent=words.percent,
        absolute=words.absolute,
        clock_time=words.clock_time,
        iso=words.iso,
        day_of=day,
        long_day=words.long_day,
        short_day=words.short_day,
        break_kind=words.break_kind,
        plain=words.plain,
        pretty=pretty,
        thousands=lambda number: f"{number:,}",
    )
    env.globals.update(
        DONE=DONE,
        minor=words.minor,
        relative=words.relative,
        age=words.age,
        change=words.change,
        counted=words.counted,
    )
    return env


def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


def pretty(value: Any) -> str:
    """A value as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
