"""A command that has to end well before the service is up."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from talkhub.embedded.failure import CannotStart
from talkhub.embedded.forked import CAN_FORK, Forked

_SHOWN_BYTES = 3000


class Errand:
    """A running `python -m …` of ours. Left early, it is ended.

    `program` does what the command does, in a copy of this process where that can be.
    """

    def __init__(
        self,
        purpose: str,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        *,
        program: Callable[[], object] | None = None,
    ) -> None:
        self._purpose = purpose
        # A file, not a pipe: nobody reads while it runs.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 -- closed in __exit__
        self._process: subprocess.Popen[bytes] | Forked
        if CAN_FORK and program is not None:
            output = self._output.fileno()
            self._process = Forked("talkhub-errand", program, environment, output=output)
            return
        self._process = subprocess.Popen(  # noqa: S603 -- our own command, no shell
            [sys.executable, "-m", *arguments],
            env=environment,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()

    def is_done(self) -> bool:
        """Tell whether it ended well; raise CannotStart with what it said if it did not."""
        if self._process.poll() is None:
            return False
        if self._process.returncode != 0:
            self._output.seek(0)
            said = self._output.read().decode(errors="replace")[-_SHOWN_BYTES:]
            raise CannotStart(f"{self._purpose} failed:\n{said}")
        return True

    def wait(self) -> None:
        """Wait until it ends; raise likewise."""
        self._process.wait()
        self.is_done()
