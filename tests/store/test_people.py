"""People in lists: who was there last, and whose id begins with what is typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from factories import make_workspace
from sqlalchemy import event

from talkhub.settings import Settings
from talkhub.store.queries import people
from talkhub.store.uow import Database, workspace_scope

ADD_PEOPLE = """
insert into user_profiles (workspace_id, user_id, name, last_seen_at)
select %(workspace_id)s, u, 'Name of ' || u, timestamptz '2026-03-01' + n * interval '1 hour'
from unnest(%(user_ids)s::text[]) with ordinality as given (u, n)
"""
ADD_A_CROWD = """
insert into user_profiles (workspace_id, user_id, last_seen_at)
select %(workspace_id)s, 'user_' || n, timestamptz '2026-03-01' + n * interval '1 second'
from generate_series(1, 5000) n
"""


def add(database: Database, workspace: int, *user_ids: str) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(ADD_PEOPLE, {"workspace_id": workspace, "user_ids": list(user_ids)})


def beginning(database: Database, workspace: int, text: str, limit: int = 10) -> tuple[str, ...]:
    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        return people.user_ids_beginning(uow, text, limit=limit)


def last_seen(database: Database, workspace: int, **place: Any) -> list[people.SeenPerson]:
    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        return list(people.people_last_seen(uow, **{"before": None, "limit": 2, **place}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+55", ("+5511", "+5519/a")),
        ("+5519/", ("+5519/a",)),
        ("a%", ("a%b",)),
        ("é", ("éa",)),
        ("A", ("Ana",)),
        ("zz", ()),
    ],
)
def test_ids_begin_with_exactly_what_is_typed(
    database: Database, workspace: int, text: str, found: tuple[str, ...]
) -> None:
    add(database, workspace, "ana", "Ana", "+5519/a", "+5511", "a%b", "a_b", "éa", "54")

    assert beginning(database, workspace, text) == found


def test_no_more_ids_come_than_were_asked_for(database: Database, workspace: int) -> None:
    add(database, workspace, "c", "a", "b")

    assert beginning(database, workspace, "", limit=2) == ("a", "b")


def test_people_come_last_seen_first_and_page_by_page(database: Database, workspace: int) -> None:
    add(database, workspace, "ana", "bia", "caio")

    first = last_seen(database, workspace)
    rest = last_seen(database, workspace, before=(first[-1].last_seen_at, first[-1].id))

    assert [person.user_id for person in first + rest] == ["caio", "bia", "ana"]
    assert first[0].name == "Name of caio"


def test_nobody_of_another_workspace_is_listed(database: Database, workspace: int) -> None:
    add(database, make_workspace(database), "ana")

    assert beginning(database, workspace, "") == ()
    assert last_seen(database, workspace) == []


@pytest.mark.parametrize("ask", [beginning, last_seen])
def test_a_list_reads_few_rows_of_many_people(
    database: Database, settings: Settings, workspace: int, ask: Callable[..., object]
) -> None:
    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        uow.run(ADD_A_CROWD, {"workspace_id": workspace})
    with psycopg2.connect(settings.database_url.replace("+psycopg2", "")) as connection:
        connection.cursor().execute("analyze user_profiles")
    connection.close()
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, params: Any, *_: object) -> None:
        asked.append((statement, params))

    event.listen(database._engine, "before_cursor_execute", note)
    try:
        ask(database, workspace, **({"text": "user_4"} if ask is beginning else {}), limit=5)
    finally:
        event.remove(database._engine, "before_cursor_execute", note)
    ((sent, params),) = asked
    statement = sent.rpartition(";")[2]  # what stands before is the scope
    with database.read_only(workspace_scope(workspace, "tests")) as uow:
        plan = json.dumps(uow.run(f"explain (analyze, format json) {statement}", params).scalar())

    read = [float(n) for n in re.findall(r'"(?:Actual Rows|Rows Removed[^"]*)": ([0-9.]+)', plan)]
    assert max(read) < 10
