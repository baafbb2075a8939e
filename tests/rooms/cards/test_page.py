"""The page for people says what the tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick import cards

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "test-cards.md").read_text()
LINES = [line for line in PAGE.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize(
    "card", sorted(set(cards.TEST_CARDS.values()), key=lambda card: card.name), ids=lambda c: c.name
)
def test_a_card_has_its_line(card: cards.TestCard) -> None:
    (line,) = [line for line in LINES if f"`{card.number}`" in line]
    names = [name for name, meant in cards.TEST_CARDS.items() if meant is card]
    assert all(f"`{name}`" in line for name in names)
    assert f"| {card.brand} | {card.funding} | {card.country} | {card.note}" in line
    assert card.decline_code is None or f"`{card.decline_code}`" in line


@pytest.mark.parametrize("decline", cards.DECLINES.values(), ids=lambda decline: decline.decline_code)
def test_a_decline_code_has_its_line(decline: cards.Decline) -> None:
    (line,) = [line for line in LINES if line.startswith(f"| `{decline.decline_code}` | `{decline.code}` |")]
    assert ("| yes |" in line) == decline.retryable
    assert decline.message in line


def test_no_line_tells_of_a_card_that_is_none() -> None:
    assert len(LINES) == len(set(cards.TEST_CARDS.values())) + len(cards.DECLINES)
