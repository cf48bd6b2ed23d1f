"""`create_chat_session`: the session's row, and what it tells of the person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from callers import Caller
from factories import new_user, rows
from flask import Flask

from talkhub.store.uow import Database

SESSIONS = "select * from chat_sessions order by id"
PEOPLE = "select user_id, name, phone, email, revision from user_profiles order by id"
CHANGES = "select source, changes from profile_changes order by id"


def open_session(caller: Caller, **given: Any) -> dict[str, Any]:
    answer = caller.tool("create_chat_session", {"user_id": "ana", **given})
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_new_session_answers_with_its_row(caller: Caller, database: Database) -> None:
    answer = open_session(caller, platform="whatsapp", user_data={"name": "Ana", "plan": "gold"})

    stored = rows(database, caller.workspace_id, SESSIONS)[0]
    assert answer == {
        "id": stored["id"],
        "session_id": stored["session_id"],
        "user_id": "ana",
        "user_data": {"name": "Ana", "plan": "gold"},
        "platform": "whatsapp",
        "status": "active",
        "created_at": stored["created_at"].isoformat().replace("+00:00", "Z"),
        "updated_at": stored["updated_at"].isoformat().replace("+00:00", "Z"),
    }


def test_a_session_id_cannot_be_guessed(caller: Caller) -> None:
    ids = {open_session(caller)["session_id"] for _ in range(20)}

    assert len(ids) == 20
    assert all(len(session_id) >= 30 for session_id in ids)


def test_each_call_without_a_key_opens_a_session(caller: Caller, database: Database) -> None:
    open_session(caller)
    open_session(caller)

    assert len(rows(database, caller.workspace_id, SESSIONS)) == 2
    assert len(rows(database, caller.workspace_id, PEOPLE)) == 1


def test_a_retry_with_its_key_returns_the_same_session(caller: Caller, database: Database) -> None:
    body = {"user_id": "ana", "user_data": {"name": "Ana"}}
    key = {"Idempotency-Key": "k"}

    first = caller.tool("create_chat_session", body, **key)
    again = caller.tool("create_chat_session", body, **key)

    assert (again.status_code, again.json) == (201, first.json)
    assert len(rows(database, caller.workspace_id, SESSIONS)) == 1


def test_a_key_cannot_be_used_for_another_body(caller: Caller, database: Database) -> None:
    open_session(caller, idempotency_key="k")

    refused = caller.tool("create_chat_session", {"user_id": "bia", "idempotency_key": "k"})

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/idempotency_mismatch")
    assert [row["user_id"] for row in rows(database, caller.workspace_id, PEOPLE)] == ["ana"]


def test_retries_at_the_same_time_open_one_session(
    app: Flask, caller: Caller, database: Database
) -> None:
    body = {"user_id": new_user(), "idempotency_key": "k"}

    def retry(_: int) -> str:
        mine = Caller(app.test_client(), caller.workspace_id, caller.token)
        return mine.tool("create_chat_session", body).json["session_id"]

    with ThreadPoolExecutor(6) as threads:
        answers = set(threads.map(retry, range(12)))

    assert answers == {row["session_id"] for row in rows(database, caller.workspace_id, SESSIONS)}
    assert len(answers) == 1


def test_sessions_of_one_new_person_at_the_same_time_make_one_profile(
    app: Flask, caller: Caller, database: Database
) -> None:
    def open_it(_: int) -> int:
        mine = Caller(app.test_client(), caller.workspace_id, caller.token)
        return mine.tool("create_chat_session", {"user_id": "ana"}).status_code

    with ThreadPoolExecutor(6) as threads:
        statuses = set(threads.map(open_it, range(12)))

    assert statuses == {201}
    assert len(rows(database, caller.workspace_id, PEOPLE)) == 1
    assert len(rows(database, caller.workspace_id, SESSIONS)) == 12


def test_the_details_feed_the_profile(caller: Caller, database: Database) -> None:
    details = {"name": "Ana", "phone": "+5511999990001", "email": "ana@example.com"}

    open_session(caller, user_data=details)

    assert rows(database, caller.workspace_id, PEOPLE) == [
        {"user_id": "ana", **details, "revision": 1}
    ]


def test_only_the_given_details_change_the_profile(caller: Caller, database: Database) -> None:
    open_session(caller, user_data={"name": "Ana", "phone": "+5511999990001"})

    open_session(caller, user_data={"name": "Ana Souza", "email": "ana@example.com"})

    assert rows(database, caller.workspace_id, PEOPLE) == [
        {
            "user_id": "ana",
            "name": "Ana Souza",
            "phone": "+5511999990001",
            "email": "ana@example.com",
            "revision": 2,
        }
    ]
    assert rows(database, caller.workspace_id, CHANGES) == [
        {
            "source": "session",
            "changes": {
                "name": {"before": "Ana", "after": "Ana Souza"},
                "email": {"before": None, "after": "ana@example.com"},
            },
        }
    ]


def test_the_same_details_again_are_no_change(caller: Caller, database: Database) -> None:
    open_session(caller, user_data={"name": "Ana"})

    open_session(caller, user_data={"name": "Ana"})

    assert rows(database, caller.workspace_id, PEOPLE)[0]["revision"] == 1
    assert rows(database, caller.workspace_id, CHANGES) == []


@pytest.mark.parametrize(
    "value", ["", "  ", "{{user_name}}", None, True, ["Ana"], {"first": "Ana"}, "x" * 256]
)
def test_what_is_no_name_does_not_become_one(
    caller: Caller, database: Database, value: object
) -> None:
    open_session(caller, user_data={"name": "Ana"})

    answer = open_session(caller, user_data={"name": value})

    assert answer["user_data"] == {"name": value}
    assert rows(database, caller.workspace_id, PEOPLE)[0]["name"] == "Ana"


def test_a_number_may_be_a_phone(caller: Caller, database: Database) -> None:
    open_session(caller, user_data={"phone": 5511999990001})

    assert rows(database, caller.workspace_id, PEOPLE)[0]["phone"] == "5511999990001"


def test_a_new_person_is_known_but_has_no_history(caller: Caller) -> None:
    open_session(caller, user_data={"name": "Ana"})

    context = caller.tool("get_user_context", {"user_id": "ana"}).json

    assert (context["found"], context["has_history"]) == (True, False)
    assert context["interaction_stats"]["total_conversations"] == 0


def test_a_session_of_a_merged_person_belongs_to_the_one_they_went_into(
    caller: Caller, database: Database, merge: Callable[..., int]
) -> None:
    open_session(caller)
    open_session(caller, user_id="ana-old")
    kept = merge("ana-old", into="ana")

    open_session(caller, user_id="ana-old", user_data={"name": "Ana"})

    newest = rows(database, caller.workspace_id, SESSIONS)[-1]
    assert (newest["user_id"], newest["profile_id"]) == ("ana-old", kept)
    names = "select user_id, name from user_profiles order by id"
    assert rows(database, caller.workspace_id, names) == [
        {"user_id": "ana", "name": "Ana"},
        {"user_id": "ana-old", "name": None},
    ]
