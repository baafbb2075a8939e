"""The page for people names every setting and every control."""

from __future__ import annotations

from pathlib import Path

from tallystick import sandbox
from tallystick.sandbox import HEADER, Plant, SandboxSettings

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "sandbox.md").read_text()


def test_every_setting_and_trouble_is_on_the_page() -> None:
    names = [*SandboxSettings.__struct_fields__, *Plant.__struct_fields__, *sandbox.DayEnd.__struct_fields__]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_the_header_of_the_report_is_on_the_page() -> None:
    assert ",".join(HEADER) in PAGE
