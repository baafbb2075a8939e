"""docs/reference/settings.md, from the settings model."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from tallystick.base import Settings

PAGE = "settings.md"
OPENING = """\
# Settings

Every setting is an environment variable or a line of `tallystick.toml` in the working directory
(`TALLYSTICK_SETTINGS` names another file); the environment wins. An unknown line in the file is refused. Each has a
default that works for a first try on one machine.

Parts of a nested setting are joined by two underscores: `TALLYSTICK_PROCESSORS__ACME__URL`, in TOML
`[processors.acme]` and `url = "…"`.
"""


def render() -> str:
    """The whole page."""
    prefix = str(Settings.model_config["env_prefix"])
    parts = [OPENING, "## All settings\n", _table(Settings, prefix)]
    for name, field, model in nested(Settings):
        text = f"## Inside `{name}`\n\n{field.description} Each has:\n"
        parts += [text, _table(model, f"{prefix}{name.upper()}__NAME__")]
    return "\n".join(parts)


def nested(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, type[BaseModel]]]:
    """The fields that hold further models, one level down."""
    for name, field in model.model_fields.items():
        for inner in (field.annotation, *typing.get_args(field.annotation)):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield name, field, inner


def _table(model: type[BaseModel], prefix: str) -> str:
    lines = ["| variable | type | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        cells = [f"`{prefix}{name.upper()}`", type_name(field.annotation), default(field), field.description or ""]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def type_name(annotation: Any) -> str:
    """A word for a reader who does not write Python."""
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", SecretStr: "text, secret"}
    origin = typing.get_origin(annotation)
    inside = [type_name(inner) for inner in typing.get_args(annotation) if inner is not types.NoneType]
    if origin is dict:
        return f"{inside[1]} by name"
    if origin in (list, tuple):
        return f"list of {inside[0]}"
    if origin in (typing.Union, types.UnionType):
        return f"{' or '.join(inside)}, optional"
    if origin is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(annotation))
    return words.get(annotation, f"see `{getattr(annotation, '__name__', annotation)}`")


def default(field: FieldInfo) -> str:
    """As it would be written in a file; secrets show that there is one."""
    if field.default_factory is not None:
        made = field.get_default(call_default_factory=True, validated_data={})
        return ", ".join(f"`{name}`" for name in made) if made else "none"
    if field.is_required():
        return "required"
    if isinstance(field.default, SecretStr):
        return "a development value"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return "none" if field.default in (None, "") else f"`{field.default}`"
