"""Databases of the contract tests' own, on a server of their choice."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

ROOT = Path(__file__).parents[2]


@contextmanager
def new_database(server: URL) -> Iterator[URL]:
    """Make an empty database that the server's login owns; drop it afterwards."""
    name = f"th_schema_{secrets.token_hex(4)}"
    run(server, f"create database {name}")
    yield server.set(database=name)
    run(server, f"drop database {name} with (force)")


def run(url: URL, sql: str, params: object = None) -> list[tuple[Any, ...]]:
    """Run one statement by itself and return its rows."""
    connection = psycopg2.connect(written(url.set(drivername="postgresql")))
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def alembic_config(url: URL) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.attributes["database_url"] = written(url.set(drivername="postgresql+psycopg2"))
    return config


def upgrade(url: URL, revision: str = "head") -> None:
    command.upgrade(alembic_config(url), revision)


def written(url: URL) -> str:
    return url.render_as_string(hide_password=False)
