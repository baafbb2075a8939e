"""`expand[]`: an id in the answer replaced by the object it names, up to four levels deep.

What can be expanded is a table, one row per field of an object; what is not in it is refused before anything is done
(docs.stripe.com/api/expanding_objects). Loading is batched per level, so a list costs one read per field.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tallystick.base import Refused
from tallystick.web.endpoint import Call, Endpoint
from tallystick.web.model import WebRefusal

MOST_LEVELS = 4
Loader = Callable[[Call, Sequence[str]], Awaitable[Mapping[str, dict[str, Any]]]]
"""Objects by id, as they appear on the wire; ids it does not know are left out and stay ids."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """`field` of `object` holds the id of one of `targets`; `load` is None where the object is always included."""

    object: str
    field: str
    targets: tuple[str, ...]
    load: Loader | None = None


class Expansions:
    """All that can be expanded."""

    def __init__(self, expansions: Iterable[Expansion] = ()) -> None:
        self._known = {(each.object, each.field): each for each in expansions}

    def check(self, endpoint: Endpoint, wanted: Sequence[str]) -> None:
        """Raises Refused(PARAMETER_INVALID_EXPAND) naming the first entry that cannot be expanded."""
        for place, path in enumerate(wanted):
            names = path.split(".")
            if len(names) > MOST_LEVELS:
                raise _refused(place, f"{path} is more than {MOST_LEVELS} levels deep. Ask for fewer.")
            if endpoint.listing:
                if names[0] != "data" or len(names) == 1:
                    raise _refused(place, f"{path} cannot be expanded in a list. Write data.{path} for its members.")
                names = names[1:]
            self._walk(endpoint.object, names, place, path)

    def _walk(self, start: str, names: Sequence[str], place: int, path: str) -> None:
        kinds: tuple[str, ...] = (start,)
        for name in names:
            found = [self._known[kind, name] for kind in kinds if (kind, name) in self._known]
            if not found:
                raise _refused(place, f"{name} in {path} cannot be expanded. Remove it.")
            kinds = tuple(target for each in found for target in each.targets)

    def paths(self, endpoint: Endpoint) -> list[str]:
        """What can be asked of an endpoint, one and two levels deep; for the OpenAPI document."""
        start = "data." if endpoint.listing else ""
        found = []
        for (kind, name), each in self._known.items():
            if kind == endpoint.object:
                inner = [field for target, field in self._known if target in each.targets]
                found += [f"{start}{name}", *[f"{start}{name}.{field}" for field in inner]]
        return sorted(set(found))

    async def apply(self, call: Call, body: Any) -> Any:
        """`body`, made of dicts and lists, with what the call wants put in place."""
        for path in call.expand:
            nodes = [body]
            for name in path.split("."):
                nodes = await self._level(call, nodes, name)
        return body

    async def _level(self, call: Call, nodes: list[Any], name: str) -> list[Any]:
        waiting: dict[Expansion, list[dict[str, Any]]] = {}
        reached: list[Any] = []
        for node in nodes:
            value = node.get(name) if isinstance(node, dict) else None
            if isinstance(value, str):
                expansion = self._known.get((node.get("object", ""), name))
                if expansion is not None:
                    waiting.setdefault(expansion, []).append(node)
            elif isinstance(value, list):
                reached.extend(value)
            elif value is not None:
                reached.append(value)
        for expansion, holders in waiting.items():
            reached.extend(await _load(call, expansion, holders, name))
        return reached


async def _load(call: Call, expansion: Expansion, holders: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    if expansion.load is None:
        return []
    objects = await expansion.load(call, list(dict.fromkeys(holder[name] for holder in holders)))
    for holder in holders:
        holder[name] = objects.get(holder[name], holder[name])
    return list(objects.values())  # each once: holders may share an object, which must not be expanded twice


def _refused(place: int, message: str) -> Refused:
    return Refused(WebRefusal.PARAMETER_INVALID_EXPAND, message[:300], param=f"expand[{place}]")
