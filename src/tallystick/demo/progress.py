"""What is shown while the demo runs: a line per step, a bar where it takes long; plain lines where nobody watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Show:
    """Goes to standard error, so that results can be piped."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def headline(self, text: str) -> None:
        """A part begins."""
        self._console.print(f"[bold]{text}[/bold]")

    def step(self, text: str) -> None:
        """A step begins."""
        self._console.print(f"  [dim]·[/dim] {text}")

    @contextmanager
    def bar(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Something of `total` parts; call what is given for each part done."""
        if not self._console.is_terminal:
            yield lambda: None
            return
        columns = (
            TextColumn("    {task.description}"),
            BarColumn(bar_width=48),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)
