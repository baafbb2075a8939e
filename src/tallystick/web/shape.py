"""What a parameter may be, compiled once per params Struct, and the walk that holds a request against it.

The walk turns the text of forms into integers, booleans and lists, refuses what is unknown, missing or out of bounds
by its name in brackets, and caps every text and number, so that nothing a database column could not hold gets through.
Text is at most 5,000 characters unless the Struct says otherwise, a number a signed 64-bit integer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from tallystick.base import Refused
from tallystick.web.form import Path, bracket
from tallystick.web.model import WebRefusal

LONGEST_TEXT = 5000
LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**63 - 1
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_INDEX = re.compile(r"0|[1-9][0-9]{0,3}", re.ASCII)
_SHOWN = 100
_BOOLEANS = {"true": True, "false": False}


@dataclass(slots=True)
class Shape:
    """What one parameter may be; several of these when it is a union."""

    nullable: bool = False
    boolean: bool = False
    anything: bool = False
    integer: tuple[int, int] | None = None
    text: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()
    fields: dict[str, Shape] | None = None
    required: tuple[str, ...] = ()
    key: Shape | None = None
    item: Shape | None = None
    most: int | None = None
    wants: str = field(default="", compare=False)


@cache
def compile_shape(params: type[msgspec.Struct]) -> Shape:
    """The shape of a params Struct. Raises TypeError for a type that parameters cannot have (a float, a datetime)."""
    shape = Shape()
    _add(shape, inspect.type_info(params))
    return shape


def _add(shape: Shape, info: inspect.Type) -> None:
    found = next((add for kind, add in _ADDERS.items() if isinstance(info, kind)), None)
    if found is None:
        raise TypeError(f"a parameter cannot be {type(info).__name__}: use int, str, bool, list, dict or a Struct")
    found(shape, info)
    shape.wants = " or ".join(_wanted(shape))


def _add_struct(shape: Shape, info: inspect.StructType) -> None:
    shape.fields = {}
    for each in info.fields:
        inner = shape.fields[each.encode_name] = Shape()
        _add(inner, each.type)
    shape.required = tuple(each.encode_name for each in info.fields if each.required)


def _add_dict(shape: Shape, info: inspect.DictType) -> None:
    shape.key, shape.item, shape.most = Shape(), Shape(), info.max_length
    _add(shape.key, info.key_type)
    _add(shape.item, info.value_type)


def _add_list(shape: Shape, info: inspect.ListType) -> None:
    shape.item, shape.most = Shape(), info.max_length
    _add(shape.item, info.item_type)


def _add_union(shape: Shape, info: inspect.UnionType) -> None:
    for each in info.types:
        _add(shape, each)


def _add_text(shape: Shape, info: inspect.StrType) -> None:
    shape.text = (info.min_length or 0, LONGEST_TEXT if info.max_length is None else info.max_length)


def _add_integer(shape: Shape, info: inspect.IntType) -> None:
    least = info.ge if info.ge is not None else info.gt + 1 if info.gt is not None else LEAST_INTEGER
    most = info.le if info.le is not None else info.lt - 1 if info.lt is not None else GREATEST_INTEGER
    shape.integer = (least, most)


def _add_literal(shape: Shape, info: inspect.LiteralType) -> None:
    if not all(isinstance(value, str) for value in info.values):
        raise TypeError("the choices of a parameter are text")
    shape.choices += tuple(str(value) for value in info.values)


def _add_enum(shape: Shape, info: inspect.EnumType) -> None:
    shape.choices += tuple(str(member.value) for member in info.cls)


def _setter(name: str) -> Callable[[Shape, Any], None]:
    return lambda shape, _: setattr(shape, name, True)


_ADDERS: Mapping[type[inspect.Type], Callable[[Shape, Any], None]] = {
    inspect.StrType: _add_text,
    inspect.IntType: _add_integer,
    inspect.BoolType: _setter("boolean"),
    inspect.NoneType: _setter("nullable"),
    inspect.AnyType: _setter("anything"),
    inspect.LiteralType: _add_literal,
    inspect.EnumType: _add_enum,
    inspect.UnionType: _add_union,
    inspect.ListType: _add_list,
    inspect.DictType: _add_dict,
    inspect.StructType: _add_struct,
}


def _wanted(shape: Shape) -> list[str]:
    """In words, for the message."""
    words = []
    if shape.choices:
        words.append("one of " + ", ".join(shape.choices))
    if shape.integer:
        words.append("a whole number")
    if shape.boolean:
        words.append("true or false")
    if shape.text:
        words.append("text")
    if shape.fields is not None or shape.key is not None:
        words.append("an object (name[key]=value)")
    elif shape.item is not None:
        words.append("a list (name[0]=value)")
    return words or ["something else"]


# --- the walk --------------------------------------------------------------------------------------------------------


def settle(shape: Shape, value: Any, path: Path, *, form: bool) -> Any:
    """`value` as the shape has it. Raises Refused naming the first parameter that does not fit."""
    kind = type(value)
    if kind is str:
        return _text(shape, value, path, form=form)
    if kind is dict:
        return _container(shape, value, path, form=form)
    if kind is int and shape.integer is not None:
        return _integer(shape.integer, value, path)
    if kind is list and shape.item is not None and shape.key is None:
        return _items(shape, shape.item, value, path, form=form)
    if shape.anything or (kind is bool and shape.boolean) or (value is None and shape.nullable):
        return value
    if value is None:
        raise _empty(shape, path)
    raise _wrong(shape, path)


def _text(shape: Shape, value: str, path: Path, *, form: bool) -> Any:
    if value == "":
        return _unset(shape, path)
    if value in shape.choices:
        return value
    if form and shape.integer is not None and _INTEGER.fullmatch(value):
        return _integer(shape.integer, int(value), path)
    if form and shape.boolean and value in _BOOLEANS:
        return _BOOLEANS[value]
    if shape.text is None:
        if shape.anything:
            return value
        raise _wrong(shape, path)
    return _bounded(shape.text, value, path)


def _unset(shape: Shape, path: Path) -> str | None:
    """Empty text is an attempt to unset the parameter."""
    if shape.nullable:
        return None
    if shape.anything or (shape.text is not None and shape.text[0] == 0):
        return ""
    raise _empty(shape, path)


def _bounded(bounds: tuple[int, int], value: str, path: Path) -> str:
    least, most = bounds
    if not least <= len(value) <= most:
        raise _refused(
            WebRefusal.PARAMETER_INVALID_STRING_LENGTH,
            path,
            f"has {len(value)} characters. Send {f'exactly {most}' if least == most else f'at most {most}'}."
            if len(value) > most
            else f"has {len(value)} characters. Send at least {least}.",
        )
    if "\x00" in value:
        raise _refused(WebRefusal.PARAMETER_INVALID_STRING, path, "contains a NUL character. Remove it.")
    return value


def _integer(bounds: tuple[int, int], value: int, path: Path) -> int:
    least, most = bounds
    if value < least:
        raise _refused(WebRefusal.PARAMETER_INVALID_INTEGER, path, f"is too small. Send at least {least}.")
    if value > most:
        raise _refused(WebRefusal.PARAMETER_INVALID_INTEGER, path, f"is too large. Send at most {most}.")
    return value


def _container(shape: Shape, value: dict[str, Any], path: Path, *, form: bool) -> Any:
    if shape.fields is not None:
        return _struct(shape, shape.fields, value, path, form=form)
    if shape.key is not None and shape.item is not None:
        return _map(shape, shape.key, shape.item, value, path, form=form)
    if form and shape.item is not None:
        return _items(shape, shape.item, _listed(shape, value, path), path, form=form)
    if shape.anything:
        return value
    raise _wrong(shape, path)


def _struct(shape: Shape, fields: dict[str, Shape], value: dict[str, Any], path: Path, *, form: bool) -> dict[str, Any]:
    for name in value:
        inner = fields.get(name)
        if inner is None:
            raise unknown((*path, name), fields)
        value[name] = settle(inner, value[name], (*path, name), form=form)
    for name in shape.required:
        if name not in value:
            raise missing((*path, name))
    return value


def _map(shape: Shape, key: Shape, item: Shape, value: dict[str, Any], path: Path, *, form: bool) -> dict[str, Any]:
    _count(shape, value, path)
    for name in value:
        settle(key, name, (*path, name), form=form)
        value[name] = settle(item, value[name], (*path, name), form=form)
    return value


def _listed(shape: Shape, value: dict[str, Any], path: Path) -> list[Any]:
    """`a[0]`, `a[1]` as a list, in the order of the numbers."""
    for name in value:
        if not _INDEX.fullmatch(name):
            raise _wrong(shape, path)
    return [value[name] for name in sorted(value, key=int)]


def _items(shape: Shape, item: Shape, value: list[Any], path: Path, *, form: bool) -> list[Any]:
    _count(shape, value, path)
    return [settle(item, each, (*path, str(place)), form=form) for place, each in enumerate(value)]


def _count(shape: Shape, value: dict[str, Any] | list[Any], path: Path) -> None:
    if shape.most is not None and len(value) > shape.most:
        raise _refused(WebRefusal.PARAMETER_INVALID, path, f"has {len(value)} entries. Send at most {shape.most}.")


# --- the refusals ----------------------------------------------------------------------------------------------------


def _refused(code: WebRefusal, path: Path, message: str) -> Refused:
    name = bracket(path)[:_SHOWN]
    return Refused(code, f"The parameter {name} {message}", param=name)


def unknown(path: Path, known: Iterable[str]) -> Refused:
    """Nothing is called that here; says what may have been meant."""
    meant = get_close_matches(path[-1][:_SHOWN], list(known), n=1)
    hint = f"Did you mean {bracket((*path[:-1], meant[0]))}?" if meant else "Remove it, or look its name up."
    return _refused(WebRefusal.PARAMETER_UNKNOWN, path, f"is not known here. {hint}")


def missing(path: Path) -> Refused:
    """It must be sent."""
    return _refused(WebRefusal.PARAMETER_MISSING, path, "is required. Add it to the request.")


def _empty(shape: Shape, path: Path) -> Refused:
    code = WebRefusal.PARAMETER_INVALID_EMPTY if shape.text is None else WebRefusal.PARAMETER_INVALID_STRING_EMPTY
    return _refused(code, path, f"is empty and cannot be unset. Leave it out, or send {shape.wants}.")


def _wrong(shape: Shape, path: Path) -> Refused:
    return _refused(_wrong_code(shape), path, f"does not fit. Send {shape.wants}.")


def _wrong_code(shape: Shape) -> WebRefusal:
    if shape.choices:
        return WebRefusal.PARAMETER_INVALID_CHOICE
    if shape.integer is not None:
        return WebRefusal.PARAMETER_INVALID_INTEGER
    if shape.boolean:
        return WebRefusal.PARAMETER_INVALID_BOOLEAN
    if shape.text is not None:
        return WebRefusal.PARAMETER_INVALID_STRING
    if shape.fields is not None or shape.key is not None:
        return WebRefusal.PARAMETER_INVALID_OBJECT
    return WebRefusal.PARAMETER_INVALID_ARRAY
