"""Reconciliation runs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from tallystick.dashboard.desk import Desk


async def index(desk: Desk, _: Mapping[str, str]) -> Response:
    """The latest runs."""
    return await desk.page("runs.html", runs=await desk.doors.reconciliation.runs(desk.scope))


async def one(desk: Desk, _: Mapping[str, str]) -> Response:
    """One run with its proof."""
    page = await desk.doors.reconciliation.run(desk.scope, desk.request.path_params["id"])
    if page is None:
        return await desk.missing("Run")
    return await desk.page("run.html", page=page, row=page.row)
