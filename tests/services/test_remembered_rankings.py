"""Rankings of long histories are remembered: never stale, and never with people's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import redis
from callers import Caller
from factories import transcript

from talkhub import metrics
from talkhub.services.recalling import memory
from talkhub.store.uow import Database, workspace_scope

QUERY = "qual o número do pedido?"


@pytest.fixture(autouse=True)
def _every_history_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_MOST_AT_ONCE", 0)


def save(caller: Caller, session: str, *texts: str, person: str = "ana") -> None:
    body = {"session_id": session, "user_id": person, "messages": transcript(*texts)}
    assert caller.tool("save_conversation", body).status_code == 200


def found(caller: Caller) -> list[str]:
    answer = caller.tool("search_memory", {"user_id": "ana", "query": QUERY})
    return [result["text"] for result in answer.json["results"]]


def found_anew(database: Database, caller: Caller) -> list[str]:
    """Search where nothing is remembered."""
    with database.read_only(workspace_scope(caller.workspace_id, "tests")) as uow:
        return [it.message["content"] for it in memory.search(uow, "ana", QUERY, limit=10)]


def lookups(result: str) -> float:
    return metrics.cache_lookups.labels("context", result)._value.get()


def test_the_same_question_again_is_answered_from_memory(
    caller: Caller, drain: Callable[[], None], redis_url: str
) -> None:
    save(caller, "s1", "Oi, meu pedido é o 4821", "Vou verificar")
    drain()
    hits = lookups("hit")

    first = found(caller)

    assert first[0] == "Oi, meu pedido é o 4821"
    assert found(caller) == first
    assert lookups("hit") == hits + 1
    client = redis.Redis.from_url(redis_url)
    (key,) = client.keys(f"context:{caller.workspace_id}:*")
    assert 0 < client.ttl(key) <= 3_600
    assert b"pedido" not in key + client.get(key)


def test_whatever_changes_is_found_at_once(
    caller: Caller, drain: Callable[[], None], database: Database
) -> None:
    def grows() -> None:
        save(caller, "s1", "Oi, meu pedido é o 4821", "Vou verificar", "o pedido mudou: 9999")

    def starts_another() -> None:
        save(caller, "s2", "pedido 7777 atrasado", "sinto muito")

    def is_merged() -> None:
        save(caller, "s3", "e o pedido 5555?", person="outra")
        drain()
        merged = caller.post("/api/v1/people/outra/merge", {"into": "ana"})
        assert merged.status_code in {200, 204}, merged.text

    def is_renamed() -> None:
        caller.tool("update_user_profile", {"user_id": "ana", "profile_data": {"name": "Pedido"}})

    def refuses() -> None:
        wish = {"user_id": "ana", "profile_data": {"memory_opt_out": True}}
        caller.tool("update_user_profile", wish)

    save(caller, "s1", "Oi, meu pedido é o 4821", "Vou verificar")
    for change in (drain, grows, drain, starts_another, drain, is_merged, is_renamed, drain):
        found(caller)  # it is remembered before it changes

        change()

        assert found(caller) == found_anew(database, caller), change.__name__
        assert found(caller) == found_anew(database, caller), change.__name__
    assert len(found(caller)) >= 6
    refuses()
    assert found(caller) == []
