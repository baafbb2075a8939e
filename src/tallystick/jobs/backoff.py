"""How long to wait before the next try: doubling, capped, spread by a jitter that depends on nothing but the id.

The jitter keeps a thousand things that failed together from coming back together (Brooker, "Exponential Backoff And
Jitter", AWS Architecture Blog, 2015). It is drawn from a hash of id and try, so that a replay waits equally long.
"""

from __future__ import annotations

import hashlib

from tallystick.base import MICROSECONDS_PER_SECOND

_DRAW_BITS = 32


def pause_us(name: str, attempt: int, *, first_seconds: int, most_seconds: int) -> int:
    """Microseconds to wait after try number `attempt` (from 1): between half and all of `first * 2^(attempt-1)`."""
    if attempt < 1:
        raise ValueError(f"tries are counted from 1, not {attempt}")
    doublings = min(attempt - 1, 40)
    whole = min(first_seconds << doublings, most_seconds) * MICROSECONDS_PER_SECOND
    half = whole // 2
    return half + spread(name, attempt, whole - half)


def spread(name: str, attempt: int, width: int) -> int:
    """A number from 0 to below `width` (0 for no width), the same for the same name and try."""
    digest = hashlib.sha256(f"{name}/{attempt}".encode()).digest()
    return int.from_bytes(digest[: _DRAW_BITS // 8], "big") * width >> _DRAW_BITS
