"""What an older analyser made is made again, behind all fresh work, and nobody is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from callers import Caller
from factories import KEYRING, rows, transcript

from talkhub.analysis import pipeline
from talkhub.jobs import handlers
from talkhub.jobs.schedule import sweep
from talkhub.names import Job, WebhookEvent
from talkhub.outbound.guarded import GuardedClient
from talkhub.services.telling.webhooks import create_endpoint
from talkhub.settings import Settings
from talkhub.store.uow import Database, workspace_scope

VERSIONS = "select analysed_version as version from conversations order by user_id"
STORED = "select analyser_version as version from conversation_analyses order by analysed_at"
OUTDATE = """
with old as (update conversations set analysed_version = '1', sentiment = 'negative',
               primary_intent = 'complaint' returning id)
update conversation_analyses set analyser_version = '1' where conversation_id in (table old)
"""


@pytest.fixture
def run(caller: Caller, database: Database) -> Callable[[str], None]:
    """Run a statement in the test's workspace."""

    def run(sql: str) -> None:
        with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
            uow.run(sql)

    return run


@pytest.fixture
def save(caller: Caller) -> Callable[[str], None]:
    """Save a conversation of somebody who thanks."""

    def save(user_id: str) -> None:
        said = transcript("Perfeito, muito obrigada!", "Disponha!")
        body = {"user_id": user_id, "session_id": f"session_{user_id}", "messages": said}
        caller.tool("save_conversation", body)

    return save


@pytest.fixture
def outdated(
    settled: None,
    save: Callable[[str], None],
    run: Callable[[str], None],
    drain: Callable[[], None],
) -> None:
    """A conversation whose analysis is of version 1, which knew little of moods."""
    save("ana")
    drain()
    run(OUTDATE)


def test_an_outdated_analysis_is_made_again_and_the_old_one_stays(
    outdated: None, caller: Caller, database: Database
) -> None:
    handlers.renew_analyses()

    assert rows(database, caller.workspace_id, STORED) == [
        {"version": "1"},
        {"version": pipeline.version()},
    ]
    sql = "select sentiment, primary_intent, attempts, lease_until from conversations"
    assert rows(database, caller.workspace_id, sql) == [
        {"sentiment": "positive", "primary_intent": "thanks", "attempts": 0, "lease_until": None}
    ]


def test_its_hour_is_counted_again(
    outdated: None, caller: Caller, database: Database, run: Callable[[str], None]
) -> None:
    run("update bucket_stats set value = 'complaint' where dimension = 'intent'")

    handlers.renew_analyses()
    handlers.drain_stats()

    sql = "select value from bucket_stats where dimension = 'intent'"
    assert rows(database, caller.workspace_id, sql) == [{"value": "thanks"}]


def test_nobody_is_told_and_no_rule_acts(
    outdated: None, caller: Caller, database: Database
) -> None:
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        create_endpoint(
            uow,
            GuardedClient(reaches_loopback=True),
            url="http://127.0.0.1:9/",
            events=[WebhookEvent.CONVERSATION_ANALYZED],
            keyring=KEYRING,
        )

    handlers.renew_analyses()

    assert rows(database, caller.workspace_id, VERSIONS) == [{"version": pipeline.version()}]
    assert rows(database, caller.workspace_id, "select kind from outbound_messages") == []


def test_fresh_work_comes_first(
    outdated: None, save: Callable[[str], None], caller: Caller, database: Database
) -> None:
    save("bia")

    before = handlers.renew_analyses()
    handlers.drain_analysis()
    after = handlers.renew_analyses()

    assert (before, after) == (0, 1)


def test_an_analysis_that_cannot_be_renewed_stays_and_is_given_up(
    outdated: None, caller: Caller, database: Database, run: Callable[[str], None]
) -> None:
    run("""update conversations set messages = '["?"]'""")

    for _ in range(handlers.MAX_ATTEMPTS + 2):
        handlers.renew_analyses()
        run("update conversations set lease_until = clock_timestamp()")

    sql = "select analysed_version, sentiment, attempts, analysis_due_at from conversations"
    assert rows(database, caller.workspace_id, sql) == [
        {
            "analysed_version": "1",
            "sentiment": "negative",
            "attempts": handlers.MAX_ATTEMPTS,
            "analysis_due_at": None,
        }
    ]


@pytest.mark.parametrize(("is_wanted", "expected"), [(True, [Job.RENEW_ANALYSES]), (False, [])])
def test_the_sweep_rings_for_outdated_analyses_unless_the_setting_says_no(
    outdated: None,
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_wanted: bool,
    expected: list[Job],
) -> None:
    rung: list[Job] = []
    monkeypatch.setattr(database, "ring", rung.append)

    sweep(database, settings.model_copy(update={"renew_analyses": is_wanted}))
    handlers.renew_analyses()

    assert rung == expected
