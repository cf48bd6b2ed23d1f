"""On a server with Supabase's API roles and default privileges, those roles reach nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from servers import ROOT, Servers, admin

STRANGERS = ("anon", "authenticated")
REACHABLE = """
select r.rolname || ' reaches ' || c.relname
from pg_roles r cross join pg_class c
where r.rolname = any(%(roles)s) and c.relnamespace = 'public'::regnamespace
  and case c.relkind
    when 'S' then has_sequence_privilege(r.oid, c.oid, 'usage, select, update')
    when 'r' then has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')
    when 'p' then has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')
    else false end
union all
select r.rolname || ' may call ' || p.proname
from pg_roles r cross join pg_proc p
where r.rolname = any(%(roles)s) and p.pronamespace = 'public'::regnamespace
  and has_function_privilege(r.oid, p.oid, 'execute')
"""


@pytest.fixture
def supabase(servers: Servers) -> Iterator[str]:
    """The address of an empty database that grants as Supabase's projects do."""
    name = f"th_supabase_{secrets.token_hex(4)}"
    for role in STRANGERS:
        admin(
            servers,
            f"do $$ begin create role {role} nologin; "
            "exception when duplicate_object or unique_violation then null; end $$",
        )
    admin(servers, f"create database {name}")
    url = servers.database.set(drivername="postgresql", database=name)
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    with connection, connection.cursor() as cursor:
        for role in STRANGERS:
            cursor.execute(f"grant usage on schema public to {role}")
            for kind in ("tables", "sequences", "functions"):
                cursor.execute(
                    f"alter default privileges in schema public grant all on {kind} to {role}"
                )
    connection.close()
    yield url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
    admin(servers, f"drop database {name} with (force)")


def reachable(url: str) -> list[str]:
    connection = psycopg2.connect(url.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute("create table new_table (id bigint primary key)")
        cursor.execute(REACHABLE, {"roles": list(STRANGERS)})
        found = sorted(row[0] for row in cursor.fetchall())
    connection.close()
    return found


def test_supabases_api_roles_reach_a_table_before_the_migrations(supabase: str) -> None:
    assert reachable(supabase) == ["anon reaches new_table", "authenticated reaches new_table"]


def test_supabases_api_roles_reach_nothing_after_the_migrations(supabase: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["database_url"] = supabase

    command.upgrade(config, "head")

    assert reachable(supabase) == []
