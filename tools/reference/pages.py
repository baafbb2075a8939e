"""All generated pages in one tuple."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from tools.reference import commands, events, plugs, refusals, settings

PAGES: tuple[ModuleType, ...] = (events, plugs, refusals, settings, commands)
FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
MARK = "<!-- Written by `make reference`; change the code or tools/reference instead. -->\n\n"


def text(page: ModuleType) -> str:
    """What the file of this page should hold."""
    return MARK + str(page.render()).rstrip("\n") + "\n"


def current(page: ModuleType) -> bool:
    """Whether the file holds that."""
    path = FOLDER / page.PAGE
    return bool(path.exists() and path.read_text() == text(page))
