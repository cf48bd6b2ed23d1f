"""Servers under test: started, waited for, and ended with all they started."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.failure import CannotMeasure
from talkhub.embedded.children import end_session
from talkhub.orphans import end_with_parent

PROCESSES = 2
THREADS = 16
PYTHON = sys.executable

_ROOT = Path(__file__).parents[1]
_READY_SECONDS = 90
_STOP_SECONDS = 15


def free_port() -> int:
    """Return a port on which nothing listens right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    command: Sequence[str | Path], environment: Mapping[str, str], *, port: int, log: Path
) -> Iterator[int]:
    """Run a server until the block ends; yield its process id once it answers on `port`."""
    with running(command, environment, log=log) as process:
        deadline = time.monotonic() + _READY_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure(f"{command[-1]} does not answer: {log.read_text()[-800:]}")
            time.sleep(0.05)
        yield process.pid


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str], *, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a session of its own; it ends with the block, and if we are killed."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            # Safe here: this process has one thread.
            preexec_fn=partial(end_with_parent, signal.SIGTERM, os.getpid()),  # noqa: PLW1509
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            end_session(process.pid)
            process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    else:
        return True  # a 404 is an answer too
    finally:
        connection.close()
