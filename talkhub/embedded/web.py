"""The web server: granian serving `wsgi:app` with a few processes of many threads.

`python -m talkhub.embedded web`; `gunicorn wsgi:app` serves the same application.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import MPServer

from talkhub.blueprints import leaving
from talkhub.blueprints.bodies import WAITING_THREADS
from talkhub.blueprints.streams import closing
from talkhub.orphans import end_with_parent
from talkhub.settings import Settings
from talkhub.store.connections import look_for_room, most_connections
from talkhub.store.uow import WEB_POOL_SIZE

_STOP_SECONDS = 7
"""Less than the supervisor gives us, so that we end our processes ourselves."""

_BACKLOG = 2048
"""The connections that the kernel keeps until a process accepts them."""

_CONNECTIONS = 4096
"""The connections of one process. Idle keep-alive ones count, so that few would lock others
out; without a number it would be the backlog divided by the processes."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests that are being answered are finished."""
    # Imported before granian forks: its processes start sooner and share the memory.
    # The application itself is made in each of them.
    import_module("talkhub.app")
    needed = most_connections(settings.web_processes, WEB_POOL_SIZE)
    look_for_room(settings.database_url or "", part="web", needed=needed)
    _LeavingServer(
        "wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=settings.web_processes,
        blocking_threads=settings.web_threads + WAITING_THREADS,
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        log_level=LogLevels.error,  # requests are logged by the application
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        drain_seconds=settings.drain_seconds,
    ).serve(target_loader=_load)


class _LeavingServer(MPServer):
    """Granian, which stops only once balancers had time to lead requests elsewhere."""

    def __init__(self, *arguments: Any, drain_seconds: int, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._drain_seconds = drain_seconds

    def shutdown(self, exit_code: int = 0) -> None:
        """Serve a while longer and say at `/readyz` that it ends; a second signal cuts it short.

        What has just connected would otherwise be reset: the kernel's queue ends with the socket.
        """
        leaving.announce()
        self.main_loop_interrupt.clear()
        self.main_loop_interrupt.wait(self._drain_seconds)
        super().shutdown(exit_code)  # type: ignore[no-untyped-call]


def _load(target: str) -> Callable[..., Any]:
    """Load the application in a worker process, which must not outlive its parent."""
    end_with_parent(signal.SIGTERM, os.getppid())
    _end_streams_with_the_process()
    sys.path.insert(0, str(Path(__file__).parents[2]))
    module, name = target.split(":")
    application: Callable[..., Any] = getattr(import_module(module), name)
    return application


def _end_streams_with_the_process() -> None:
    """Have streams end as soon as this process is asked to: it waits for them until it is killed.

    Granian puts its own handlers in place after this. Whoever handles a signal, its number
    is written to the wakeup descriptor.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)

    def wait() -> None:
        while os.read(reader, 1)[0] not in {signal.SIGTERM, signal.SIGINT}:
            pass
        closing.set()

    threading.Thread(target=wait, name="closing", daemon=True).start()
