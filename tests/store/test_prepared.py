"""A single statement is planned once per connection, also where a pooler shares connections."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import cycle
from typing import Any

import psycopg2
import pytest

from talkhub.settings import Settings
from talkhub.store.prepared import execute_prepared, prepared
from talkhub.store.uow import workspace_scope

ADD = "insert into tombstones values (%(workspace_id)s, %(digest)s) returning digest"
COUNT = "select count(*) from tombstones where workspace_id = %(workspace_id)s"
PLANS = "select generic_plans + custom_plans from pg_prepared_statements where name = %s"
NULLS = "select * from unnest(%(ids)s::bigint[]) as id"


class Pooler:
    """Hands each message to the next of the server's connections."""

    def __init__(self, *cursors: Any) -> None:
        self._turns = cycle(cursors)
        self._last: Any = None

    def execute(self, message: str, params: object) -> None:
        self._last = next(self._turns)
        self._last.execute(message, params)

    def fetchone(self) -> Any:
        return self._last.fetchone()


@pytest.fixture
def connect(settings: Settings) -> Iterator[Callable[[], Any]]:
    """Return cursors of connections on which each message is a transaction."""
    with ExitStack() as connections:

        def connect() -> Any:
            url = settings.database_url.replace("+psycopg2", "")
            connection = connections.enter_context(closing(psycopg2.connect(url)))
            connection.autocommit = True
            return connection.cursor()

        yield connect


@pytest.fixture
def cursor(connect: Callable[[], Any]) -> Any:
    return connect()


def add(cursor: Any, known: set[str], workspace: int) -> bytes:
    digest = secrets.token_bytes(8)
    scope = workspace_scope(workspace, "test").prologue()
    params = {"workspace_id": workspace, "digest": digest}
    execute_prepared(cursor, known, scope, ADD, params)
    assert bytes(cursor.fetchone()[0]) == digest
    return digest


def count(cursor: Any, workspace: int) -> int:
    cursor.execute(COUNT, {"workspace_id": workspace})
    return cursor.fetchone()[0]


def test_a_statement_is_planned_once_and_executed_from_then_on(cursor: Any, workspace: int) -> None:
    known: set[str] = set()

    for _ in range(3):
        add(cursor, known, workspace)

    cursor.execute(PLANS, (prepared(ADD).name,))
    assert cursor.fetchall() == [(3,)]


def test_a_plan_that_is_missing_on_this_connection_is_made_again(
    cursor: Any, workspace: int
) -> None:
    known: set[str] = set()
    add(cursor, known, workspace)

    cursor.execute("deallocate all")  # as if a pooler had changed the server's connection
    add(cursor, known, workspace)

    assert count(cursor, workspace) == 2


def test_a_plan_that_another_client_made_on_this_connection_is_used(
    cursor: Any, workspace: int
) -> None:
    add(cursor, set(), workspace)

    add(cursor, set(), workspace)

    assert count(cursor, workspace) == 2


def test_a_statement_whose_messages_reach_different_connections_is_executed_once(
    connect: Callable[[], Any], workspace: int
) -> None:
    planned, unplanned = connect(), connect()
    known: set[str] = set()
    add(planned, known, workspace)

    add(Pooler(unplanned, planned, unplanned), known, workspace)

    assert count(unplanned, workspace) == 2


def test_a_plan_made_for_one_workspace_does_not_show_its_rows_to_another(
    cursor: Any, workspace: int
) -> None:
    known: set[str] = set()
    add(cursor, known, workspace)

    other = workspace_scope(workspace + 1, "test").prologue()
    for scope in (workspace_scope(workspace, "test").prologue(), other):
        execute_prepared(cursor, known, scope, COUNT, {"workspace_id": workspace})

    assert cursor.fetchone() == (0,)


def test_a_list_of_nothing_but_nulls_keeps_its_type(cursor: Any) -> None:
    execute_prepared(cursor, set(), "", NULLS, {"ids": [None, None]})

    assert cursor.fetchall() == [(None,), (None,)]
