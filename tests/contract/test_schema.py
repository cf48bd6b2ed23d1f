"""What PostgreSQL's catalogue says of the schema: every row scoped, nothing open to strangers."""

from __future__ import annotations

import pytest
from schema_databases import run
from sqlalchemy.engine import URL

from requirements import requirement
from talkhub.names import DatabaseRole
from talkhub.store.base import UNSCOPED_TABLES

APP, SYSTEM = DatabaseRole.APP.value, DatabaseRole.SYSTEM.value
OWN_ROWS = "(workspace_id = ( SELECT current_workspace() AS current_workspace))"
PARTITIONS = {"delivery_attempts_default", "request_log_default"}

POLICIES = """
select c.relname, p.polname, p.polcmd, pg_get_expr(p.polqual, c.oid),
       pg_get_expr(p.polwithcheck, c.oid)
from pg_policy p join pg_class c on c.oid = p.polrelid
"""
TABLES = """
select relname, relrowsecurity and relforcerowsecurity from pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
"""
ORIGINAL_COLUMNS = """
select column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = %s
"""


def policies(url: URL, role: str) -> dict[str, tuple[str, str | None, str | None]]:
    return {row[0]: tuple(row[2:]) for row in run(url, POLICIES) if row[1] == role}


def tables(url: URL) -> set[str]:
    return {row[0] for row in run(url, TABLES)} - {"alembic_version"} - PARTITIONS


def test_row_security_is_forced_on_every_table(migrated: URL) -> None:
    open_tables = {name for name, is_forced in run(migrated, TABLES) if not is_forced}

    assert open_tables == {"alembic_version"}


def test_every_table_holds_rows_of_one_workspace_but_those_listed(migrated: URL) -> None:
    scoped = {
        table
        for table, policy in policies(migrated, APP).items()
        if policy == ("*", OWN_ROWS, OWN_ROWS)
    }

    assert tables(migrated) - scoped == UNSCOPED_TABLES


def test_the_system_role_has_a_policy_on_every_table(migrated: URL) -> None:
    expected = dict.fromkeys(tables(migrated), ("*", "true", "true"))

    assert policies(migrated, SYSTEM) == expected


def test_the_app_role_reads_its_own_workspace_and_no_other_unscoped_table(migrated: URL) -> None:
    privileges = """
        select table_name, privilege_type from information_schema.role_table_grants
        where grantee = %s and table_name = any(%s)
    """

    granted = run(migrated, privileges, (APP, sorted(UNSCOPED_TABLES | {"alembic_version"})))

    assert granted == [("workspaces", "SELECT")]
    assert policies(migrated, APP)["workspaces"][0] == "r"


def test_the_audit_trail_can_be_added_to_but_not_rewritten(migrated: URL) -> None:
    privileges = """
        select privilege_type from information_schema.role_table_grants
        where grantee = %s and table_name = 'audit_entries' order by 1
    """

    assert run(migrated, privileges, (APP,)) == [("INSERT",), ("SELECT",)]


def test_neither_role_may_log_in_or_stand_above_policies(migrated: URL) -> None:
    attributes = """
        select rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles
        where rolname = any(%s)
    """

    assert run(migrated, attributes, ([APP, SYSTEM],)) == [(False,) * 5] * 2


def test_public_reaches_no_table_and_no_function(migrated: URL) -> None:
    open_to_all = """
        select relname from pg_class, aclexplode(relacl) a
        where relnamespace = 'public'::regnamespace and a.grantee = 0
        union all
        select proname from pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) a
        where pronamespace = 'public'::regnamespace and a.grantee = 0
    """

    assert run(migrated, open_to_all) == []


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "chat_sessions",
            {
                "id": "bigint",
                "session_id": "character varying",
                "user_id": "character varying",
                "user_data": "jsonb",
                "platform": "character varying",
                "status": "character varying",
                "created_at": "timestamp with time zone",
                "updated_at": "timestamp with time zone",
            },
        ),
        (
            "conversations",
            {
                "id": "bigint",
                "conversation_id": "character varying",
                "session_id": "character varying",
                "user_id": "character varying",
                "messages": "jsonb",
                "intent_analysis": "jsonb",
                "metadata": "jsonb",
                "created_at": "timestamp with time zone",
            },
        ),
        (
            "user_profiles",
            {
                "id": "bigint",
                "user_id": "character varying",
                "name": "character varying",
                "phone": "character varying",
                "email": "character varying",
                "preferences": "jsonb",
                "interaction_stats": "jsonb",
                "tags": "ARRAY",
                "created_at": "timestamp with time zone",
            },
        ),
    ],
)
@requirement("schema:chat-sessions", "schema:conversations", "schema:user-profiles")
def test_the_original_tables_keep_their_columns_and_types(
    migrated: URL, table: str, columns: dict[str, str]
) -> None:
    found = dict(run(migrated, ORIGINAL_COLUMNS, (table,)))

    assert {name: found.get(name) for name in columns} == columns


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("chat_sessions", "session_id"),
        ("conversations", "conversation_id"),
        ("user_profiles", "user_id"),
    ],
)
@requirement("schema:unique-ids")
def test_the_original_ids_are_unique_in_a_workspace(migrated: URL, table: str, column: str) -> None:
    unique = """
        select pg_get_constraintdef(oid) from pg_constraint
        where conrelid = %s::regclass and contype = 'u'
    """

    assert run(migrated, unique, (table,)) == [(f"UNIQUE (workspace_id, {column})",)]


def test_the_tables_answer_under_their_bare_names(migrated: URL) -> None:
    assert run(migrated, "select messages from conversations") == []
