"""A thread that works beside what a process serves."""

from __future__ import annotations

import threading
from collections.abc import Callable


class OwnThread:
    """Runs `work` once somebody starts it; `started` is the thread, None before that."""

    def __init__(self, work: Callable[[], None], *, name: str) -> None:
        self._work = work
        self._name = name
        self._lock = threading.Lock()
        self.started: threading.Thread | None = None

    def start(self) -> None:
        """Start it, unless it runs: a server that forks leaves its children without threads."""
        if self._runs():
            return
        with self._lock:
            if not self._runs():
                self.started = threading.Thread(target=self._work, name=self._name, daemon=True)
                self.started.start()

    def join(self) -> None:
        """Wait until it has ended, if it was ever started."""
        if self.started is not None:
            self.started.join()

    def _runs(self) -> bool:
        return self.started is not None and self.started.is_alive()
