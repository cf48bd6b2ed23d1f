"""`update_user_profile`: merged, never replaced; what changed is kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from callers import Caller
from factories import rows
from flask import Flask

from requirements import requirement
from talkhub.services.people.profiles import deep_merged
from talkhub.store.uow import Database

CHANGES = "select source, changes from profile_changes order by id"
PEOPLE = "select * from user_profiles order by id"


def update(caller: Caller, **data: Any) -> dict[str, Any]:
    answer = caller.tool("update_user_profile", {"user_id": "ana", "profile_data": data})
    assert answer.status_code == 200, answer.json
    return answer.json


@requirement("tools:update-user-profile")
def test_an_unknown_person_is_made(caller: Caller, database: Database) -> None:
    answer = update(caller, name="Ana", phone="+5511999990001", email="ana@example.com")

    stored = rows(database, caller.workspace_id, PEOPLE)[0]
    assert answer == {
        "user_id": "ana",
        "name": "Ana",
        "phone": "+5511999990001",
        "email": "ana@example.com",
        "locale": None,
        "timezone": None,
        "memory_opt_out": False,
        "preferences": {},
        "tags": [],
        "custom": {},
        "interaction_stats": {
            "total_conversations": 0,
            "total_messages": 0,
            "average_response_time": None,
            "preferred_topics": [],
            "preferred_intents": [],
            "next_intents": [],
            "last_interaction": None,
        },
        "revision": 2,
        "created_at": stored["created_at"].isoformat().replace("+00:00", "Z"),
        "updated_at": stored["updated_at"].isoformat().replace("+00:00", "Z"),
    }


@pytest.mark.parametrize("path", ["update_user_profile", "update_user_profile/ana"])
def test_put_does_what_post_does(caller: Caller, path: str) -> None:
    body = {"profile_data": {"name": "Ana"}}
    if not path.endswith("ana"):
        body["user_id"] = "ana"

    answer = caller.put(f"/api/v1/mcp/{path}", body)

    assert (answer.status_code, answer.json["user_id"], answer.json["name"]) == (200, "ana", "Ana")


def test_what_is_not_given_stays(caller: Caller) -> None:
    update(caller, name="Ana", phone="+5511999990001")

    answer = update(caller, email="ana@example.com")

    assert (answer["name"], answer["phone"]) == ("Ana", "+5511999990001")


def test_preferences_are_merged_in_depth(caller: Caller) -> None:
    update(caller, preferences={"contact": {"hour": 9, "by": "phone"}, "size": "M"})

    answer = update(caller, preferences={"contact": {"by": "email"}, "colour": "blue"})

    assert answer["preferences"] == {
        "contact": {"hour": 9, "by": "email"},
        "size": "M",
        "colour": "blue",
    }


def test_null_removes_a_preference_and_nothing_beside_it(caller: Caller) -> None:
    update(caller, preferences={"contact": {"hour": 9, "by": "phone"}})

    answer = update(caller, preferences={"contact": {"hour": None}})

    assert answer["preferences"] == {"contact": {"by": "phone"}}


def test_tags_are_a_set(caller: Caller) -> None:
    update(caller, tags=["vip", "novo"])

    answer = update(caller, tags=["vip", "sp"])

    assert answer["tags"] == ["novo", "sp", "vip"]


@pytest.mark.parametrize(
    ("field", "value", "empty"),
    [
        ("name", "Ana", None),
        ("phone", "+5511999990001", None),
        ("email", "ana@example.com", None),
        ("locale", "pt-BR", None),
        ("timezone", "America/Recife", None),
        ("memory_opt_out", True, False),
        ("preferences", {"a": 1}, {}),
        ("tags", ["vip"], []),
    ],
)
def test_null_removes_a_field(caller: Caller, field: str, value: object, empty: object) -> None:
    given = update(caller, **{field: value})

    removed = update(caller, **{field: None})

    assert (given[field], removed[field]) == (value, empty)


def test_unknown_keys_are_kept_as_custom_fields(caller: Caller) -> None:
    update(caller, plan={"kind": "gold", "seats": 5}, shirt="M", interaction_stats={"x": 1})

    answer = update(caller, plan={"seats": 7}, shirt=None)

    assert answer["custom"] == {
        "plan": {"kind": "gold", "seats": 7},
        "interaction_stats": {"x": 1},
    }
    assert answer["interaction_stats"]["total_conversations"] == 0


def test_the_history_of_changes_is_kept(caller: Caller, database: Database) -> None:
    update(caller, name="Ana", tags=["vip"])
    update(caller, name="Ana Souza")

    assert rows(database, caller.workspace_id, CHANGES) == [
        {
            "source": "api",
            "changes": {
                "name": {"before": None, "after": "Ana"},
                "tags": {"before": [], "after": ["vip"]},
            },
        },
        {"source": "api", "changes": {"name": {"before": "Ana", "after": "Ana Souza"}}},
    ]


def test_an_update_that_changes_nothing_leaves_no_trace(caller: Caller, database: Database) -> None:
    first = update(caller, name="Ana", preferences={"a": {"b": 1}})

    again = update(caller, name="Ana", preferences={"a": {"b": 1}})

    assert again == {**first, "updated_at": again["updated_at"]}
    assert len(rows(database, caller.workspace_id, CHANGES)) == 1


def test_an_empty_text_does_not_wipe_what_is_known(caller: Caller) -> None:
    update(caller, name="Ana", phone="+5511999990001")

    answer = update(caller, name="", phone="{{user_phone}}")

    assert (answer["name"], answer["phone"]) == ("Ana", "+5511999990001")


def test_structured_fields_may_come_as_text(caller: Caller) -> None:
    answer = update(caller, preferences='{"size": "M"}', tags='["vip"]', memory_opt_out="true")

    assert (answer["preferences"], answer["tags"]) == ({"size": "M"}, ["vip"])
    assert answer["memory_opt_out"] is True


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "America/Nowhere"),
        ("name", "x" * 256),
        ("preferences", ["a"]),
        ("tags", "vip"),
        ("tags", [""]),
        ("memory_opt_out", "perhaps"),
        ("preferences", '{"a": '),
    ],
)
def test_what_is_no_such_field_is_refused_and_makes_nobody(
    caller: Caller, database: Database, field: str, value: object
) -> None:
    body = {"user_id": "ana", "profile_data": {field: value}}

    refused = caller.tool("update_user_profile", body)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"].startswith(f"/profile_data/{field}")
    assert rows(database, caller.workspace_id, PEOPLE) == []


def test_updates_at_the_same_time_lose_nothing(
    app: Flask, caller: Caller, database: Database
) -> None:
    def tag(number: int) -> int:
        mine = Caller(app.test_client(), caller.workspace_id, caller.token)
        body = {"user_id": "ana", "profile_data": {"tags": [f"t{number}"], f"k{number}": number}}
        return mine.tool("update_user_profile", body).status_code

    with ThreadPoolExecutor(6) as threads:
        statuses = set(threads.map(tag, range(12)))

    stored = rows(database, caller.workspace_id, PEOPLE)
    assert statuses == {200}
    assert len(stored) == 1
    assert stored[0]["tags"] == sorted(f"t{number}" for number in range(12))
    assert stored[0]["custom"] == {f"k{number}": number for number in range(12)}
    assert len(rows(database, caller.workspace_id, CHANGES)) == 12


def test_a_merged_persons_update_reaches_the_one_they_went_into(
    caller: Caller, merge: Callable[..., int]
) -> None:
    update(caller, name="Ana")
    caller.tool("update_user_profile", {"user_id": "old", "profile_data": {}})
    merge("old", into="ana")

    body = {"user_id": "old", "profile_data": {"phone": "+5511999990001"}}
    answer = caller.tool("update_user_profile", body).json

    assert (answer["user_id"], answer["name"], answer["phone"]) == ("ana", "Ana", "+5511999990001")


def test_an_idempotency_key_is_no_hindrance(caller: Caller) -> None:
    body = {"user_id": "ana", "profile_data": {"name": "Ana"}}

    answer = caller.tool("update_user_profile", body, **{"Idempotency-Key": "k"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ({}, {"a": {"b": None}}, {"a": {}}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
        ({"a": {"b": 2}}, {"a": 1}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"b": None}, {"a": 1}),
    ],
)
def test_deep_merging(old: dict[str, Any], new: dict[str, Any], result: dict[str, Any]) -> None:
    assert deep_merged(old, new) == result
