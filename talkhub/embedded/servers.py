"""The two servers: how each is started, asked whether it is ready, and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NoReturn, Protocol

import psycopg2
import redis

from talkhub.embedded.binaries import PostgresPrograms
from talkhub.embedded.credentials import Credentials
from talkhub.embedded.failure import CannotStart
from talkhub.embedded.layout import Layout
from talkhub.embedded.private_files import write_private
from talkhub.embedded.processes import command_line, make_folder, run_to_end, spawn

_READY_SECONDS = 40
_RELAUNCH_SECONDS = 5
_STOP_SECONDS = 20
_POLL_SECONDS = 0.02


class Server(Protocol):
    """One of the two servers."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the process, whatever state the last one left behind."""

    def is_ready(self) -> bool:
        """Tell whether it answers our queries."""


@dataclass(frozen=True)
class PostgresServer:
    """PostgreSQL with one database, `talkhub`, over TCP on this machine only."""

    programs: PostgresPrograms
    layout: Layout
    credentials: Credentials
    test: bool

    name: ClassVar[str] = "postgres"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": ends sessions, keeps data

    def initialise(self) -> None:
        """Make the data folder if there is none; refuse one of another major version."""
        data = self.layout.postgres_data
        if not data.exists():
            self._initdb(data)
        made_by = (data / "PG_VERSION").read_text().strip()
        if made_by != str(self.programs.major):
            raise CannotStart(
                f"The data in {data} was made by PostgreSQL {made_by}, but this machine has "
                f"{self.programs.major}. Set TALKHUB_PG_BIN to the programs of {made_by}, "
                "or move the folder away to begin anew."
            )

    def _initdb(self, data: Path) -> None:
        # Made aside and renamed: an initdb that was cut short looks finished from outside.
        unfinished = data.with_suffix(".new")
        password = data.with_suffix(".password")
        shutil.rmtree(unfinished, ignore_errors=True)
        make_folder(unfinished, owner=self.layout.account)
        write_private(password, self.credentials.postgres_password, owner=self.layout.account)
        try:
            run_to_end(
                [
                    *(self.programs.folder / "initdb", "-D", unfinished, "-U", "talkhub"),
                    *("-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8"),
                    *self._locale_options(),
                    *(["--no-sync"] if self.test else []),
                ],
                account=self.layout.account,
            )
            unfinished.rename(data)
        finally:
            password.unlink()
            shutil.rmtree(unfinished, ignore_errors=True)

    def _locale_options(self) -> list[str]:
        # Sorting by code point is the same on every system; letters know their case in UTF-8.
        if self.programs.major >= 17:
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C", "--lc-ctype=C.UTF-8"]

    def launch(self) -> subprocess.Popen[bytes]:
        """Start PostgreSQL."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.credentials.postgres_port,
            "unix_socket_directories": "",  # their paths may be 107 bytes long, homes longer
            "max_connections": 100,
            "shared_buffers": "128MB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_checkpoints": "off",
        }
        if self.test:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            options["max_connections"] = 200  # several processes keep many applications open
        settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        return spawn(
            [self.programs.folder / "postgres", "-D", self.layout.postgres_data, *settings],
            log=self.layout.log(self.name),
            account=self.layout.account,
            death_signal=self.stop_signal,
        )

    def is_ready(self) -> bool:
        """Tell whether the database is there, making it if it is not."""
        try:
            connection = psycopg2.connect(self.credentials.maintenance_dsn, connect_timeout=5)
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    f"The password in {self.layout.credentials} does not fit the data in "
                    f"{self.layout.postgres_data}."
                ) from None
            return False
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = 'talkhub'")
            if cursor.fetchone() is None:
                cursor.execute("create database talkhub")
        connection.close()
        return True


@dataclass(frozen=True)
class ValkeyServer:
    """Valkey with its append-only file, over TCP on this machine only."""

    program: Path
    layout: Layout
    credentials: Credentials
    test: bool

    name: ClassVar[str] = "valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def launch(self) -> subprocess.Popen[bytes]:
        """Start Valkey."""
        data = self.layout.valkey_data
        make_folder(data, owner=self.layout.account)
        configuration = [
            "bind 127.0.0.1",
            f"port {self.credentials.valkey_port}",
            f"requirepass {self.credentials.valkey_password}",
            f'dir "{data}"',
            f'pidfile "{data / "valkey.pid"}"',
            "maxmemory-policy noeviction",  # a queued job must never be evicted
            'save ""',
            f"appendonly {'no' if self.test else 'yes'}",
            "appendfsync everysec",
        ]
        return spawn(
            [self.program, "-"],
            log=self.layout.log(self.name),
            account=self.layout.account,
            death_signal=self.stop_signal,
            # By stdin, so that the password stands in no file and no process list.
            stdin="\n".join(configuration).encode(),
        )

    def is_ready(self) -> bool:
        """Tell whether Valkey answers; it does not while it reads its file."""
        client = redis.Redis(
            port=self.credentials.valkey_port,
            password=self.credentials.valkey_password,
            socket_timeout=5,
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()


def start(server: Server, log: Path) -> subprocess.Popen[bytes]:
    """Start a server and return its process once it is ready.

    One that exits at once is started again for a while: after a SIGKILL,
    PostgreSQL's own children take a moment to leave the data.
    """
    began = time.monotonic()
    process = server.launch()
    try:
        while not server.is_ready():
            waited = time.monotonic() - began
            if process.poll() is not None and waited < _RELAUNCH_SECONDS:
                time.sleep(0.2)
                process = server.launch()
            elif process.poll() is not None or waited > _READY_SECONDS:
                _give_up(server, log)
            time.sleep(_POLL_SECONDS)
    except BaseException:
        stop(server, process)
        raise
    return process


def _give_up(server: Server, log: Path) -> NoReturn:
    tail = log.read_text(errors="replace")[-1500:]
    raise CannotStart(f"The embedded {server.name} does not start:\n{tail}")


def stop(server: Server, process: subprocess.Popen[bytes]) -> None:
    """Stop a server so that its data is whole; only one that does not obey is killed."""
    if process.poll() is None:
        process.send_signal(server.stop_signal)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_strays(layout: Layout) -> None:
    """Stop servers that still use our data though their keeper is gone.

    On Linux they are already on their way out; elsewhere nobody told them.
    """
    data = layout.postgres_data
    _stop_stray(data / "postmaster.pid", f"{data}", PostgresServer.stop_signal)
    _stop_stray(layout.valkey_data / "valkey.pid", "-server", ValkeyServer.stop_signal)


def _stop_stray(pid_file: Path, mark: str, stop_signal: signal.Signals) -> None:
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    running = command_line(pid)
    if mark not in running:
        if running:  # the number is another program's by now, which would keep ours from starting
            pid_file.unlink(missing_ok=True)
        return
    deadline = time.monotonic() + _STOP_SECONDS
    with suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    while mark in command_line(pid):
        if time.monotonic() > deadline:
            raise CannotStart(f"Process {pid} of an earlier start does not stop; kill it first.")
        time.sleep(_POLL_SECONDS)
