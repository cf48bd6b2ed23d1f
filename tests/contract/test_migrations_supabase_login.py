"""The migrations by a login like Supabase's `postgres`, and what it and Supabase's API see."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from modest_login import API_ROLES, server_with_modest_login
from schema_databases import new_database, run, upgrade, written
from sqlalchemy.engine import URL
from test_migrations import (  # noqa: F401 -- the same tests, on another `server`
    test_a_downgrade_leaves_nothing_and_can_be_upgraded_again,
    test_upgrading_an_empty_database_gives_what_the_models_declare,
)

from talkhub.store.uow import Database, workspace_scope

REACHABLE = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and case c.relkind
  when 'S' then has_sequence_privilege(%(role)s, c.oid, 'usage, select, update')
  else c.relkind in ('r', 'p', 'v') and has_table_privilege(
    %(role)s, c.oid, 'select, insert, update, delete, truncate, references, trigger') end
union all
select p.proname from pg_proc p
where p.pronamespace = 'public'::regnamespace and has_function_privilege(%(role)s, p.oid, 'execute')
"""


@pytest.fixture(scope="module")
def server() -> URL:
    return server_with_modest_login("test-supabase", attributes="bypassrls")


@pytest.fixture(scope="module")
def migrated(server: URL) -> Iterator[URL]:
    """A database that granted its API roles everything before we came, as Supabase's do."""
    with new_database(server) as url:
        for role in API_ROLES:
            run(url, f"grant usage on schema public to {role}")
            for kind in ("tables", "sequences", "functions"):
                grant = f"grant all on {kind} to {role}"
                run(url, f"alter default privileges in schema public {grant}")
        upgrade(url)
        yield url


def test_the_login_is_no_superuser(server: URL) -> None:
    assert run(server, "select rolsuper from pg_roles where rolname = user") == [(False,)]


@pytest.mark.parametrize("role", API_ROLES)
def test_the_api_roles_reach_nothing(migrated: URL, role: str) -> None:
    assert run(migrated, REACHABLE, {"role": role}) == []


@pytest.mark.parametrize("role", API_ROLES)
def test_the_api_roles_reach_nothing_that_is_made_later(migrated: URL, role: str) -> None:
    run(migrated, f"create table later_{role} (id bigserial)")
    run(migrated, f"create function later_call_{role}() returns int language sql return 1")
    reached = run(migrated, REACHABLE, {"role": role})
    run(migrated, f"drop table later_{role}; drop function later_call_{role}")

    assert reached == []


def test_the_sql_editor_sees_the_conversations(migrated: URL) -> None:
    database = Database(written(migrated.set(drivername="postgresql+psycopg2")), pool_size=1)
    with database.unit_of_work(workspace_scope(1, "tests")) as uow:
        uow.run(
            "insert into idempotency_keys values"
            " (1, 'ana', 'save', 'key', ''::bytea, '{}', now(), now())"
        )
    database.dispose()

    assert run(migrated, "select principal from idempotency_keys") == [("ana",)]


def test_a_transaction_of_ours_is_lower_than_the_login(migrated: URL) -> None:
    database = Database(written(migrated.set(drivername="postgresql+psycopg2")), pool_size=1)
    with (
        database.unit_of_work(workspace_scope(1, "tests")) as uow,
        pytest.raises(Exception, match="row-level security") as refused,
    ):
        uow.run("insert into dirty_buckets (workspace_id, hour) values (2, now())")
    database.dispose()

    assert isinstance(refused.value.orig, psycopg2.errors.InsufficientPrivilege)
