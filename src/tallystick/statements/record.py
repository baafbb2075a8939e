"""What is kept of a file: the records that verbs give back, and which lines count.

Law: every line of every file taken is in exactly one state, and of all lines that tell of one item at most one is
active. Sums over active lines therefore count every movement once.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from tallystick.base import Instant
from tallystick.statements.model import Family, Line


class LineState(StrEnum):
    """Whether a line counts."""

    ACTIVE = "active"
    DUPLICATE = "duplicate"
    """Another file told the same before; `other_id` is the line that counts."""
    SUPERSEDED = "superseded"
    """A later file told otherwise; `other_id` is its line, or its statement where the line was left out."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that was taken."""

    id: str
    owner: str
    livemode: bool
    format: str
    format_version: str
    name: str
    source: str
    sha256: str
    size: int
    statements: int
    lines: int
    proof: str
    missing: str
    created: Instant
    seq: int = 0


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """A statement in a file that was taken."""

    id: str
    file_id: str
    ordinal: int
    family: Family
    identity: str
    sequence: str
    account: str
    currency: str
    period: tuple[date | None, date | None]
    opening_minor: int | None
    closing_minor: int | None
    balances: list[dict[str, Any]]
    lines: int
    proof: str
    missing: str
    checks: list[dict[str, Any]]
    reversals: str
    superseded_by: str | None


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line with its standing. `item_id` names the movement and stays the same through restatements."""

    id: str
    item_id: str
    file_id: str
    statement_id: str
    owner: str
    livemode: bool
    family: Family
    account: str
    state: LineState
    other_id: str | None
    line: Line


def scoped(owner: str, livemode: bool, *parts: object) -> str:
    """128 bits as 26 letters and digits over parts that mean something within one owner and mode only."""
    text = "\x1f".join(map(str, (owner, int(livemode), *parts)))
    return base64.b32encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=").lower()
