"""Lists: newest first, a page at a time, with a cursor instead of a count (docs.stripe.com/api/pagination)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def page(url: str, rows: Sequence[Any], limit: int, *, backwards: bool = False) -> dict[str, Any]:
    """The list object for `rows`, of which up to `limit` + 1 were read so that `has_more` is known without counting.

    Rows are in the order they were read, nearest to the cursor first; for a page before the cursor (`backwards`)
    that is oldest first, and it is turned here.
    """
    shown = list(rows[:limit])
    if backwards:
        shown.reverse()
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": shown}
