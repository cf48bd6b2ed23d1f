"""A whole service with a home of its own, whose processes may be killed one by one."""

from __future__ import annotations

import ctypes
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import psutil
import psycopg2
import redis

from benchmarks.failure import CannotMeasure
from talkhub.embedded.layout import lay_out
from talkhub.embedded.services import EmbeddedServers, running
from talkhub.orphans import end_with_parent

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 40
_PR_SET_CHILD_SUBREAPER = 36


class Kind(StrEnum):
    """A kind of process."""

    WEB = "web process"
    WEB_PARENT = "web parent"
    WORKER = "worker"
    WORKER_PARENT = "worker parent"
    SCHEDULER = "scheduler"
    VALKEY = "Valkey"
    BACKEND = "PostgreSQL backend"
    POSTMASTER = "PostgreSQL"
    KEEPER = "keeper of both"


Census = dict[Kind, list[psutil.Process]]


@dataclass(frozen=True, slots=True)
class Program:
    """A service: how it is started, and by which words a parent's children are told apart.

    The parent None is the process that was started. Of web processes and workers there are
    `processes` each.
    """

    command: tuple[str, ...]
    children: Mapping[Kind | None, Mapping[str, Kind]]
    processes: int = 2
    has_encoder: bool = True


SERVERS: Mapping[Kind | None, Mapping[str, Kind]] = {
    Kind.KEEPER: {"valkey-server": Kind.VALKEY, "postgres -D": Kind.POSTMASTER},
    Kind.POSTMASTER: {"postgres: talkhub": Kind.BACKEND},
}

TALKHUB = Program(
    command=("-m", "talkhub.embedded", "up"),
    children={
        None: {
            "talkhub.embedded keep": Kind.KEEPER,
            "talkhub-web": Kind.WEB_PARENT,
            "talkhub-workers": Kind.WORKER_PARENT,
            "talkhub-schedul": Kind.SCHEDULER,
        },
        Kind.WEB_PARENT: {"talkhub-web": Kind.WEB},
        Kind.WORKER_PARENT: {"talkhub-workers": Kind.WORKER},
        **SERVERS,
    },
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the service is given to know its callers by."""

    admin: str
    webhook: str
    whatsapp: str


def made_up_secrets() -> Secrets:
    """Return secrets that nobody else has."""
    return Secrets(*(secrets.token_urlsafe(18) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service is entered, and where what it stored is looked at."""

    port: int
    secrets: Secrets
    dsn: str


class Stack:
    """A running service. Made by `running_stack` only, which leaves nothing of it behind."""

    def __init__(self, program: Program, home: Path) -> None:
        self.program = program
        self.port = _free_port()
        self.secrets = made_up_secrets()
        self._home = home
        # Nothing of ours is inherited: an operator's DATABASE_URL must not be met.
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "TALKHUB_HOME": str(home),
            "TALKHUB_LINGER": "0",
            "PORT": str(self.port),
            "ADMIN_SECRET": self.secrets.admin,
            "WEBHOOK_SECRET": self.secrets.webhook,
            "WHATSAPP_APP_SECRET": self.secrets.whatsapp,
            "WEB_PROCESSES": str(program.processes),
            "WORKER_PROCESSES": str(program.processes),
            "SENTENCE_ENCODER": str(program.has_encoder),
            "RATE_LIMIT_MAX": "1000000",
            "RATE_LIMIT_PRINCIPAL": "1000000",
            "LOG_LEVEL": "WARNING",
        }
        with (home.parent / "service.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *program.command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C is for us; we stop the service in order.
                start_new_session=True,
                # Safe here: no client's thread has started yet, or all have ended.
                preexec_fn=partial(end_with_parent, signal.SIGTERM, os.getpid()),  # noqa: PLW1509
            )

    def wait_until_ready(self) -> None:
        """Return when the service is whole; raise CannotMeasure if it does not become so."""
        deadline = time.monotonic() + START_SECONDS
        while not self.is_whole():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasure(f"The service does not start:\n{self.log()[-3000:]}")
            time.sleep(0.1)

    def log(self) -> str:
        """Return what the service's processes wrote."""
        return (self._home.parent / "service.log").read_text(errors="replace")

    @property
    def servers(self) -> EmbeddedServers:
        """Where PostgreSQL and Valkey are; they keep their ports when they are started again."""
        found = running(lay_out(self._home, None))
        if found is None:
            raise CannotMeasure("The embedded servers are not running.")
        return found

    @property
    def door(self) -> Door:
        """How load and comparison reach it."""
        return Door(self.port, self.secrets, dsn(self.servers))

    def census(self) -> Census:
        """Return the living processes by their kind, all of them started by this stack."""
        found: Census = defaultdict(list)
        kinds: dict[int, Kind | None] = {self._process.pid: None}
        with suppress(psutil.NoSuchProcess):
            # Parents come before their children.
            for process in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    parent = process.ppid()
                    marks = self.program.children.get(kinds.get(parent), {})
                    # Its line is empty once it is dead, and its parent's where it was forked.
                    line = f"{process.name()} {' '.join(process.cmdline())}"
                    kind = next((marks[mark] for mark in marks if mark in line), None)
                    if kind is not None and parent in kinds:
                        kinds[process.pid] = kind
                        found[kind].append(process)
        return found

    def has(self, kind: Kind) -> bool:
        """Tell whether this service has processes of the kind at all."""
        return any(kind in marks.values() for marks in self.program.children.values())

    def is_whole(self) -> bool:
        """Tell whether every process is there and everything answers."""
        census = self.census()
        is_complete = all(
            len(census[kind]) >= (self.program.processes if kind in {Kind.WEB, Kind.WORKER} else 1)
            for kind in Kind
            if self.has(kind) and kind is not Kind.BACKEND
        )
        return is_complete and self.is_answering() and self._are_servers_answering()

    def is_answering(self) -> bool:
        """Tell whether the web server calls itself ready."""
        return is_ready(self.port)

    def _are_servers_answering(self) -> bool:
        # Asked directly: the service remembers its own answer for a second.
        with suppress(psycopg2.OperationalError, redis.RedisError, CannotMeasure):
            servers = self.servers
            with closing(psycopg2.connect(dsn(servers), connect_timeout=2)):
                pass
            with closing(redis.Redis.from_url(servers.redis_url, socket_timeout=2)) as client:
                return bool(client.ping())
        return False

    def stop(self) -> None:
        """Ask it to stop, and wait for it."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)


@contextmanager
def running_stack(program: Program) -> Iterator[Stack]:
    """Start a service, yield it when it answers, and remove every trace of it."""
    _adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="talkhub-soak-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as another account, which must pass through
    stack: Stack | None = None
    try:
        stack = Stack(program, folder / "home")
        stack.wait_until_ready()
        yield stack
    finally:
        with _undisturbed():
            if stack is not None:
                stack.stop()
            _end_all_below_us()
            shutil.rmtree(folder, ignore_errors=True)


def is_ready(port: int) -> bool:
    """Tell whether a web server calls itself ready."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def dsn(servers: EmbeddedServers) -> str:
    """Return the database's address as libpq reads it."""
    return servers.database_url.replace("+psycopg2", "", 1)


def _adopt_orphans() -> None:
    """Become the parent of what our killed processes leave behind, so that we find it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_all_below_us() -> None:
    left = psutil.Process().children(recursive=True)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=10)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no further Ctrl-C interrupt the cleaning up."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
