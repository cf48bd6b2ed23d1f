"""What the chaos soak found out first: hours that conversations leave, locks in two orders."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from factories import make_channel, new_user, rows
from flask.testing import FlaskClient

from talkhub.names import Platform
from talkhub.services.insights import DueConversation, analyse_conversation, store_analyses
from talkhub.store.uow import Database, workspace_scope


def say(client: FlaskClient, path: str, user_id: str, sent_at: datetime) -> None:
    message = {"user_id": user_id, "message": "Olá", "timestamp": sent_at.isoformat()}
    body = {**message, "mid": secrets.token_hex(8)}
    headers = {"X-Webhook-Secret": "s3cret-of-channel"}
    assert client.post(path, data=json.dumps(body), headers=headers).status_code == 200


def test_hour_that_a_conversation_leaves_is_counted_again(
    client: FlaskClient, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    path, ana = make_channel(database, workspace, Platform.UCHAT), new_user()
    say(client, path, ana, datetime(2026, 3, 2, 15, 5, tzinfo=UTC))
    drain()

    say(client, path, ana, datetime(2026, 3, 2, 14, 55, tzinfo=UTC))
    drain()

    found = rows(database, workspace, "select hour, messages from hourly_stats order by hour")
    assert {row["hour"].hour: row["messages"] for row in found} == {14: 2, 15: 0}


def test_storing_an_analysis_waits_for_the_person_without_holding_the_conversation(
    client: FlaskClient, database: Database, workspace: int, drain: Callable[[], None]
) -> None:
    path, ana = make_channel(database, workspace, Platform.UCHAT), new_user()
    say(client, path, ana, datetime(2026, 3, 2, 15, 5, tzinfo=UTC))
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
