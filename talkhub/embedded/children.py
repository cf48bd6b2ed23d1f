"""A child process of the supervisor: started, restarted with patience, ended with all its own."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from talkhub.embedded.forked import CAN_FORK, Forked
from talkhub.orphans import end_with_parent

_log = logging.getLogger(__name__)

SOUND_SECONDS = 5.0
"""A child that lived this long did not fail at starting, which takes a tenth of that where it is
forked (docs/decisions/0045); so it is started again at once, however often it is killed."""
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0


@dataclass(frozen=True)
class ChildSpec:
    """What to run, under the name that people read.

    `program` does what the command does, in a copy of this process where that can be.
    """

    name: str
    command: tuple[str, ...]
    program: Callable[[], object] | None = None


class Child:
    """One supervised process, and the processes that it started."""

    def __init__(self, spec: ChildSpec, environment: Mapping[str, str]) -> None:
        self.spec = spec
        self.exits = 0
        self._environment = environment
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        self._delay = _FIRST_DELAY_SECONDS

    @property
    def pid(self) -> int | None:
        """The process id; None while nothing runs."""
        return self._process.pid if self._process else None

    def tend(self) -> None:
        """Start the process if it is due; plan its restart if it ended."""
        now = time.monotonic()
        if self._process is None and now >= self._due_at:
            self._start(now)
        elif (returncode := self._reap()) is not None:
            self.exits += 1
            if now - self._started_at > SOUND_SECONDS:
                self._delay = 0.0
            _log.warning(
                "%s %s, starting it again in %.1f s",
                self.spec.name,
                _how_it_ended(returncode),
                self._delay,
            )
            self._due_at = now + self._delay
            self._delay = min(_LONGEST_DELAY_SECONDS, max(_FIRST_DELAY_SECONDS, self._delay * 2))

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing."""
        if self._process is not None:
            self._process.terminate()

    def has_ended(self) -> bool:
        """Tell whether nothing runs."""
        self._reap()
        return self._process is None

    def kill(self) -> None:
        """End it and all it started at once."""
        if self._process is not None:
            end_session(self._process.pid)
            self._process.wait()
            self._process = None

    def _reap(self) -> int | None:
        """Return the exit code of a process that just ended; what it left behind ends too."""
        if self._process is None or self._process.poll() is None:
            return None
        returncode = self._process.returncode
        end_session(self._process.pid)
        self._process = None
        return returncode

    def _start(self, now: float) -> None:
        self._started_at = now
        if CAN_FORK and self.spec.program is not None:
            name = f"talkhub-{self.spec.name}"
            self._process = Forked(name, self.spec.program, self._environment)
            return
        self._process = subprocess.Popen(  # noqa: S603 -- our own command, no shell
            self.spec.command,
            env=self._environment,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            # The terminal's Ctrl-C reaches only the supervisor, which stops us in order.
            start_new_session=True,
            # Safe here: the supervisor has one thread.
            preexec_fn=partial(end_with_parent, signal.SIGTERM, os.getpid()),  # noqa: PLW1509
        )


def end_session(session: int) -> None:
    """SIGKILL every process of a session; it may be that none is left.

    Where there is no /proc only the first process group can be found.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(int(entry.name)) == session:
                os.kill(int(entry.name), signal.SIGKILL)


def _how_it_ended(returncode: int) -> str:
    if returncode < 0:
        return f"was ended by {signal.Signals(-returncode).name}"
    return f"ended with exit code {returncode}"
