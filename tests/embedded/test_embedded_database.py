"""What the embedded servers are like, once they run. One pair serves all these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_clients import ROOT, clients_of, query, temporary_home
from sqlalchemy.engine import make_url

from talkhub.embedded.schema import is_current
from talkhub.embedded.services import EmbeddedServers


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with temporary_home() as home:
        yield home


@pytest.fixture(scope="module")
def servers(home: Path) -> Iterator[EmbeddedServers]:
    # What an operator's shell may hold for other servers must do no harm.
    with clients_of(home) as start:
        yield start(PGSSLMODE="verify-full", LC_ALL="pt_BR.nowhere", PGPORT="1").servers()


def test_letters_know_their_case_and_sorting_is_by_code_point(servers: EmbeddedServers) -> None:
    row = query(servers, "select current_database(), lower('ÁGUA'), 'b' < 'á', 'Z' < 'a'")

    assert row == [("talkhub", "água", True, True)]


def test_the_login_may_create_the_roles_that_migrations_need(servers: EmbeddedServers) -> None:
    created = query(
        servers, "create role r nologin; select rolname from pg_roles where rolname='r'"
    )

    assert created == [("r",)]


def test_what_the_servers_keep_is_closed_to_others(servers: EmbeddedServers, home: Path) -> None:
    kept = ["servers.json", "run/state.json", "logs", "pgdata", "valkey"]

    assert {name for name in kept if (home / name).stat().st_mode & 0o077} == set()


def test_only_a_schema_at_the_newest_migration_is_current(servers: EmbeddedServers) -> None:
    url = servers.database_url
    head = (ROOT / "migrations" / ".current-head").read_text().strip()

    assert not is_current(url)
    query(servers, "create table alembic_version as select 'older' as version_num; select 1")
    assert not is_current(url)
    query(servers, f"update alembic_version set version_num = '{head}' returning 1")
    assert is_current(url)
    assert not is_current(str(make_url(url).set(port=1)))
