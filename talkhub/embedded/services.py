"""Real PostgreSQL and Valkey for a machine that has neither, shared by all our processes."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import Layout, lay_out
from talkhub.embedded.locks import is_locked, locked, open_lock
from talkhub.settings.groups import EmbeddedSettings

_START_SECONDS = 90
_POLL_SECONDS = 0.02

BOTH = frozenset({"postgres", "valkey"})

_held: dict[Path, int] = {}
"""Our shared locks, one per servers' folder; the kernel drops them when we end."""


@dataclass(frozen=True)
class EmbeddedServers:
    """Where the embedded servers are, and their processes' ids by name."""

    database_url: str
    redis_url: str
    pids: dict[str, int]


def ensure(home: Path, *, test: bool = False, needs: frozenset[str] = BOTH) -> EmbeddedServers:
    """Return the servers of a home folder, starting them if they do not run.

    They run until this process and all others that asked for them have ended.
    Safe from many processes and threads at once. `test` trades durability for
    speed and is for data that may be lost. Raises CannotStart.
    """
    layout = lay_out(home, EmbeddedSettings().pg_user)
    with locked(layout.lock("start")):
        options = ["--test"] * test + sorted(needs)
        servers = running(layout) or _start_keeper(layout, home.absolute(), options)
        if missing := needs - servers.pids.keys():
            raise CannotStart(
                f"The embedded servers of {home} already run without {min(missing)}, for a "
                "process with other settings; stop that one first."
            )
        if layout.root not in _held:
            _held[layout.root] = open_lock(layout.lock("clients"))
            fcntl.flock(_held[layout.root], fcntl.LOCK_SH)
        return servers


def running(layout: Layout) -> EmbeddedServers | None:
    """Return the servers if a keeper keeps them ready."""
    try:
        state = json.loads(layout.state.read_text())
    except FileNotFoundError:
        return None
    # A keeper that was SIGKILLed leaves its note behind, but not its lock.
    return EmbeddedServers(**state) if is_locked(layout.lock("keeper")) else None


def _start_keeper(layout: Layout, home: Path, options: list[str]) -> EmbeddedServers:
    log = layout.log("keeper")
    layout.failure.unlink(missing_ok=True)
    with log.open("wb") as output:
        keeper = subprocess.Popen(  # noqa: S603 -- our own command, no shell
            [sys.executable, "-m", "talkhub.embedded", "keep", home, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while (servers := running(layout)) is None:
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(_reason(layout))
        time.sleep(_POLL_SECONDS)
    keeper.returncode = 0  # it outlives us, which Python would complain of
    return servers


def _reason(layout: Layout) -> str:
    if layout.failure.exists():
        return layout.failure.read_text()
    log = layout.log("keeper")
    return f"The embedded servers did not start; {log} says:\n{log.read_text()[-1500:]}"
