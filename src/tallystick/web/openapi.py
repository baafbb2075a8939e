"""The OpenAPI 3.1 document of the API, made from the table of endpoints (spec.openapis.org/oas/v3.1.1).

Schemas come from the params Structs through msgspec; the bounds that `shape.py` applies to every text and number are
written out, so that what the document allows is what the server takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tallystick.web import form, shape
from tallystick.web.endpoint import Endpoint
from tallystick.web.expand import Expansions
from tallystick.web.model import VERSION, Auth

_NAMES = re.compile(r"\{(\w+)\}")
_TEMPLATE = "#/components/schemas/{name}"
_LIMITS = (
    f"Stripe's dialect at {VERSION}. Bodies are forms (`a[b]=c`) or JSON; an empty value unsets a parameter. "
    f"At most {form.MOST_FIELDS} parameters, nested at most {form.MOST_DEPTH} deep."
)
_ERROR = {
    "type": "object",
    "title": "error",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "code", "message"],
            "properties": {
                "type": {
                    "type": "string",
                    "enum": ["api_error", "card_error", "idempotency_error", "invalid_request_error"],
                },
                "code": {"type": "string"},
                "message": {"type": "string"},
                "param": {"type": "string"},
                "decline_code": {"type": "string"},
                "charge": {},
                "payment_intent": {},
                "payment_method": {},
                "setup_intent": {},
            },
        }
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeated request have one effect; see the reference on idempotency.",
    "schema": {"type": "string", "maxLength": 255},
}
_RAW = {"required": False, "content": {"application/octet-stream": {"schema": {}}}}


def describe(endpoints: Sequence[Endpoint], expansions: Expansions, *, version: str) -> dict[str, Any]:
    """The document as a dict."""
    structs = _structs(endpoints)
    schemas, components = msgspec.json.schema_components(structs, ref_template=_TEMPLATE)
    references = dict(zip(structs, schemas, strict=True))
    taken = {params for each in endpoints for params in (each.params,)}
    for params in taken:
        _bound(_resolved(references[params], components), components, set())
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, references, components, expansions)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallystick", "version": version, "description": _LIMITS, "license": _license()},
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "error": _ERROR, **_objects(endpoints)},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "The API key as the user name."},
                "bearer": {"type": "http", "scheme": "bearer", "description": "The API key as the token."},
            },
        },
    }


def _license() -> dict[str, str]:
    return {"name": "Apache 2.0", "identifier": "Apache-2.0"}


def _structs(endpoints: Iterable[Endpoint]) -> list[Any]:
    found: dict[Any, None] = {}
    for each in endpoints:
        found[each.params] = None
        if each.returns is not None and not isinstance(each.returns, str):
            found[each.returns] = None
    return list(found)


def _objects(endpoints: Iterable[Endpoint]) -> dict[str, Any]:
    """A schema per object that is only known by its name."""
    names = sorted({each.returns for each in endpoints if isinstance(each.returns, str)})
    return {name: {"type": "object", "title": name, "properties": {"object": {"type": "string"}}} for name in names}


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    found: dict[str, Any] = components[reference.rpartition("/")[2]] if reference else schema
    return found


def _bound(schema: dict[str, Any], components: dict[str, Any], seen: set[int]) -> None:
    """Write out, in place, the bounds that hold for every parameter."""
    schema = _resolved(schema, components)
    if id(schema) in seen:
        return
    seen.add(id(schema))
    if schema.get("type") == "string" and "enum" not in schema:
        schema.setdefault("maxLength", shape.LONGEST_TEXT)
    if schema.get("type") == "integer":
        schema.setdefault("minimum", shape.LEAST_INTEGER)
        schema.setdefault("maximum", shape.GREATEST_INTEGER)
    if "properties" in schema:
        schema["additionalProperties"] = False
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)]
    for each in inner:
        _bound(each, components, seen)


def _operation(
    endpoint: Endpoint, references: dict[Any, Any], components: dict[str, Any], expansions: Expansions
) -> dict[str, Any]:
    schema = _resolved(references[endpoint.params], components)
    expand = _expand(expansions.paths(endpoint))
    names = _NAMES.findall(endpoint.path)
    operation: dict[str, Any] = {
        "operationId": _operation_id(endpoint),
        "summary": endpoint.summary or _operation_id(endpoint),
        "parameters": [_path_parameter(name) for name in names],
        "responses": _responses(endpoint, references),
    }
    if endpoint.auth is Auth.OPEN:
        operation["security"] = []
    if endpoint.method == "POST":
        if endpoint.auth is not Auth.OPEN:
            operation["parameters"].append(_KEY)
        operation["requestBody"] = _RAW if endpoint.raw else _body(schema, components, expand)
    else:
        operation["parameters"] += _query(schema, components)
        operation["parameters"] += _expand_parameter(expand)
    return operation


def _operation_id(endpoint: Endpoint) -> str:
    parts = [part.strip("{}").replace(".", "_") for part in endpoint.path.split("/") if part not in ("", "v1")]
    return "_".join([endpoint.method.lower(), *parts])


def _path_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[A-Za-z0-9_.-]+$"}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _expand(paths: Sequence[str]) -> dict[str, Any] | None:
    if not paths:
        return None
    return {
        "type": "array",
        "maxItems": 20,
        "items": {"type": "string", "enum": list(paths)},
        "description": "Fields to answer as objects instead of ids. Two levels are listed; four work.",
    }


def _expand_parameter(expand: dict[str, Any] | None) -> list[dict[str, Any]]:
    if expand is None:
        return []
    return [{"name": "expand[]", "in": "query", "required": False, "schema": expand, "style": "form", "explode": True}]


def _query(schema: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {
            "name": _spelled(name, each, components),
            "in": "query",
            "required": name in required,
            "schema": _as_text(each),
            **_style(each, components),
        }
        for name, each in schema.get("properties", {}).items()
    ]


def _spelled(name: str, schema: dict[str, Any], components: dict[str, Any]) -> str:
    """A list is spelled `name[]` in forms and addresses: a plain name may stand only once."""
    choices = [_resolved(each, components) for each in schema.get("anyOf", [schema])]
    return f"{name}[]" if any(choice.get("type") == "array" for choice in choices) else name


def _style(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    choices = [_resolved(each, components) for each in schema.get("anyOf", [schema])]
    nested = any(choice.get("type") == "object" for choice in choices)
    return {"style": "deepObject", "explode": True} if nested else {}


def _as_text(schema: dict[str, Any]) -> dict[str, Any]:
    """Forms and addresses cannot say null: what may be null is sent empty, or not at all."""
    choices = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
    if not choices:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _body(schema: dict[str, Any], components: dict[str, Any], expand: dict[str, Any] | None) -> dict[str, Any]:
    properties = dict(schema.get("properties", {}))
    required = schema.get("required", [])
    if expand is not None:
        properties["expand"] = expand
    text = {_spelled(name, each, components): _as_text(each) for name, each in properties.items()}
    needed = [_spelled(name, properties[name], components) for name in required]
    form_body: dict[str, Any] = {"schema": {**schema, "properties": text, "required": needed}}
    encoding = {name: style for name, each in properties.items() if (style := _style(each, components))}
    if encoding:
        form_body["encoding"] = encoding
    typed = {"schema": {**schema, "properties": properties}}
    return {
        "required": bool(required),
        "content": {"application/x-www-form-urlencoded": form_body, "application/json": typed},
    }


def _responses(endpoint: Endpoint, references: dict[Any, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if isinstance(endpoint.returns, str):
        schema = {"$ref": _TEMPLATE.format(name=endpoint.returns)}
    elif endpoint.returns is not None:
        schema = references[endpoint.returns]
    if endpoint.listing:
        schema = _list_of(schema)
    error = {"$ref": _TEMPLATE.format(name="error")}
    return {
        "200": {"description": "The answer.", "content": {endpoint.media: {"schema": schema}}},
        "default": {"description": "A refusal.", "content": {"application/json": {"schema": error}}},
    }


def _list_of(member: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["object", "url", "has_more", "data"],
        "properties": {
            "object": {"const": "list"},
            "url": {"type": "string"},
            "has_more": {"type": "boolean"},
            "data": {"type": "array", "items": member, "maxItems": 100},
        },
    }
