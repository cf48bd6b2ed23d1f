"""One workspace's transactions neither see nor touch another's rows, in any table."""

from __future__ import annotations

import psycopg2
import pytest
from factories import make_workspace
from sqlalchemy import exc

from talkhub.store.base import UNSCOPED_TABLES, Base
from talkhub.store.tables import (
    accounts,
    conversations,
    enrichment,
    events,
    insights,
    oauth,
    profiles,
    replies,
)
from talkhub.store.uow import Database, UnitOfWork, system_scope, workspace_scope

MODELS = (accounts, conversations, enrichment, events, insights, oauth, profiles, replies)
SCOPED_TABLES = sorted(set(Base.metadata.tables) - UNSCOPED_TABLES)
MAKE_PROFILE = """
insert into user_profiles (workspace_id, user_id) values (%(workspace)s, 'ana') returning id
"""


def add_profile(database: Database, workspace: int) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(MAKE_PROFILE, {"workspace": workspace})


def refusal(uow: UnitOfWork, sql: str, params: dict[str, object]) -> type[Exception]:
    with pytest.raises(exc.ProgrammingError) as refused:
        uow.run(sql, params)
    return type(refused.value.orig)


def test_every_declared_table_is_tested_here() -> None:
    assert {"conversations", "user_profiles", "inbound_events", "tokens"} <= set(SCOPED_TABLES)


@pytest.mark.parametrize("table", SCOPED_TABLES)
def test_a_row_of_another_workspace_cannot_be_inserted(
    database: Database, workspace: int, table: str
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        sql = f"insert into {table} (workspace_id) values (%(other)s)"

        assert refusal(uow, sql, {"other": 1}) is psycopg2.errors.InsufficientPrivilege


@pytest.mark.parametrize("table", sorted(UNSCOPED_TABLES - {"workspaces"}))
def test_a_table_without_workspaces_is_closed_to_a_workspace(
    database: Database, workspace: int, table: str
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        sql = f"select from {table}"

        assert refusal(uow, sql, {}) is psycopg2.errors.InsufficientPrivilege


def test_a_workspace_sees_its_own_rows_only(database: Database, workspace: int) -> None:
    other = make_workspace(database)
    add_profile(database, workspace)
    add_profile(database, other)

    with database.read_only(workspace_scope(workspace, "ana")) as uow:
        seen = uow.run("select workspace_id from user_profiles").all()

    assert seen == [(workspace,)]


def test_a_workspace_knows_of_no_other_workspace(database: Database, workspace: int) -> None:
    with database.read_only(workspace_scope(workspace, "ana")) as uow:
        assert uow.run("select id from workspaces").all() == [(workspace,)]


def test_a_single_statement_sees_its_own_rows_only(database: Database, workspace: int) -> None:
    other = make_workspace(database)
    add_profile(database, workspace)
    add_profile(database, other)

    with database.read_only(workspace_scope(workspace, "ana")) as uow:
        seen = uow.once("select workspace_id from user_profiles", {})

    assert seen == [(workspace,)]


@pytest.mark.parametrize(
    "sql",
    [
        "update user_profiles set name = 'Caio' where workspace_id = %(other)s",
        "delete from user_profiles where workspace_id = %(other)s",
    ],
)
def test_rows_of_another_workspace_cannot_be_changed(
    database: Database, workspace: int, sql: str
) -> None:
    other = make_workspace(database)
    add_profile(database, other)

    with database.unit_of_work(workspace_scope(workspace, "caio")) as uow:
        touched = uow.run(sql, {"other": other}).rowcount

    with database.read_only(system_scope("tests")) as uow:
        kept = "select name from user_profiles where workspace_id = %(other)s"
        assert uow.run(kept, {"other": other}).all() == [(None,)]
    assert touched == 0


def test_a_row_cannot_be_moved_to_another_workspace(database: Database, workspace: int) -> None:
    other = make_workspace(database)
    add_profile(database, workspace)

    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        sql = "update user_profiles set workspace_id = %(other)s"

        assert refusal(uow, sql, {"other": other}) is psycopg2.errors.InsufficientPrivilege


def test_without_a_workspace_nothing_is_seen(database: Database, workspace: int) -> None:
    add_profile(database, workspace)

    rows = database.single(
        "select set_config('role', 'talkhub_app', true);", "select count(*) from user_profiles", {}
    )

    assert rows == [(0,)]


@pytest.mark.parametrize(
    "sql", ["truncate user_profiles", "drop table user_profiles", "create table mine (id int)"]
)
def test_neither_role_may_change_the_schema(database: Database, workspace: int, sql: str) -> None:
    for scope in (workspace_scope(workspace, "ana"), system_scope("tests")):
        with database.unit_of_work(scope) as uow:
            assert refusal(uow, sql, {}) is psycopg2.errors.InsufficientPrivilege


def test_the_audit_trail_cannot_be_rewritten(database: Database, workspace: int) -> None:
    with database.unit_of_work(workspace_scope(workspace, "ana")) as uow:
        sql = "delete from audit_entries"

        assert refusal(uow, sql, {}) is psycopg2.errors.InsufficientPrivilege
