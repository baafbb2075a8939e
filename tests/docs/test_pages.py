"""The pages hold together: links lead somewhere, code is code, commands exist, and nobody writes a book."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.lint.project import Project

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / path for path in Project(ROOT).paths if path.suffix == ".md" and "vendor" not in path.parts]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
MAKE = re.compile(r"(?:^|[ `])make ([a-z][a-z-]*)", re.MULTILINE)
ARCHITECTURE_LINES = 120
FOLDERS = ("tutorials", "how-to", "reference", "explanation", "decisions", "runbooks")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors that a reader's renderer makes of the headings."""
    headings = HEADING.findall(BLOCK.sub("", page.read_text()))
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {word.strip().replace(" ", "-") for word in words}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(BLOCK.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        if not place.exists() or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_in_a_page_is_python(page: Path) -> None:
    for language, code in BLOCK.findall(page.read_text()):
        if language == "python":
            compile(code, named(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_make_target_in_a_page_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    text = "".join(re.findall(r"`[^`\n]+`|^ {4}.+$", page.read_text(), re.MULTILINE))
    assert set(MAKE.findall(text)) <= targets


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_page_of_a_folder_is_in_its_index(folder: str) -> None:
    index = ROOT / "docs" / folder / "README.md"
    linked = set(LINK.findall(index.read_text()))
    assert {path.name for path in index.parent.glob("*.md")} - {"README.md"} <= linked


def test_the_architecture_fits_two_pages_and_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert text.count("\n") <= ARCHITECTURE_LINES
    missing = [room for room in Project(ROOT).rooms if not re.search(rf"\b{room}\b", text)]
    assert missing == []


def test_the_help_of_make_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)) - {"help", "test-services"}
    described = set(re.findall(r"@echo 'make ([a-z-]+)", makefile))
    assert targets == described


def test_a_page_that_the_code_names_exists() -> None:
    named_pages = {
        (str(source.path), page)
        for source in Project(ROOT).texts
        if source.path.parts[0] in {"src", "tools", "bench"}
        for page in re.findall(r"\bdocs/[a-z/-]+\.md\b", source.text)
    }
    assert sorted((where, page) for where, page in named_pages if not (ROOT / page).exists()) == []
