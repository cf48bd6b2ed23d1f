"""Databases on the tests' PostgreSQL: one for each test process, copied from a template."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

from talkhub.embedded.binaries import find_postgres
from talkhub.embedded.locks import is_locked, locked
from talkhub.settings.groups import EmbeddedSettings

ROOT = Path(__file__).parents[1]
OLDEST_POSTGRES = Path(os.environ.get("TEST_PG15_BIN") or "/usr/lib/postgresql/15/bin")
"""The programs of PostgreSQL 15, where a machine has them."""


@dataclass(frozen=True)
class Servers:
    """Where the tests' servers are."""

    database: URL
    redis: str
    home: Path


def home_of(name: str) -> Path:
    """Return the home of servers for tests; each version of PostgreSQL has its own data."""
    major = find_postgres(EmbeddedSettings().pg_bin).major
    return make_home(f"{name}-{major}")


def make_home(name: str) -> Path:
    home = ROOT / ".talkhub" / name
    home.mkdir(parents=True, exist_ok=True)
    return home


def await_end_of_servers(*, seconds: float) -> None:
    """Return when the tests' embedded servers have stopped; another run may keep them longer."""
    locks = list((ROOT / ".talkhub").glob("test*/run/keeper.lock"))
    deadline = time.monotonic() + seconds
    while any(is_locked(lock) for lock in locks) and time.monotonic() < deadline:
        time.sleep(0.05)


def copy_of_template(servers: Servers) -> Iterator[str]:
    """Yield the address of a migrated database, and drop it afterwards."""
    template = migrated_template(servers)
    name = f"th_test_{os.getpid()}_{secrets.token_hex(3)}"
    with locked(servers.home / "template.lock"):  # a template may have one reader at a time
        admin(servers, f"create database {name} template {template}")
    yield servers.database.set(drivername="postgresql+psycopg2", database=name).render_as_string(
        hide_password=False
    )
    admin(servers, f"drop database {name} with (force)")


def migrated_template(servers: Servers) -> str:
    """Return the name of a database at the newest revision, made once for each state of it."""
    files = sorted((ROOT / "migrations").rglob("*.py"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    name = f"th_template_{digest}"
    with locked(servers.home / "template.lock"):
        exists = admin(servers, f"select 1 from pg_database where datname = '{name}'")
        if not exists:
            admin(servers, f"drop database if exists {name}_new")
            admin(servers, f"create database {name}_new")
            config = Config(ROOT / "alembic.ini")
            url = servers.database.set(drivername="postgresql+psycopg2", database=f"{name}_new")
            config.attributes["database_url"] = url.render_as_string(hide_password=False)
            command.upgrade(config, "head")
            admin(servers, f"alter database {name}_new rename to {name}")
    return name


def admin(servers: Servers, sql: str) -> list[tuple]:
    """Run one statement as the servers' owner."""
    url = servers.database.set(drivername="postgresql", database="postgres")
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
