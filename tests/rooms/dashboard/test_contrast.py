"""WCAG 2.2 AA computed from the tokens: 4.5 for text (1.4.3), 3 for what must be seen to be used (1.4.11)."""

from __future__ import annotations

import re

import pytest

from tallystick.dashboard.render import STATIC

TOKENS = dict(
    re.findall(
        r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\);", (STATIC / "css" / "tokens.css").read_text()
    )
)
TONES = ("good", "wait", "bad", "info", "calm")
PAPERS = ("page", "surface", "sunken", "hover")
TEXT = [
    *((ink, paper) for ink in ("ink", "ink-2", "ink-3", "accent", "accent-hover") for paper in PAPERS),
    *(
        (tone, paper)
        for tone in ("good", "wait", "bad", "info", "calm")
        for paper in (f"{tone}-soft", "surface", "page")
    ),
    ("accent", "accent-soft"),
    ("ink-2", "calm-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-bad", "bad"),
    ("page", "ink"),
]
SHAPES = [
    ("line-control", "surface"),
    ("line-control", "page"),
    ("bar", "surface"),
    ("bar", "bar-quiet"),
    ("accent", "page"),
    ("wood", "page"),
    ("wait", "page"),
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """From 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT)
def test_text_can_be_read(ink: str, paper: str, theme: int) -> None:
    found = contrast(TOKENS[ink].split(", ")[theme], TOKENS[paper].split(", ")[theme])
    assert found >= 4.5, f"{ink} on {paper}: {found:.2f}"


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "paper"), SHAPES)
def test_shapes_can_be_seen(shape: str, paper: str, theme: int) -> None:
    found = contrast(TOKENS[shape].split(", ")[theme], TOKENS[paper].split(", ")[theme])
    assert found >= 3, f"{shape} on {paper}: {found:.2f}"


@pytest.mark.parametrize("sheet", ["dashboard.css", "pages.css"])
def test_colours_come_from_the_tokens(sheet: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (STATIC / "css" / sheet).read_text(), flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?!\w)(?=[;,)\s])|rgb\(|hsl\(", text)
