"""Corrections: a person's word stands beside the prediction and wins wherever labels are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_workspace, rows, transcript
from flask.testing import FlaskClient

from talkhub.names import Scope
from talkhub.store.queries.conversation_filters import ConversationFilter
from talkhub.store.queries.conversations import (
    latest_conversations,
)
from talkhub.store.uow import Database, workspace_scope

PRAISE = transcript("Adorei o atendimento, parabéns!", "Obrigada!")
COLUMNS = """
select primary_intent, sentiment, sentiment_score, intent_analysis from conversations
"""
HOURS = """
select dimension, value, counts[1] as count from bucket_stats
where level = 'hour' and dimension in ('intent', 'sentiment') order by dimension
"""


@pytest.fixture
def praise(caller: Caller, drain: Callable[[], None]) -> str:
    """The id of a conversation of Ana's that is read as praise."""
    body = {"session_id": "s", "user_id": "ana", "messages": PRAISE}
    saved = caller.tool("save_conversation", body).json
    drain()
    return str(saved["conversation_id"])


@pytest.fixture
def correct(caller: Caller, praise: str, drain: Callable[[], None]) -> Callable[..., Any]:
    """Correct it over REST, and have everything counted again."""

    def send(**said: object) -> Any:
        answer = caller.post(f"/api/v1/conversations/{praise}/corrections", said)
        drain()
        return answer

    return send


def test_a_correction_counts_wherever_labels_are_read(
    caller: Caller, database: Database, praise: str, correct: Callable[..., Any]
) -> None:
    answer = correct(intent="complaint", sentiment="negative", resolution="no")

    wanted = ConversationFilter(intents=("complaint",), sentiments=("negative",))
    with database.read_only(workspace_scope(caller.workspace_id, "tests")) as uow:
        listed = latest_conversations(uow, wanted).lines
    analytics = caller.get("/api/v1/mcp/get_conversation_analytics").json
    context = caller.get("/api/v1/mcp/get_user_context/ana", include_history="true").json
    assert answer.status_code == 201
    assert [line.conversation_id for line in listed] == [praise]
    assert analytics["intent_distribution"] == {"complaint": 1}
    assert analytics["sentiment_analysis"] == {"positive": 0, "neutral": 0, "negative": 1}
    assert rows(database, caller.workspace_id, HOURS) == [
        {"dimension": "intent", "value": "complaint", "count": 1},
        {"dimension": "sentiment", "value": "negative", "count": 1},
    ]
    assert context["interaction_stats"]["preferred_intents"] == ["complaint"]
    assert (context["last"]["intent"], context["last"]["sentiment"]) == ("complaint", "negative")
    shown = context["recent_conversations"][0]["intent_analysis"]
    assert shown["source"] == "corrected"
    assert (shown["intent"], shown["course"]["resolution"]) == ("complaint", "no")
    assert (shown["predicted"]["intent"], shown["predicted"]["sentiment"]) == ("thanks", "positive")


def test_a_correction_outlives_a_further_analysis(
    caller: Caller, database: Database, correct: Callable[..., Any], drain: Callable[[], None]
) -> None:
    correct(intent="complaint", sentiment="negative")
    more = transcript(*(it["content"] for it in PRAISE), "Quero comprar mais um!")

    caller.tool("save_conversation", {"session_id": "s", "user_id": "ana", "messages": more})
    drain()

    (row,) = rows(database, caller.workspace_id, COLUMNS)
    assert (row["primary_intent"], row["sentiment"]) == ("complaint", "negative")
    assert row["intent_analysis"]["predicted"]["intent"] == "purchase"


def test_undoing_brings_back_what_counted_before(
    caller: Caller, database: Database, praise: str, correct: Callable[..., Any]
) -> None:
    before = rows(database, caller.workspace_id, COLUMNS)
    correct(sentiment="neutral")
    made = correct(sentiment="negative").json["corrections"]
    path = f"/api/v1/conversations/{praise}/corrections"

    moods = []
    for it in made:
        assert caller.delete(f"{path}/{it['id']}").status_code == 204
        moods.append(rows(database, caller.workspace_id, COLUMNS)[0]["sentiment"])

    listed = caller.get(path).json["corrections"]
    assert moods == ["neutral", "positive"]
    assert rows(database, caller.workspace_id, COLUMNS) == before
    assert [(it["previous"], it["value"], it["undone_by"]) for it in listed] == [
        ("neutral", "negative", "ana"),
        ("positive", "neutral", "ana"),
    ]


def test_a_callers_own_analysis_is_corrected_too_and_kept_when_it_is_sent_again(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    body = {"session_id": "s", "user_id": "ana", "messages": PRAISE}
    body["intent_analysis"] = {"intent": "vip", "level": 3}
    saved = caller.tool("save_conversation", body).json
    drain()
    path = f"/api/v1/conversations/{saved['conversation_id']}/corrections"
    caller.post(path, {"intent": "complaint"})

    again = caller.tool("save_conversation", body).json

    (row,) = rows(database, caller.workspace_id, COLUMNS)
    assert again["intent_analysis"] == row["intent_analysis"]
    assert (row["primary_intent"], row["intent_analysis"]["level"]) == ("complaint", 3)
    assert row["intent_analysis"]["predicted"] == {"intent": "vip", "level": 3, "source": "caller"}


def test_of_a_message_its_mood_and_intents_are_corrected_and_listed(
    caller: Caller, database: Database, praise: str, correct: Callable[..., Any]
) -> None:
    (stored,) = rows(database, caller.workspace_id, "select messages from conversations")
    message_id = stored["messages"][0]["id"]

    answer = correct(message_id=message_id, intents=["complaint", "cancellation"])

    (made,) = answer.json["corrections"]
    assert (made["message_id"], made["value"]) == (message_id, ["complaint", "cancellation"])
    assert made["previous"] == ["thanks"]
    assert answer.json["intent_analysis"]["source"] == "talkhub"
    (counts,) = answer.json["messages"]
    assert [it["intent"] for it in counts["intents"]] == ["complaint", "cancellation"]
    assert (counts["sentiment"], counts["is_corrected"]) == ("positive", True)
    content = stored["messages"][0]["content"]
    why = {(content[it["start"] : it["end"]], it["label"]) for it in counts["reasons"]}
    assert ("Adorei", "positive") in why


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"intent": "unknown"}, "/intent"),
        ({"intents": ["complaint"]}, "/intents"),
        ({"message_id": "m1", "sentiment": "negative"}, "/message_id"),
        ({"message_id": "m1", "outcome": "contained"}, "/outcome"),
    ],
)
def test_what_no_label_or_message_is_called_is_refused(
    correct: Callable[..., Any], said: dict[str, object], pointer: str
) -> None:
    answer = correct(**said)

    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_who_may_not_correct_or_belongs_elsewhere_changes_nothing(
    client: FlaskClient, database: Database, praise: str, sign_token: Callable[..., str]
) -> None:
    path = f"/api/v1/conversations/{praise}/corrections"
    caio = Caller(client, 0, sign_token(make_workspace(database)))
    reader = Caller(client, 0, sign_token(caio.workspace_id, Scope.MCP_READ))

    assert caio.post(path, {"sentiment": "negative"}).status_code == 404
    assert reader.post(path, {"sentiment": "negative"}).status_code == 403
