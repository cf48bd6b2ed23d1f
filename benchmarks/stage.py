"""Where measurements take place: durable servers of our own, and databases that end with them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import redis
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, make_url

from benchmarks.failure import CannotMeasure
from talkhub.embedded.layout import make_home
from talkhub.embedded.locks import open_lock, try_lock
from talkhub.embedded.services import ensure
from talkhub.settings import environment_of_others

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".talkhub" / "bench"
_PREFIX = "bench_"


@dataclass(frozen=True)
class Stage:
    """PostgreSQL and Valkey that nothing else uses, and a folder for what is written meanwhile."""

    folder: Path
    redis_url: str
    postgres_pid: int
    _server: URL
    _made: list[str] = field(default_factory=list)

    def make_database(self, name: str, *, template: str | None = None) -> URL:
        """Make a database, as a copy of another of ours where one is named."""
        copied = f" template {_PREFIX}{template}" if template else ""
        self._administer(f"create database {_PREFIX}{name}{copied}")
        self._made.append(name)
        return self._server.set(database=_PREFIX + name)

    def drop_database(self, name: str) -> None:
        """Drop one of our databases, whoever is connected to it."""
        self._administer(f"drop database if exists {_PREFIX}{name} with (force)")

    def set_synchronous_commit(self, name: str, *, on: bool) -> None:
        """Say whether commits of new connections to a database wait for the disk."""
        value = "on" if on else "off"
        self._administer(f"alter database {_PREFIX}{name} set synchronous_commit = {value}")

    def checkpoint(self) -> None:
        """Write out what waits, so that one contestant's writes do not burden the next."""
        self._administer("checkpoint")

    def sweep(self) -> None:
        """Drop every database of ours: this measurement's, or one's that was killed."""
        names = "select datname from pg_database where starts_with(datname, %s)"
        for (name,) in self._administer(names, _PREFIX):
            self.drop_database(name.removeprefix(_PREFIX))

    def _administer(self, sql: str, *values: object) -> list[Any]:
        return run_sql(self._server.set(database="postgres"), sql, *values)


@contextmanager
def open_stage(home: Path = HOME, *, programs: Path | None = None) -> Iterator[Stage]:
    """Start the servers and clear the stage, before and after; raise CannotMeasure if it is taken.

    The servers are durable ones, with fsync, and end a second after this process. `programs` is
    the folder of the PostgreSQL to take; each has a home of its own.
    """
    lock = open_lock(make_home(home) / "bench.lock")  # held until this process ends
    if not try_lock(lock):
        raise CannotMeasure("Another measurement is running: two would measure each other.")
    with _choosing(programs):
        servers = ensure(home)
    with tempfile.TemporaryDirectory(prefix="talkhub-bench-") as folder:
        stage = Stage(
            folder=Path(folder),
            redis_url=servers.redis_url,
            postgres_pid=servers.pids["postgres"],
            _server=make_url(servers.database_url).set(drivername="postgresql"),
        )
        stage.sweep()
        empty_redis(stage)
        try:
            yield stage
        finally:
            stage.sweep()
            empty_redis(stage)


@contextmanager
def _choosing(programs: Path | None) -> Iterator[None]:
    """Have servers that are started within the block be those in a folder."""
    if programs is None:
        yield
        return
    with environment_of_others({"PATH": os.defpath, "TALKHUB_PG_BIN": str(programs)}):
        yield


def empty_redis(stage: Stage) -> None:
    """Forget all jobs, leases and counts."""
    with redis.Redis.from_url(stage.redis_url) as client:
        client.flushdb()


def migrate(url: URL) -> None:
    """Bring a database to the newest schema."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["database_url"] = address(url)
    command.upgrade(config, "head")


def address(url: URL) -> str:
    """Return a database's address as the service's settings take it."""
    return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


def libpq_environment(url: URL) -> dict[str, str]:
    """Return the whole environment of a program that finds its database by PG* variables."""
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "PGHOST": str(url.host),
        "PGPORT": str(url.port),
        "PGUSER": str(url.username),
        "PGPASSWORD": str(url.password),
        "PGDATABASE": str(url.database),
        "PGSSLMODE": "disable",
    }


def run_sql(url: URL, sql: str, *values: object) -> list[Any]:
    """Run one or several statements, each committed by itself, and return the last one's rows."""
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
