"""Schemathesis over our own OpenAPI document: generated requests to every operation, over a real socket.

What is asked of each answer: never a 5xx, only statuses and content types the document names, and bodies of their
schema. Whether valid data is accepted cannot be asked here: a generated currency or id is well-formed and unknown.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest
import uvicorn

from tests.clocks import ManualClock
from tests.journeys.street import build, furnish

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 10


@pytest.mark.services
async def test_generated_requests_get_documented_answers(sqlite_url: str, tmp_path: Path) -> None:
    street = await build(sqlite_url, ManualClock())
    await furnish(street)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio: no delay for TCP only
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(street.shell, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        code, output = await generate(listener.getsockname()[1], street.ada.key or "", tmp_path)
    finally:
        server.should_exit = True
        await serving
        await street.platform.close()
    assert code == 0, output[-20_000:]


async def generate(port: int, key: str, folder: Path) -> tuple[int, str]:
    """Run Schemathesis in a process of its own; exit code and what it said."""
    program = Path(sys.executable).with_name("st")
    running = await asyncio.create_subprocess_exec(
        str(program),
        "run",
        f"http://127.0.0.1:{port}/v1/openapi.json",
        *("--header", f"Authorization: Bearer {key}"),
        *("--checks", CHECKS),
        *("--max-examples", str(EXAMPLES)),
        *("--phases", "coverage,fuzzing"),
        *("--seed", "1", "--no-color"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await running.communicate()
    return running.returncode or 0, output.decode()
