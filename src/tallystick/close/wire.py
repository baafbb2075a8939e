"""Closed days and checks as they leave the building."""

from __future__ import annotations

from typing import Any

from tallystick.base import epoch_seconds
from tallystick.close.model import Closed, Preview
from tallystick.close.proof import decoded, text


def close(closed: Closed, *, paper: bool = False) -> dict[str, Any]:
    """A `close` with its proof; `paper` adds the text for printing."""
    return {
        "id": closed.id,
        "object": "close",
        "closed_by": closed.closed_by,
        "created": epoch_seconds(closed.created),
        "day": closed.day.isoformat(),
        "digest": closed.digest,
        "livemode": closed.livemode,
        "previous_digest": closed.previous_digest or None,
        "proof": decoded(closed),
        "text": text(closed) if paper else None,
    }


def preview(seen: Preview) -> dict[str, Any]:
    """A `close_preview`: every check, and everything in the way."""
    return {
        "object": "close_preview",
        "checks": [
            {
                "name": check.name,
                "title": check.title,
                "passed": check.passed,
                "detail": check.detail,
                "findings": [
                    {"about": one.about or None, "code": one.code, "message": one.message} for one in check.findings
                ],
            }
            for check in seen.checks
        ],
        "day": seen.day.isoformat(),
        "livemode": seen.livemode,
        "ready": seen.ready,
    }
