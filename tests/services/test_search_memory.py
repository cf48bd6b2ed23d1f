"""`search_memory`: what a person said, found by a question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import Caller
from factories import make_workspace, rows, transcript

from talkhub.jobs.packing import pack_conversations
from talkhub.services.recalling import memory
from talkhub.store.uow import Database, workspace_scope

ORDER = ("Oi, meu pedido é o 4821", "Vou verificar", "Mora onde?", "Na rua das Flores")


def save(caller: Caller, *texts: str, session: str = "s1", day: str = "2026-03-02") -> None:
    body = {"session_id": session, "user_id": "ana", "messages": transcript(*texts, day=day)}
    assert caller.tool("save_conversation", body).status_code == 200


def found(caller: Caller, query: str, **more: object) -> list[dict[str, Any]]:
    answer = caller.tool("search_memory", {"user_id": "ana", "query": query, **more})
    assert answer.status_code == 200, answer.json
    return answer.json["results"]


def texts(results: list[dict[str, Any]]) -> list[str]:
    return [result["text"] for result in results]


def test_a_message_is_found_as_soon_as_it_is_saved(caller: Caller) -> None:
    save(caller, *ORDER)

    first = found(caller, "qual o número do pedido?")[0]

    assert first.pop("score") > 0
    assert first.pop("conversation_id").startswith("conv_")
    assert first.pop("message_id").startswith("m")
    assert first == {
        "role": "user",
        "text": "Oi, meu pedido é o 4821",
        "at": "2026-03-02T12:00:00Z",
        "platform": "unknown",
    }


def test_the_analysis_changes_nothing_of_what_is_found(
    caller: Caller, drain: Callable[[], None]
) -> None:
    save(caller, *ORDER)
    save(caller, "quero trocar a blusa", "qual o tamanho?", session="s2")
    before = found(caller, "pedido ou troca?")

    drain()

    assert found(caller, "pedido ou troca?") == before


def test_what_a_conversation_grew_by_is_found(caller: Caller, drain: Callable[[], None]) -> None:
    save(caller, *ORDER)
    drain()
    save(caller, *ORDER, "Anotado", "E o CEP é 01310-100")

    assert "E o CEP é 01310-100" in texts(found(caller, "qual o CEP?"))


def test_conversations_from_before_the_memory_are_packed_by_the_schedule(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    save(caller, *ORDER)
    drain()
    packed = rows(database, caller.workspace_id, "select stems from conversations")
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run("update conversations set stems = null")

    pack_conversations(database)

    assert rows(database, caller.workspace_id, "select stems from conversations") == packed
    assert packed[0]["stems"] is not None


def test_a_history_beyond_the_bound_is_searched_from_its_new_end(
    caller: Caller, drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (1, 2, 3):
        save(caller, f"pedido {day}", session=f"s{day}", day=f"2026-03-0{day}")
    drain()
    monkeypatch.setattr(memory, "MOST_MESSAGES", 2)

    assert set(texts(found(caller, "pedido"))) == {"pedido 3", "pedido 2"}


def test_a_backlog_is_searched_from_its_new_end(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (1, 2, 3):
        save(caller, f"pedido {day}", session=f"s{day}", day=f"2026-03-0{day}")
    monkeypatch.setattr(memory, "MOST_UNREAD", 1)

    assert texts(found(caller, "pedido")) == ["pedido 3"]


def test_the_past_is_searched_as_it_was(caller: Caller, drain: Callable[[], None]) -> None:
    save(caller, "pedido antigo", "ok", "pedido seguinte", day="2026-03-02")
    save(caller, "pedido novo", session="s2", day="2026-03-09")
    drain()

    assert texts(found(caller, "pedido", as_of="2026-03-02T12:00:30Z")) == ["pedido antigo"]


def test_what_came_later_takes_no_place(caller: Caller, drain: Callable[[], None]) -> None:
    later = ["meu pedido, o pedido 4821, cadê o pedido?"] * 4
    save(caller, "pedido antigo", *later)
    drain()

    assert texts(found(caller, "pedido 4821", as_of="2026-03-02T12:00:30Z", limit=1)) == [
        "pedido antigo"
    ]


def test_what_says_nothing_takes_no_place(caller: Caller, drain: Callable[[], None]) -> None:
    messages = [{"role": "user", "content": text} for text in ("pedido?", "", "ok", "oi", "pedido")]
    messages[1] |= {"role": "agent", "kind": "image"}
    body = {"session_id": "s1", "user_id": "ana", "messages": messages}
    assert caller.tool("save_conversation", body).status_code == 200
    drain()

    assert len(found(caller, "pedido", limit=3)) == 3


def test_what_somebody_promised_is_found_by_their_name(caller: Caller) -> None:
    promises = [
        {"role": "agent", "name": name, "content": f"prometo o reembolso {when}"}
        for name, when in (("Carla", "hoje"), ("Rui", "amanhã"))
    ]
    body = {"session_id": "s1", "user_id": "ana", "messages": promises}
    assert caller.tool("save_conversation", body).json["messages"][1]["name"] == "Rui"

    assert texts(found(caller, "que reembolso o Rui prometeu?"))[0] == "prometo o reembolso amanhã"


def test_at_most_as_many_are_told_as_were_asked_for(caller: Caller) -> None:
    save(caller, *(f"pedido {number}" for number in range(6)))

    assert len(found(caller, "pedido", limit=4)) == 4


@pytest.mark.parametrize("query", ["e o que?", "xyzzy", "?!", "\u4f60\u597d"])
def test_a_question_that_nothing_answers_finds_nothing(caller: Caller, query: str) -> None:
    save(caller, *ORDER)

    assert found(caller, query) == []


def test_whoever_opted_out_is_not_remembered(caller: Caller) -> None:
    save(caller, *ORDER)
    opted_out = {"user_id": "ana", "profile_data": {"memory_opt_out": True}}
    caller.tool("update_user_profile", opted_out)

    assert found(caller, "pedido") == []


def test_nothing_is_found_in_another_workspace(
    caller: Caller, database: Database, sign_token: Callable[..., str]
) -> None:
    save(caller, *ORDER)
    other_id = make_workspace(database)
    caio = Caller(caller.client, other_id, sign_token(other_id))

    assert found(caio, "pedido") == []


def test_a_merged_persons_messages_are_found_under_both_ids(
    caller: Caller, drain: Callable[[], None]
) -> None:
    save(caller, *ORDER)
    drain()
    caller.tool("update_user_profile", {"user_id": "new", "profile_data": {}})
    assert caller.post("/api/v1/people/ana/merge", {"into": "new"}).status_code == 204

    by_new = caller.tool("search_memory", {"user_id": "new", "query": "pedido"}).json["results"]

    assert found(caller, "pedido") == by_new
    assert len(by_new) > 0


def test_all_faces_answer_alike(caller: Caller) -> None:
    save(caller, *ORDER)
    asked = {"user_id": "ana", "query": "pedido", "limit": "3"}

    by_tool = caller.tool("search_memory", asked).json

    assert caller.get("/api/v1/search", **asked).json == by_tool
    assert caller.post("/api/v1/search", asked).json == by_tool


def test_what_was_taken_back_is_not_found(
    caller: Caller, database: Database, drain: Callable[[], None]
) -> None:
    save(caller, *ORDER)
    drain()
    with database.unit_of_work(workspace_scope(caller.workspace_id, "tests")) as uow:
        uow.run(
            "update conversations set messages = jsonb_set(messages, '{0,content}', '\"\"'),"
            " analysis_due_at = clock_timestamp()"
        )

    assert "Oi, meu pedido é o 4821" not in texts(found(caller, "pedido"))
