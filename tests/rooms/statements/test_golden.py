"""Input and expected side by side in `tests/golden/statements`: what is read of each file, or why it is refused.

A new file gets its `.json` by running with TALLYSTICK_GOLDEN=write; then read it before it is committed.
"""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick import statements
from tallystick.base import Refused

FOLDER = Path(__file__).resolve().parents[2] / "golden" / "statements"
INPUTS = sorted(path for path in FOLDER.glob("*/*") if path.suffix != ".json")
UNSAID: tuple[Any, ...] = ("", 0, False, None, {}, (), [])


def told(source: Path) -> dict[str, Any]:
    """Everything that was read, without what is empty."""
    try:
        return _lean(asdict(statements.read(source)))
    except Refused as refusal:
        return {"refused": refusal.code.value, "message": refusal.message, **_lean(refusal.details)}


def _lean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lean(item) for key, item in value.items() if item not in UNSAID or key == "amount_minor"}
    if isinstance(value, list | tuple):
        return [_lean(item) for item in value]
    return value


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.name)
def test_golden(path: Path) -> None:
    found = msgspec.json.format(msgspec.json.encode(told(path)), indent=1) + b"\n"
    expected = path.with_name(path.name + ".json")
    if os.environ.get("TALLYSTICK_GOLDEN") == "write":
        expected.write_bytes(found)
    assert found.decode() == expected.read_text(encoding="utf-8")


def test_refused_files_are_named_so() -> None:
    for path in INPUTS:
        assert path.name.startswith("refused-") is ("refused" in told(path)), path.name
