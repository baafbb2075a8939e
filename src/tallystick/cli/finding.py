"""What a check of the doctor answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "bad", "unreachable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what there is to do where it is not `ok`."""

    check: str
    level: Level
    text: str
    details: tuple[str, ...] = ()
