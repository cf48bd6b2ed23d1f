"""What the chaos soak found out first: hours that conversations leave, locks in two orders."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from callers import Caller
from factories import hours_of, make_channel, rows, transcript
from flask.testing import FlaskClient
from providers import Door, said

from talkhub.jobs.schedule import close_silent_sessions
from talkhub.names import Platform
from talkhub.services.labelling.insights import (
    DueConversation,
    analyse_conversations,
    store_analyses,
)
from talkhub.store.uow import Database, workspace_scope


@pytest.fixture
def door(client: FlaskClient, database: Database, workspace: int) -> Door:
    path = make_channel(database, workspace, Platform.WHATSAPP)
    return Door(client, Platform.WHATSAPP, path)


def test_hour_that_a_conversation_leaves_is_counted_again(
    door: Door, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door.post(said(Platform.WHATSAPP, "Oi?", at="15:05"))
    drain()

    door.post(said(Platform.WHATSAPP, "Olá", at="14:55"))
    drain()

    found = rows(database, workspace, hours_of("counts[2] as messages"))
    assert {row["begins_at"].hour: row["messages"] for row in found} == {14: 2}


def test_storing_an_analysis_waits_for_the_person_without_holding_the_conversation(
    door: Door, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door.post(said(Platform.WHATSAPP, "Olá"))
    drain()
    row = rows(database, workspace, "select id, fence, messages, status from conversations")[0]
    (result,) = analyse_conversations([DueConversation(**row)])
    scope = workspace_scope(workspace, "worker")

    def store() -> int:
        with database.unit_of_work(scope) as uow:
            return store_analyses(uow, [result])

    # The inbox' drain locks the person first, then rewrites the conversation.
    with ThreadPoolExecutor() as pool, database.unit_of_work(scope) as uow:
        uow.run("select id from user_profiles for no key update")
        stored = pool.submit(store)
        wait_for_a_waiter(database, workspace)
        uow.run("set local lock_timeout = '1s'")
        uow.run("update conversations set updated_at = updated_at")
        uow.commit()

        assert stored.result() == 1


@pytest.fixture
def two_open(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> list[DueConversation]:
    """Two analysed conversations that fell silent; the second one's session is the older one."""
    drain()
    people = ("ana", "bia")
    sessions = {
        user_id: caller.tool("create_chat_session", {"user_id": user_id}).json["session_id"]
        for user_id in people
    }
    for user_id in reversed(people):
        body = {"user_id": user_id, "session_id": sessions[user_id]}
        caller.tool("save_conversation", {**body, "messages": transcript("Olá")})
    drain()
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run("update chat_sessions set status = 'active', last_message_at = '2026-03-02'")
        uow.run("update conversations set status = 'open'")
    sql = "select id, fence, messages, status from conversations order by id"
    return [DueConversation(**row) for row in rows(database, caller.workspace_id, sql)]


def test_storing_analyses_locks_the_conversations_by_their_ids(
    database: Database, workspace: int, two_open: list[DueConversation]
) -> None:
    results = analyse_conversations(two_open[::-1])

    def store() -> None:
        with database.unit_of_work(workspace_scope(workspace, "worker")) as uow:
            assert store_analyses(uow, results) == 2

    assert_locks_the_first_one_first(database, workspace, two_open, store)


def test_closing_silent_sessions_locks_the_conversations_by_their_ids(
    database: Database, workspace: int, two_open: list[DueConversation], _worker: None
) -> None:
    assert_locks_the_first_one_first(
        database, workspace, two_open, lambda: close_silent_sessions(database)
    )

    statuses = rows(database, workspace, "select distinct status from conversations")
    assert statuses == [{"status": "closed"}]


def assert_locks_the_first_one_first(
    database: Database, workspace: int, two: list[DueConversation], work: Callable[[], None]
) -> None:
    """Hold the first one and, while `work` waits for it, take the second one."""
    touch = "update conversations set updated_at = updated_at where id = %(id)s"
    scope = workspace_scope(workspace, "tests")
    with ThreadPoolExecutor() as pool:
        with database.unit_of_work(scope) as uow:
            uow.run(touch, {"id": two[0].id})
            done = pool.submit(work)
            wait_for_a_waiter(database, workspace)
            uow.run("set local lock_timeout = '500ms'")
            uow.run(touch, {"id": two[1].id})
        done.result()


def wait_for_a_waiter(database: Database, workspace: int) -> None:
    """Return once a transaction waits for another one's lock."""
    waiting = "select from pg_locks where not granted and locktype in ('tuple', 'transactionid')"
    deadline = time.monotonic() + 10
    while not rows(database, workspace, waiting):
        assert time.monotonic() < deadline
