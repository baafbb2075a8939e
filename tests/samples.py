"""Where the public sample files are, for tests that read real statements.

They are too many to keep in the project: `TALLYSTICK_SAMPLES` names their folder, else `shared/data` beside this
checkout. Elsewhere `files()` is empty and the `samples` fixture skips, saying so.
"""

from __future__ import annotations

import os
from pathlib import Path

BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"
ABSENT = "sample files are not here: set TALLYSTICK_SAMPLES to their folder"


def folder() -> Path | None:
    """The folder of the samples, or None on a machine without them."""
    named = os.environ.get("TALLYSTICK_SAMPLES")
    candidate = Path(named) if named else BESIDE
    return candidate if candidate.is_dir() else None


def files(pattern: str) -> list[Path]:
    """Every sample matching the glob, in a fixed order; for parametrising. Empty where there are none."""
    root = folder()
    return sorted(root.glob(pattern)) if root is not None else []
