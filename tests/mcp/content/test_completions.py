"""Completions: what could stand there, from the caller's own rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from rpc import Rpc
from talked import SLASHED, Talked

from talkhub.names import Scope

ANSWER = {"type": "ref/prompt", "name": "answer_customer"}
SUMMARY = {"type": "ref/prompt", "name": "summarize_conversation"}
PROFILE = {"type": "ref/resource", "uri": "talkhub://users/{user_id}/profile"}
SESSION = {"type": "ref/resource", "uri": "talkhub://sessions/{session_id}"}


def complete(rpc: Rpc, reference: object, name: str, typed: str, **chosen: str) -> dict[str, Any]:
    params: dict[str, Any] = {"ref": reference, "argument": {"name": name, "value": typed}}
    if chosen:
        params["context"] = {"arguments": chosen}
    return rpc.result("completion/complete", params)["completion"]


def values(*asked: Any, **chosen: str) -> list[str]:
    return complete(*asked, **chosen)["values"]


def test_people_are_completed_by_the_beginning_of_their_id(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    for user_id in ("ana", "anabela", SLASHED):
        talk(caller, "oi", user_id=user_id)

    assert values(rpc, PROFILE, "user_id", "ana") == ["ana", "anabela"]
    assert values(rpc, ANSWER, "user_id", "+55/") == [SLASHED]
    assert values(rpc, ANSWER, "user_id", "x") == []


def test_conversations_and_sessions_are_completed_newest_first(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked]
) -> None:
    first, second = talk(caller, "oi"), talk(caller, "oi de novo")

    conversations = values(rpc, SUMMARY, "conversation_id", "")
    sessions = values(rpc, SESSION, "session_id", "")

    assert conversations == [second.conversation_id, first.conversation_id]
    assert sessions == [second.session_id, first.session_id]
    assert values(rpc, SESSION, "session_id", first.session_id[:-1]) == [first.session_id]


def test_no_more_than_a_hundred_come_and_others_are_announced(rpc: Rpc, caller: Caller) -> None:
    for number in range(101):
        caller.tool("create_chat_session", {"user_id": f"user_{number:03}"})

    completion = complete(rpc, PROFILE, "user_id", "user_")

    assert completion["values"] == [f"user_{number:03}" for number in range(100)]
    assert completion["hasMore"] is True


@pytest.mark.parametrize(
    ("name", "typed", "chosen", "expected"),
    [
        ("language", "", {}, ["pt-BR", "en", "es"]),
        ("language", "E", {}, ["en", "es"]),
        ("platform", "wh", {}, ["whatsapp"]),
        ("tone", "", {}, ["amigável", "formal", "objetivo", "empático"]),
        ("tone", "f", {"language": "en"}, ["friendly", "formal"]),
        ("tone", "em", {"language": "es"}, ["empático"]),
        ("tone", "em", {"language": "tlh"}, ["empático"]),
    ],
)
def test_words_are_completed_from_their_sets(
    rpc: Rpc, name: str, typed: str, chosen: dict[str, str], expected: list[str]
) -> None:
    assert values(rpc, ANSWER, name, typed, **chosen)[: len(expected)] == expected


@pytest.mark.parametrize("typed", ["%", "_", "\\", "a\tb", "😀", "x" * 5000, "'; select 1"])
def test_odd_beginnings_find_nobody(
    rpc: Rpc, caller: Caller, talk: Callable[..., Talked], typed: str
) -> None:
    talk(caller, "oi")

    assert values(rpc, PROFILE, "user_id", typed) == []
    assert values(rpc, SESSION, "session_id", typed) == []


def test_an_argument_without_completer_has_none(rpc: Rpc) -> None:
    assert values(rpc, {"type": "ref/prompt", "name": "weekly_report"}, "until", "2") == []


def test_who_may_not_read_people_is_told_no_ids(rpc_of: Callable[..., Rpc]) -> None:
    params = {"ref": PROFILE, "argument": {"name": "user_id", "value": ""}}

    refused = rpc_of(Scope.ANALYTICS_READ.value).modern("completion/complete", params)

    assert refused.status_code == 403
