"""`get_user_context`: what a bot is told, with real statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_workspace, rows, transcript

from requirements import requirement
from talkhub.memory.excerpts import ESTIMATOR
from talkhub.services.recalling.context import RECENT_CONVERSATIONS
from talkhub.store.uow import Database


def save(caller: Caller, *texts: str, session: str, day: str = "2026-03-02") -> dict[str, Any]:
    body = {"session_id": session, "user_id": "ana", "messages": transcript(*texts, day=day)}
    answer = caller.tool("save_conversation", body)
    assert answer.status_code == 200
    return answer.json


def context_of(caller: Caller, user_id: str = "ana", **query: str) -> dict[str, Any]:
    answer = caller.get(f"/api/v1/mcp/get_user_context/{user_id}", **query)
    assert answer.status_code == 200, answer.json
    return answer.json


def test_an_unknown_person_has_an_empty_context(caller: Caller, database: Database) -> None:
    assert context_of(caller, "caio") == {
        "user_id": "caio",
        "found": False,
        "profile": {},
        "has_history": False,
        "recent_conversations": [],
        "preferences": {},
        "interaction_stats": {
            "total_conversations": 0,
            "total_messages": 0,
            "average_response_time": None,
            "preferred_topics": [],
            "preferred_intents": [],
            "next_intents": [],
            "last_interaction": None,
        },
        "facts": [],
        "summary": None,
        "open_issues": [],
        "status": "ok",
        "degraded": [],
        "consent": {"memory": True},
        "as_of": None,
        "query": None,
        "last": None,
        "relevant": [],
        "recent_messages": [],
        "prompt": None,
        "tokens": {
            "budget": 1000,
            "used": 0,
            "estimator": ESTIMATOR,
            "sections": {"recent": 0, "relevant": 0},
            "dropped": {"recent": 0, "relevant": 0},
        },
    }
    assert rows(database, caller.workspace_id, "select from user_profiles") == []


def test_the_profile_is_told(caller: Caller) -> None:
    given = {"name": "Ana", "phone": "+5511999990001", "email": "a@example.com", "shirt": "M"}
    preferences = {"contact": {"by": "email"}}
    updated = caller.tool(
        "update_user_profile",
        {"user_id": "ana", "profile_data": {**given, "tags": ["vip"], "preferences": preferences}},
    ).json

    context = context_of(caller)

    profile = context["profile"]
    assert profile.pop("first_seen_at") is not None
    assert profile.pop("last_seen_at") is not None
    assert profile.pop("created_at")[:19] == updated["created_at"][:19]
    assert profile.pop("updated_at")[:19] == updated["updated_at"][:19]
    assert profile == {
        "user_id": "ana",
        "name": "Ana",
        "phone": "+5511999990001",
        "email": "a@example.com",
        "tags": ["vip"],
        "custom": {"shirt": "M"},
        "locale": None,
        "timezone": None,
    }
    assert context["preferences"] == preferences


def test_a_conversation_is_told_as_soon_as_it_is_saved(caller: Caller) -> None:
    saved = save(caller, "oi", "olá", session="s1")

    context = context_of(caller)

    assert context["has_history"] is True
    recent = context["recent_conversations"]
    assert [item["conversation_id"] for item in recent] == [saved["conversation_id"]]
    assert recent[0]["messages"] == saved["messages"]
    assert recent[0]["metadata"] == saved["metadata"]


def test_the_newest_conversations_come_first_and_are_few(caller: Caller) -> None:
    for day in range(1, RECENT_CONVERSATIONS + 3):
        save(caller, "oi", session=f"s{day}", day=f"2026-03-{day:02}")

    recent = context_of(caller)["recent_conversations"]

    newest = RECENT_CONVERSATIONS + 2
    assert [item["session_id"] for item in recent] == [
        f"s{day}" for day in range(newest, newest - RECENT_CONVERSATIONS, -1)
    ]


@pytest.mark.parametrize("no", ["false", "False", "0", "no"])
def test_without_history_none_is_told_but_that_there_is_some(caller: Caller, no: str) -> None:
    save(caller, "oi", session="s")

    context = context_of(caller, include_history=no)

    assert (context["recent_conversations"], context["has_history"]) == ([], True)


@pytest.mark.parametrize("yes", ["true", "True", "1", "yes", ""])
def test_with_history_it_is_told(caller: Caller, yes: str) -> None:
    save(caller, "oi", session="s")

    assert len(context_of(caller, include_history=yes)["recent_conversations"]) == 1


@requirement("workflow:profile-after-saving")
def test_the_statistics_are_those_of_all_conversations(
    caller: Caller, drain: Callable[[], None]
) -> None:
    save(caller, "quero comprar o plano", "ok", session="s1", day="2026-03-01")
    save(caller, "quero comprar outro", "ok", "obrigada", session="s2", day="2026-03-02")
    save(caller, "quero cancelar a assinatura", session="s3", day="2026-03-03")
    drain()

    stats = context_of(caller)["interaction_stats"]

    assert stats.pop("preferred_topics") is not None
    assert [it["intent"] for it in stats.pop("next_intents")] == ["purchase", "cancellation"]
    assert stats == {
        "total_conversations": 3,
        "total_messages": 6,
        "average_response_time": 60,
        "preferred_intents": ["purchase", "cancellation"],
        "last_interaction": "2026-03-03T12:00:00Z",
    }


def test_the_average_response_time_is_that_of_all_answers(
    caller: Caller, drain: Callable[[], None]
) -> None:
    for session, seconds in (("s1", ["10"]), ("s2", ["01", "02"])):
        messages = []
        for minute, second in enumerate(seconds):
            asked = {"role": "user", "content": "oi", "timestamp": f"2026-03-02T12:{minute:02}:00Z"}
            answered = {**asked, "role": "bot", "timestamp": f"2026-03-02T12:{minute:02}:{second}Z"}
            messages += [asked, answered]
        caller.tool(
            "save_conversation", {"session_id": session, "user_id": "ana", "messages": messages}
        )
    drain()

    stats = context_of(caller)["interaction_stats"]

    assert stats["average_response_time"] == pytest.approx(13 / 3, abs=0.001)


def test_a_grown_conversation_is_counted_once(caller: Caller, drain: Callable[[], None]) -> None:
    save(caller, "oi", session="s")
    drain()
    save(caller, "oi", "olá", "tudo bem?", session="s")
    drain()

    stats = context_of(caller)["interaction_stats"]

    assert (stats["total_conversations"], stats["total_messages"]) == (1, 3)


@requirement("analytics:frequent-topics")
def test_the_most_frequent_topics_come_first(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    save(caller, "meu pedido não chegou, e a entrega?", "ok", session="s1", day="2026-03-01")
    save(caller, "quero saber da entrega do pedido", "ok", session="s2", day="2026-03-02")
    save(caller, "qual o preço?", "dez", session="s3", day="2026-03-03")
    drain()

    told = context_of(caller)["interaction_stats"]["preferred_topics"]

    found = rows(database, caller.workspace_id, "select topics from conversations")
    counts: dict[str, int] = {}
    for row in found:
        for topic in row["topics"]:
            counts[topic] = counts.get(topic, 0) + 1
    assert told == sorted(counts, key=lambda topic: (-counts[topic], topic))[:5]
    assert told


def test_a_person_of_another_workspace_is_unknown(
    caller: Caller, database: Database, sign_token: Callable[..., str]
) -> None:
    save(caller, "oi", session="s")
    other_id = make_workspace(database)
    stranger = Caller(caller.client, other_id, sign_token(other_id))

    assert context_of(stranger)["found"] is False


def test_a_merged_person_is_told_as_the_one_they_went_into(
    caller: Caller, merge: Callable[..., int]
) -> None:
    save(caller, "oi", session="s")
    caller.tool("update_user_profile", {"user_id": "old", "profile_data": {}})
    merge("old", into="ana")

    context = context_of(caller, "old")

    assert (context["user_id"], context["profile"]["user_id"]) == ("old", "ana")
    assert len(context["recent_conversations"]) == 1


@pytest.mark.parametrize("user_id", ["joão da silva", "+5511999990001", "a%b_c", "ana'--", "你好"])
def test_any_text_may_be_a_user_id(caller: Caller, user_id: str) -> None:
    caller.tool("update_user_profile", {"user_id": user_id, "profile_data": {"name": "X"}})

    context = context_of(caller, user_id.replace("%", "%25"))

    assert (context["user_id"], context["found"]) == (user_id, True)


def test_post_tells_the_same_as_get(caller: Caller) -> None:
    save(caller, "oi", session="s")

    posted = caller.tool("get_user_context", {"user_id": "ana", "include_history": "true"})

    assert posted.json == context_of(caller)
