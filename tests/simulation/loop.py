"""An event loop with its own time and a seeded order of everything that is ready; it can stop dead at any step.

Time stands still while anything can run and jumps to the next timer when nothing can. Ready callbacks run in an order
that the seed decides, so each seed is another interleaving, and the same seed is the same run to the letter. A crash
is an exception out of the loop: whatever was in flight is simply gone, as when a process is killed.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tallystick.base import MICROSECONDS_PER_SECOND, Instant


class Crash(SystemExit):
    """The process died here; as SystemExit it leaves the loop at once instead of ending one task."""


class Stuck(Exception):
    """Nothing can run and no timer is set: somebody waits for ever."""


class _Time:
    """Stands where a selector would: waiting moves the clock."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Stuck("nothing can run and no timer is set")
        self._loop.elapsed += max(timeout, 0)
        return []

    def close(self) -> None:
        """Nothing to close."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """See the module. `steps` counts turns of the loop; `crash_at` is the turn at which the process dies."""

    def __init__(self, rng: random.Random, *, elapsed: float = 0.0) -> None:
        super().__init__()
        self._selector = _Time(self)
        self._rng = rng
        self.elapsed = elapsed
        self.steps = 0
        self.crash_at: int | None = None
        self.dead = False

    def time(self) -> float:
        return self.elapsed

    def _queue(self) -> deque[Any]:
        """The loop's own queue of what is ready: reordering it is the point."""
        ready: deque[Any] = vars(self)["_ready"]
        return ready

    def _process_events(self, event_list: list[Any]) -> None:
        """There are no events but timers."""

    def _write_to_self(self) -> None:
        """There is one thread."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        """No threads: the work is done at once."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _run_once(self) -> None:
        self.steps += 1
        if self.crash_at is not None and self.steps >= self.crash_at:
            raise Crash
        ready = self._queue()
        if len(ready) > 1:
            callbacks = list(ready)
            self._rng.shuffle(callbacks)
            ready.clear()
            ready.extend(callbacks)
        super()._run_once()  # type: ignore[misc]  # private to asyncio, and what this class exists to wrap

    def abandon(self) -> None:
        """Forget everything in flight; whatever still tries to go on from here speaks into the void."""
        self.dead = True
        for task in asyncio.all_tasks(self):
            dying: Any = task
            dying._log_destroy_pending = False  # it is meant to be destroyed
            with suppress(RuntimeError, SystemExit):  # what it would still wait for in a `finally`
                dying.get_coro().close()
        self._queue().clear()
        vars(self)["_scheduled"].clear()

    def call_soon(self, *args: Any, **options: Any) -> Any:
        """The dead schedule nothing."""
        handle = super().call_soon(*args, **options)
        if self.dead:
            self._queue().clear()
        return handle

    def _check_closed(self) -> None:
        """It is never closed, only abandoned."""

    def __del__(self) -> None:
        """Nothing to close."""

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nor do they complain."""
        if not self.dead:
            super().call_exception_handler(context)


class LoopClock:
    """The simulation's clock: the loop's time since `start`."""

    def __init__(self, start: Instant) -> None:
        self.start = start
        self.loop: SimulatedLoop | None = None

    def now(self) -> Instant:
        elapsed = self.loop.elapsed if self.loop is not None else 0.0
        return Instant(self.start + round(elapsed * MICROSECONDS_PER_SECOND))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
