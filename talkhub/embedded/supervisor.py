"""One parent for web, workers and scheduler: it starts, watches and stops them in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence

from talkhub.embedded.children import Child, ChildSpec
from talkhub.embedded.failure import CannotStart

STOP_SECONDS = 25.0
READY_SECONDS = 60.0
_TICK_SECONDS = 0.1


class Supervisor:
    """Runs children until SIGTERM or SIGINT; a second signal ends them at once.

    They are stopped one after another in the order given, so that whoever takes
    work in stops before whoever does it.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        environment: Mapping[str, str],
        *,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        self.children = [Child(spec, environment) for spec in specs]
        self._stop_seconds = stop_seconds
        self._signals = 0

    def run(
        self,
        *,
        is_ready: Callable[[], bool],
        on_ready: Callable[[], None],
        keep_alive: Callable[[], None],
    ) -> None:
        """Start the children, say when they are ready, and watch them until a signal comes.

        `keep_alive` is called about every second for what the children rest on.
        Raises CannotStart if a child ends before all are ready.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._count_signal)
        try:
            self._start(is_ready)
            if not self._signals:
                on_ready()
            self._watch(keep_alive)
        finally:
            self._stop()

    def _start(self, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not self._signals:
            for child in self.children:
                child.tend()
                if child.exits:
                    raise CannotStart(f"{child.spec.name} ended while starting; see above.")
            if is_ready():
                return
            if time.monotonic() > deadline:
                raise CannotStart(f"The service is not ready after {READY_SECONDS:.0f} s.")
            time.sleep(_TICK_SECONDS)

    def _watch(self, keep_alive: Callable[[], None]) -> None:
        alive_at = time.monotonic()
        while not self._signals:
            time.sleep(_TICK_SECONDS)
            for child in self.children:
                child.tend()
            if time.monotonic() - alive_at > 1:
                keep_alive()
                alive_at = time.monotonic()

    def _stop(self) -> None:
        # Each has its share of the time, so that one that hangs takes nothing from the next.
        share = self._stop_seconds / len(self.children)
        deadline = time.monotonic()
        for child in self.children:
            deadline += share
            child.ask_to_stop()
            while not child.has_ended() and self._signals < 2 and time.monotonic() < deadline:
                time.sleep(_TICK_SECONDS / 5)
        for child in self.children:
            child.kill()

    def _count_signal(self, *_: object) -> None:
        self._signals += 1
