"""The page of laws tells the truth: ten laws, each held and proved somewhere that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "reference" / "laws.md").read_text()
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
PLACE = re.compile(r"^\* `(src/[\w/.]+)`: (.+)$", re.MULTILINE)
PROOF = re.compile(r"^\* `(tests/[\w/.]+)::(\w+)`$", re.MULTILINE)


def title(section: str) -> str:
    return section.split("\n", 1)[0]


def test_there_are_ten_in_order() -> None:
    assert [int(title(section).split(".")[0]) for section in SECTIONS] == list(range(1, 11))


@pytest.mark.parametrize("section", SECTIONS, ids=title)
def test_a_law_is_held_where_the_page_says(section: str) -> None:
    held, _ = section.split("Proved by:")
    places = PLACE.findall(held)
    assert places
    for path, words in places:
        source = (ROOT / path).read_text()
        for word in re.findall(r"`(\w+)`", words):
            assert re.search(rf"\b{word}\b", source), f"{path} does not know {word}"


@pytest.mark.parametrize("section", SECTIONS, ids=title)
def test_a_law_is_proved_by_tests_that_exist(section: str) -> None:
    _, proved = section.split("Proved by:")
    proofs = PROOF.findall(proved)
    assert proofs
    for path, name in proofs:
        tree = ast.parse((ROOT / path).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in functions, f"{path} has no {name}"
    assert len(PROOF.findall(proved)) == proved.count("\n* "), "a proof is written in another form"
