"""The migrations and the schema on PostgreSQL 15, the oldest that we promise."""

from __future__ import annotations

import pytest
from modest_login import server_with_modest_login
from oldest_postgres import not_understood
from schema_databases import run, written
from servers import OLDEST_POSTGRES
from sqlalchemy.engine import URL
from test_migrations import *  # noqa: F403 -- the same tests, on another `server`
from test_schema import *  # noqa: F403


@pytest.fixture(scope="module")
def server() -> URL:
    if not (OLDEST_POSTGRES / "postgres").exists():
        pytest.skip("there is no PostgreSQL 15 on this machine: apt-get install postgresql-15")
    return server_with_modest_login("test-modest", programs=OLDEST_POSTGRES)


def test_the_server_is_postgresql_15(server: URL) -> None:
    assert run(server, "show server_version_num")[0][0].startswith("15")


def test_statements_that_it_does_not_understand_are_named(server: URL) -> None:
    newer = "explain select any_value(1)"  # a function of PostgreSQL 16
    address = written(server.set(drivername="postgresql"))

    assert list(not_understood(address, ["explain select 1", newer])) == [
        f"function any_value(integer) does not exist: {newer}"
    ]
