"""How far a command is, on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Tell = Callable[[int], None]
"""Say how many steps are done."""

_LINE_SECONDS = 2.0


@contextmanager
def show_progress(what: str, total: int, *, quiet: bool = False) -> Iterator[Tell]:
    """Yield where to tell how many of `total` steps are done; `quiet` shows nothing."""
    if quiet:
        yield lambda _done: None
    elif not sys.stderr.isatty():
        yield _Lines(what, total).tell
    else:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done: bar.update(task, completed=done)


class _Lines:
    """A line every two seconds and one at the end, for logs and pipes."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._began_at = self._told_at = time.monotonic()
        self._told = 0

    def tell(self, done: int) -> None:
        now = time.monotonic()
        is_soon = now - self._told_at < _LINE_SECONDS and done < self._total
        if is_soon or done == self._told:
            return
        self._told_at, self._told = now, done
        left = ""
        if 0 < done < self._total:
            left = f", about {(now - self._began_at) * (self._total - done) / done:.0f} s left"
        sys.stderr.write(f"talkhub: {self._what}, {done} of {self._total}{left}\n")
