"""`load-demo` fills a workspace with conversations that are what the service would have made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import pytest
from factories import make_workspace, rows

from talkhub.cli.program import run
from talkhub.demo import load as loading
from talkhub.demo import plan, scripts
from talkhub.demo.load import Wanted, count_people, load_conversations
from talkhub.errors import Conflict
from talkhub.services.access.auth import add_first_user
from talkhub.services.labelling.insights import DueConversation, analyse_conversations
from talkhub.services.reporting.bucket_stats import recount_hours
from talkhub.settings import Settings
from talkhub.store.uow import Database, workspace_scope

LAST = datetime(2026, 6, 1, tzinfo=UTC)
Load = Callable[..., int]


@pytest.fixture
def load(database: Database, workspace: int, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what loads conversations of a month, in portions of 20."""
    monkeypatch.setattr(plan, "PORTION", 20)
    monkeypatch.setattr("talkhub.demo.load.PORTION", 20)
    monkeypatch.setattr(scripts, "SCRIPTS", 12)

    def loaded(number: int, seed: int = 1) -> int:
        wanted = Wanted(number, LAST, days=30, seed=seed)
        return load_conversations(database, workspace, wanted, lambda _done: None)

    return loaded


def analysed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the analyser says of a stored conversation now, in the columns' names."""
    (found,) = analyse_conversations([DueConversation(1, 0, row["messages"], "closed", "pt-BR")])
    same = ("language", "sentiment", "topics", "response_times")
    return {
        **{name: found[name] for name in same},
        "primary_intent": found["intent"],
        "outcome": found["completion"],
        "course": found["course"],
        "ids": [message["id"] for message in row["messages"]],
    }


def test_loaded_conversations_are_as_if_they_had_been_said_and_analysed(
    database: Database, workspace: int, load: Load
) -> None:
    assert load(50) == 50

    (found, *_), counted = (
        rows(
            database,
            workspace,
            "select messages, language, sentiment, primary_intent, topics, response_times, outcome,"
            " intent_analysis -> 'course' as course, array(select message_id from message_index m"
            " where m.conversation_id = c.id order by position) as ids from conversations c"
            " order by message_count desc, id",
        ),
        rows(
            database,
            workspace,
            "select count(*) as conversations, sum(message_count) as messages,"
            " sum(jsonb_array_length(messages)) as said, min(started_at) >= '2026-05-02' as begins,"
            " max(started_at) < '2026-06-01' as ends,"
            " (select count(*) from message_index) as indexed,"
            " (select count(*) from chat_sessions) as sessions,"
            " (select count(*) from conversation_analyses) as analyses from conversations",
        )[0],
    )
    messages = counted["messages"]
    assert counted == {
        "conversations": 50,
        "sessions": 50,
        "analyses": 50,
        "begins": True,
        "ends": True,
        "messages": messages,
        "said": messages,
        "indexed": messages,
    }
    assert analysed(found) == {name: found[name] for name in found if name != "messages"}


def test_loading_goes_on_where_it_was_interrupted_and_marks_what_is_to_be_counted(
    database: Database, workspace: int, load: Load
) -> None:
    load(40)

    assert load(60) == 20
    assert load(60) == 0

    with database.unit_of_work(workspace_scope(workspace, "tests")) as uow:
        recount_hours(uow, limit=1000)
    assert sum(count_people(database, workspace)) == 6
    (told,) = rows(
        database,
        workspace,
        "select (select sum(counts[1]) from bucket_stats where dimension = 'all') as counted,"
        " (select sum((interaction_stats ->> 'total_conversations')::int) from user_profiles)"
        " as of_people",
    )
    assert told == {"counted": 60, "of_people": 60}


def test_a_workspace_is_made_for_a_name_that_none_has(database: Database) -> None:
    slug = f"load-{token_hex(4)}"

    first, again = (loading.make_workspace(database, slug) for _ in range(2))

    assert first == again


def test_a_workspace_with_other_conversations_is_left_alone(load: Load) -> None:
    load(20)

    with pytest.raises(Conflict, match="other conversations"):
        load(20, seed=2)


def test_production_is_filled_only_by_who_means_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Production:
        env = "production"

    monkeypatch.setattr("talkhub.cli.load.settings_or_exit", Production)

    assert run(["load-demo"]) == 2
    assert "say --yes" in capsys.readouterr().err


@pytest.mark.parametrize("is_taken", [False, True])
def test_the_command_tells_who_can_look_at_what_it_stored(
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    is_taken: bool,
) -> None:
    slug = f"demo-{token_hex(4)}"
    monkeypatch.setattr(scripts, "SCRIPTS", 12)
    monkeypatch.setattr("talkhub.cli.load.settings_or_exit", lambda: settings)
    if is_taken:
        add_first_user(database, username=slug, password="of the default workspace")

    assert run(["load-demo", "--workspace", slug, "--conversations=1", "--quiet"]) == 0

    told = capsys.readouterr().out.partition(" s. ")[2]
    assert told == (
        f"The login `{slug}` is another workspace's, so that nobody can sign in to this one.\n"
        if is_taken
        else f"Sign in as `{slug}` with ADMIN_PASSWORD to look at them.\n"
    )


def test_the_same_seed_makes_the_same_workspace_twice(
    database: Database, workspace: int, load: Load
) -> None:
    load(20)
    texts = "select md5(string_agg(messages::text, '' order by conversation_id)) from conversations"
    before = rows(database, workspace, texts)

    other = make_workspace(database)
    wanted = Wanted(20, LAST, days=30)
    load_conversations(database, other, wanted, lambda _done: None)

    assert rows(database, other, texts) == before
