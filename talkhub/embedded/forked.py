"""Processes that begin as a copy of this one, and need not read the code again.

Reading the application costs seconds of processor time: whoever starts several processes, or one
again, reads it once and forks. Only Linux can: Apple's libraries do not survive a fork.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

from talkhub.embedded.locks import leave_locks_to_parent
from talkhub.orphans import call_process, end_with_parent
from talkhub.settings import environment_of_others, take_over_environment

CAN_FORK = sys.platform.startswith("linux")

_MODULES = ("talkhub.app", "talkhub.cli", "talkhub.embedded.web", "talkhub.jobs.worker")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def read_code(environment: Mapping[str, str]) -> None:
    """Import what our processes run, in the environment in which they will. It starts no thread."""
    if not CAN_FORK:
        return
    # Prometheus' client decides by it, while it is imported, whether metrics are shared.
    with environment_of_others(environment):
        for module in _MODULES:
            import_module(module)


class Forked:
    """A forked process, with the part of `subprocess.Popen` that its parent needs.

    The parent must have one thread. `output` is a descriptor for all that it writes; None is ours.
    """

    def __init__(
        self,
        name: str,
        program: Callable[[], object],
        environment: Mapping[str, str],
        *,
        output: int | None = None,
    ) -> None:
        become = partial(_become, name, environment, os.getpid(), output)
        self._process = multiprocessing.get_context("fork").Process(
            target=_run, args=(become, program)
        )
        # What arrives in between waits until the child has put off its parent's handlers.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """How it ended, a signal as its negative number; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return how it ended, without waiting for it."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Return how it ended, as soon as it does."""
        self._process.join()
        return self._process.exitcode

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()


def _run(become: Callable[[], None], program: Callable[[], object]) -> None:
    become()
    sys.exit(program())  # type: ignore[arg-type]


def _become(name: str, environment: Mapping[str, str], parent: int, output: int | None) -> None:
    """Become a process of its own, as if the command had been started."""
    os.setsid()  # the terminal's Ctrl-C reaches only the parent, which stops us in order
    if output is not None:
        os.dup2(output, 1)
        os.dup2(output, 2)
    leave_locks_to_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    end_with_parent(signal.SIGTERM, parent)
    call_process(name)
    take_over_environment(environment)
    os.chdir(Path(__file__).parents[2])
