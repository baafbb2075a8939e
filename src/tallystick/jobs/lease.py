"""Keep hold of a row while long work on it goes on, by saying "still at it" well before the lease ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tallystick.base import Clock, log

T = TypeVar("T")
_log = log.get("jobs")


async def hold(
    work: Coroutine[Any, Any, T], renew: Callable[[], Awaitable[bool]], clock: Clock | None, *, every_seconds: float
) -> T:
    """Do `work`; meanwhile call `renew` every so often until it answers False. Without a clock nothing is renewed."""
    if clock is None:
        return await work
    keeping = asyncio.create_task(_keep(renew, clock, every_seconds))
    try:
        return await work
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(renew: Callable[[], Awaitable[bool]], clock: Clock, every_seconds: float) -> None:
    try:
        while True:
            await clock.sleep(every_seconds)
            if not await renew():
                _log.warning("lease_lost")
                return
    except Exception as fault:
        # The lease then ends by itself and the work may run twice, which handlers are made for.
        _log.warning("lease_not_renewed", error=f"{type(fault).__name__}: {fault}")
