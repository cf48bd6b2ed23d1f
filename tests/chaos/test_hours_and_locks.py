"""What the chaos soak found out first: hours that conversations leave, locks in two orders."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from factories import make_channel, rows
from flask.testing import FlaskClient
from providers import Door, said

from talkhub.names import Platform
from talkhub.services.insights import DueConversation, analyse_conversation, store_analyses
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

    found = rows(database, workspace, "select hour, messages from hourly_stats order by hour")
    assert {row["hour"].hour: row["messages"] for row in found} == {14: 2, 15: 0}


def test_storing_an_analysis_waits_for_the_person_without_holding_the_conversation(
    door: Door, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    door.post(said(Platform.WHATSAPP, "Olá"))
    drain()
    row = rows(database, workspace, "select id, fence, messages, status from conversations")[0]
    result = analyse_conversation(DueConversation(**row))
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


def wait_for_a_waiter(database: Database, workspace: int) -> None:
    """Return once a transaction waits for another one's lock."""
    waiting = "select from pg_locks where not granted and locktype in ('tuple', 'transactionid')"
    deadline = time.monotonic() + 10
    while not rows(database, workspace, waiting):
        assert time.monotonic() < deadline
