"""How far a measurement is, on stderr: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress(Protocol):
    """Where a measurement says what it does next."""

    def expect(self, steps: int) -> None:
        """Say how many further steps there will be."""

    def step(self, what: str) -> None:
        """Say which step begins."""


class Silence:
    """No progress: what `--json` asks for."""

    def expect(self, steps: int) -> None:
        """Do nothing."""

    def step(self, what: str) -> None:
        """Do nothing."""


class Lines:
    """One line a step, with the time left as the steps so far took it."""

    def __init__(self) -> None:
        self._total = self._done = 0
        self._began = time.monotonic()

    def expect(self, steps: int) -> None:
        """Add to the steps that will be."""
        self._total += steps

    def step(self, what: str) -> None:
        """Write the step's line."""
        left = ""
        if self._done:
            pace = (time.monotonic() - self._began) / self._done
            left = f", about {pace * (self._total - self._done):.0f} s left"
        self._done += 1
        sys.stderr.write(f"bench: {self._done} of {self._total}, {what}{left}\n")


class _OnTerminal:
    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=0)
        self._total = self._begun = 0

    def expect(self, steps: int) -> None:
        self._total += steps
        self._bar.update(self._task, total=self._total)

    def step(self, what: str) -> None:
        self._bar.update(self._task, completed=self._begun, description=what)
        self._bar.refresh()
        self._begun += 1


@contextmanager
def show_progress(*, silent: bool) -> Iterator[Progress]:
    """Yield where steps are told, fitting what stderr is."""
    if silent:
        yield Silence()
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        # Refreshed by hand: a thread of its own must not be there when we fork.
        console = Console(stderr=True)
        with Bar(*columns, console=console, auto_refresh=False, transient=True) as bar:
            yield _OnTerminal(bar)
