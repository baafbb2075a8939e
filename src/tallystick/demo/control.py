"""The controls of the sandboxes (docs/reference/sandbox.md): what no real processor has, and a demo needs."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick import connectors
from tallystick.demo.world import World


class ControlFailed(Exception):
    """A sandbox did not do as it was told; the text is for people."""


class Controls:
    """Speaks to the sandboxes of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._caller = connectors.Transport(timeout_seconds=60)

    async def close(self) -> None:
        """Close the connections."""
        await self._caller.close()

    async def get(self, processor: str, path: str) -> dict[str, Any]:
        """GET /control/`path` of a sandbox. Raises ControlFailed."""
        return await self._call("GET", processor, path, b"")

    async def post(self, processor: str, path: str, **body: Any) -> dict[str, Any]:
        """POST /control/`path` of a sandbox. Raises ControlFailed."""
        return await self._call("POST", processor, path, msgspec.json.encode(body))

    async def _call(self, method: str, processor: str, path: str, body: bytes) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._world.key_of(processor)}", "Content-Type": "application/json"}
        url = f"{self._world.processor_url(processor)}/control/{path}"
        answer = await self._caller.call(method, url, headers=headers, body=body)
        if not isinstance(answer, connectors.Response):
            raise ControlFailed(f"{processor} does not answer: {answer.reason}")
        told: dict[str, Any] = msgspec.json.decode(answer.body)
        if answer.status != 200:
            raise ControlFailed(f"{processor} refused {path}: {told['error']['message']}")
        return told
