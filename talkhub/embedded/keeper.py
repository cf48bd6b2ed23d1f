"""The keeper: the detached process that owns the embedded servers.

Every client holds a shared lock for as long as it lives. When nobody holds it
any more, the keeper stops the servers and goes. Neither a client nor the keeper
has to end in an orderly way for that.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import subprocess
import time
from pathlib import Path

from talkhub.embedded.binaries import (
    find_postgres,
    find_valkey,
    postgres_within_reach,
    valkey_within_reach,
)
from talkhub.embedded.credentials import Credentials
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import Layout, lay_out
from talkhub.embedded.locks import locked, open_lock, try_lock
from talkhub.embedded.private_files import write_private
from talkhub.embedded.servers import PostgresServer, Server, ValkeyServer, start, stop, stop_strays
from talkhub.settings.groups import EmbeddedSettings

_TICK_SECONDS = 0.25
_log = logging.getLogger(__name__)


def keep(home: Path, needs: frozenset[str], *, test: bool) -> int:
    """Start the servers, keep them while somebody needs them, and return the exit code."""
    settings = EmbeddedSettings()
    layout = lay_out(home, settings.pg_user)
    os.chdir("/")  # so that no folder of the operator's is held
    with locked(layout.lock("keeper")):
        layout.state.unlink(missing_ok=True)
        layout.failure.unlink(missing_ok=True)
        keeper = Keeper(layout, linger_seconds=settings.linger)
        try:
            keeper.start(needs, settings.pg_bin, test=test)
            keeper.watch()
        except CannotStart as error:
            write_private(layout.failure, str(error))
            return 1
        finally:
            layout.state.unlink(missing_ok=True)
            keeper.stop()
    return 0


class Keeper:
    """The servers of one layout and their processes."""

    def __init__(self, layout: Layout, *, linger_seconds: float) -> None:
        self._layout = layout
        self._linger_seconds = linger_seconds
        self._running: dict[Server, subprocess.Popen[bytes]] = {}
        self._asked_to_stop = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)

    def start(self, needs: frozenset[str], pg_bin: Path | None, *, test: bool) -> None:
        """Start the servers and tell the clients where they are."""
        layout = self._layout
        stop_strays(layout)
        self._credentials = credentials = Credentials.kept_in(layout.credentials)
        if "postgres" in needs:
            programs = postgres_within_reach(find_postgres(pg_bin), layout)
            postgres = PostgresServer(programs, layout, credentials, test)
            postgres.initialise()
            self._start(postgres)
        if "valkey" in needs:
            program = valkey_within_reach(find_valkey(), layout)
            self._start(ValkeyServer(program, layout, credentials, test))
        self._publish()

    def _start(self, server: Server) -> None:
        self._running[server] = start(server, self._layout.log(server.name))

    def _publish(self) -> None:
        pids = {server.name: process.pid for server, process in self._running.items()}
        write_private(
            self._layout.state,
            json.dumps(
                {
                    "database_url": self._credentials.database_url,
                    "redis_url": self._credentials.redis_url,
                    "pids": {"keeper": os.getpid(), **pids},
                }
            ),
        )

    def watch(self) -> None:
        """Return when nobody has needed the servers for a while, or on a signal."""
        clients = open_lock(self._layout.lock("clients"))
        starting = open_lock(self._layout.lock("start"))
        idle_since = time.monotonic()
        while not self._asked_to_stop:
            time.sleep(_TICK_SECONDS)
            self._revive()
            if not try_lock(clients):
                idle_since = time.monotonic()
                continue
            # Whoever is just starting holds the start lock and will be a client in a moment.
            # The lock is kept until the process ends, so that the next keeper comes after us.
            if time.monotonic() - idle_since >= self._linger_seconds and try_lock(starting):
                return
            fcntl.flock(clients, fcntl.LOCK_UN)

    def _revive(self) -> None:
        for server, process in list(self._running.items()):
            if process.poll() is not None:
                _log.warning("%s ended with %s, starting it again", server.name, process.returncode)
                self._start(server)
                self._publish()

    def stop(self) -> None:
        """Stop the servers, the one with the clients' data last."""
        for server, process in reversed(self._running.items()):
            stop(server, process)

    def _ask_to_stop(self, *_: object) -> None:
        self._asked_to_stop = True
