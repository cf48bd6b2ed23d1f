"""What callers may send to the tools, and what is refused without a trace."""

from __future__ import annotations

import json
from typing import Any

import pytest
from callers import Caller
from factories import rows, transcript

from requirements import requirement
from talkhub.store.uow import Database
from talkhub.strict_json import MAX_BODY_BYTES, MAX_DEPTH, MAX_REPORTED_FAULTS

PEOPLE = "select user_id, name, custom from user_profiles order by id"
EVERYTHING = """
select (select count(*) from user_profiles) + (select count(*) from chat_sessions)
  + (select count(*) from conversations) + (select count(*) from idempotency_keys) as count
"""
SAVE = "/api/v1/mcp/save_conversation"
SECRET_VALUE = "valor-que-ninguem-deve-ver"


def nothing_is_stored(caller: Caller, database: Database) -> bool:
    return rows(database, caller.workspace_id, EVERYTHING) == [{"count": 0}]


def send(caller: Caller, path: str, raw: bytes) -> Any:
    headers = {"Authorization": f"Bearer {caller.token}", "Content-Type": "application/json"}
    return caller.client.post(path, data=raw, headers=headers)


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.content_type == "application/problem+json"
    return [(error["pointer"], error["code"]) for error in answer.json["errors"]]


def test_strings_are_taken_for_what_they_say(caller: Caller, database: Database) -> None:
    messages = json.dumps(transcript("oi", "olá"))
    body = {
        "session_id": 7,
        "user_id": 42,
        "messages": messages,
        "intent_analysis": '{"intent":"x"}',
    }

    saved = caller.tool("save_conversation", body)

    assert saved.status_code == 200
    assert (saved.json["session_id"], saved.json["user_id"]) == ("7", "42")
    assert saved.json["intent_analysis"]["intent"] == "x"
    assert len(saved.json["messages"]) == 2


@pytest.mark.parametrize("nothing", ["", "{{campo}}", " {{ campo }} ", None])
def test_an_optional_field_left_empty_is_absent(caller: Caller, nothing: str | None) -> None:
    body = {
        "session_id": "s",
        "user_id": "ana",
        "messages": [{"role": "user", "content": "oi", "timestamp": "", "kind": "text"}],
        "intent_analysis": nothing,
    }
    if nothing is not None:
        body["metadata"] = nothing
        body["idempotency_key"] = nothing

    saved = caller.tool("save_conversation", body)

    assert saved.status_code == 200, saved.json
    assert saved.json["intent_analysis"]["source"] == "talkhub"


@pytest.mark.parametrize(
    ("tool", "body", "field"),
    [
        ("create_chat_session", {"user_id": "{{user_id}}"}, "user_id"),
        ("create_chat_session", {"user_id": " {{ user_id }} "}, "user_id"),
        ("create_chat_session", {"user_id": "wa_{{user_id}}"}, "user_id"),
        ("get_user_context", {"user_id": "{{contact.id}}"}, "user_id"),
        ("update_user_profile", {"user_id": "{{id}}", "profile_data": {"name": "A"}}, "user_id"),
        ("update_user_profile", {"user_id": "ana", "profile_data": "{{data}}"}, "profile_data"),
        (
            "save_conversation",
            {"session_id": "{{session}}", "user_id": "ana", "messages": transcript("oi")},
            "session_id",
        ),
        (
            "save_conversation",
            {"session_id": "s", "user_id": "ana", "messages": "{{m}}"},
            "messages",
        ),
    ],
)
@requirement("flow:action-block")
def test_a_required_value_that_is_a_placeholder_is_refused_and_makes_nobody(
    caller: Caller, database: Database, tool: str, body: dict[str, Any], field: str
) -> None:
    refused = caller.tool(tool, body)

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/placeholder_not_filled")
    assert faults(refused) == [(f"/{field}", "placeholder_not_filled")]
    assert nothing_is_stored(caller, database)


def test_a_placeholder_in_the_path_is_refused(caller: Caller) -> None:
    refused = caller.get("/api/v1/mcp/get_user_context/{{contact.id}}")

    assert (refused.status_code, refused.json["type"]) == (422, "/problems/placeholder_not_filled")


def test_a_message_that_speaks_of_placeholders_is_a_message(caller: Caller) -> None:
    body = {"session_id": "s", "user_id": "ana", "messages": transcript("{{nome}}")}

    assert caller.tool("save_conversation", body).json["messages"][0]["content"] == "{{nome}}"


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"surprise": SECRET_VALUE}, "/surprise", "extra_forbidden"),
        ({"user_id": None}, "/user_id", "string_type"),
        ({"user_id": ""}, "/user_id", "string_too_short"),
        ({"user_id": SECRET_VALUE * 20}, "/user_id", "string_too_long"),
        ({"user_id": {"id": SECRET_VALUE}}, "/user_id", "string_type"),
        ({"session_id": SECRET_VALUE * 20}, "/session_id", "string_too_long"),
        ({"messages": []}, "/messages", "too_short"),
        ({"messages": SECRET_VALUE}, "/messages", "list_type"),
        ({"messages": "[" + SECRET_VALUE}, "/messages", "json_invalid"),
        ({"messages": [{"role": SECRET_VALUE, "content": "oi"}]}, "/messages/0/role", "enum"),
        ({"messages": [{"role": "user"}]}, "/messages/0/content", "missing"),
        (
            {"messages": [{"role": "user", "content": "x" * 65_537}]},
            "/messages/0/content",
            "string_too_long",
        ),
        (
            {"messages": [{"role": "user", "content": "oi", "a/b~c": SECRET_VALUE}]},
            "/messages/0/a~1b~0c",
            "extra_forbidden",
        ),
        (
            {"messages": [{"role": "user", "content": "oi", "timestamp": SECRET_VALUE}]},
            "/messages/0/timestamp",
            "datetime_from_date_parsing",
        ),
        ({"intent_analysis": [SECRET_VALUE]}, "/intent_analysis", "dict_type"),
        ({"metadata": SECRET_VALUE}, "/metadata", "dict_type"),
    ],
)
def test_a_faulty_field_is_pointed_to_without_its_value(
    caller: Caller, database: Database, change: dict[str, Any], pointer: str, code: str
) -> None:
    body = {"session_id": "s", "user_id": "ana", "messages": transcript("oi")}

    refused = caller.tool("save_conversation", {**body, **change})

    assert refused.status_code == 422
    assert faults(refused) == [(pointer, code)]
    assert SECRET_VALUE not in refused.text
    assert nothing_is_stored(caller, database)


def test_all_faults_are_told_at_once(caller: Caller) -> None:
    refused = caller.tool("save_conversation", {"messages": [{"role": "x"}], "more": 1})

    assert {pointer for pointer, _ in faults(refused)} == {
        "/session_id",
        "/user_id",
        "/messages/0/role",
        "/messages/0/content",
        "/more",
    }


def test_of_very_many_faults_the_first_are_told(caller: Caller) -> None:
    answer = caller.tool("save_conversation", {f"unknown_{number}": 1 for number in range(1000)})

    assert answer.status_code == 422
    assert len(answer.json["errors"]) == MAX_REPORTED_FAULTS


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59-12:00",
        "1969-12-31T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-02-30T00:00:00Z",
        1e300,
    ],
)
def test_a_time_that_cannot_be_is_refused(
    caller: Caller, database: Database, moment: object
) -> None:
    message = {"role": "user", "content": "oi", "timestamp": moment}
    body = {"session_id": "s", "user_id": "ana", "messages": [message]}

    refused = caller.tool("save_conversation", body)

    assert refused.status_code == 422
    assert faults(refused)[0][0] == "/messages/0/timestamp"
    assert nothing_is_stored(caller, database)


def body_with(text: str) -> bytes:
    """Return a save whose message holds `text` as it would be written in JSON."""
    return (
        '{"session_id":"s","user_id":"ana","messages":[{"role":"user","content":' + text + "}]}"
    ).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        pytest.param(body_with('"a\\u0000b"'), 422, id="NUL"),
        pytest.param(body_with('"a\\ud800b"'), 422, id="lone surrogate"),
        pytest.param(body_with('"\ud800"'), 400, id="surrogate in UTF-8"),
        pytest.param(body_with("NaN"), 400, id="NaN"),
        pytest.param(body_with("Infinity"), 400, id="Infinity"),
        pytest.param(body_with("1e999"), 422, id="1e999"),
        pytest.param(body_with("9" * 5000), 422, id="5000 digits"),
        pytest.param(body_with("9" * 25), 422, id="25 digits"),
        pytest.param(body_with('"oi","role":"bot"'), 422, id="duplicate key"),
        pytest.param(body_with("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)), 400, id="deep"),
        pytest.param(body_with("[" * 100_000), 400, id="very deep"),
        pytest.param(body_with('"\xff"').replace(b"\xc3\xbf", b"\xff"), 400, id="Latin-1"),
        pytest.param(body_with('"oi"')[:-1], 400, id="cut short"),
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"null", 422, id="null"),
        pytest.param(b"[1]", 422, id="a list"),
        pytest.param(b'"texto"', 422, id="a text"),
        pytest.param(b" " * (MAX_BODY_BYTES + 1), 413, id="more than 10 MB"),
    ],
)
def test_a_hostile_body_is_refused_and_stores_nothing(
    caller: Caller, database: Database, raw: bytes, status: int
) -> None:
    refused = send(caller, SAVE, raw)

    assert refused.status_code == status
    assert refused.content_type == "application/problem+json"
    assert nothing_is_stored(caller, database)


@pytest.mark.parametrize("field", ["user_data", "metadata", "preferences"])
def test_a_hostile_text_deep_inside_open_data_is_refused(
    caller: Caller, database: Database, field: str
) -> None:
    inside = f'{{"{field}":{{"a":[{{"b":"\\u0000"}}]}}}}'
    refused = send(caller, "/api/v1/mcp/create_chat_session", inside.encode())

    assert refused.status_code == 422
    assert faults(refused)[0] == (f"/{field}/a/0/b", "unstorable_text")
    assert nothing_is_stored(caller, database)


@pytest.mark.parametrize("path", ["%00", "a%00b", "%ED%A0%80"])
def test_a_hostile_path_is_no_fault_of_ours(caller: Caller, path: str) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}

    for place in (f"mcp/get_user_context/{path}", f"people/{path}/facts"):
        answer = caller.client.get(f"/api/v1/{place}", headers=headers)
        assert answer.status_code in {200, 404, 422}


@pytest.mark.parametrize("query", ["user_id=%00", "%00=x", "metrics=%ED%A0%80", "start=%00"])
def test_a_hostile_query_is_refused(caller: Caller, query: str) -> None:
    headers = {"Authorization": f"Bearer {caller.token}"}

    answer = caller.client.get(f"/api/v1/mcp/get_conversation_analytics?{query}", headers=headers)

    assert answer.status_code == 422


def test_the_largest_transcript_is_taken(caller: Caller) -> None:
    messages = [{"role": "user", "content": "x" * 1900}] * 5000
    body = json.dumps({"session_id": "s", "user_id": "ana", "messages": messages}).encode()
    assert len(body) < MAX_BODY_BYTES

    assert send(caller, SAVE, body).status_code == 200


def test_one_message_too_many_is_refused(caller: Caller, database: Database) -> None:
    messages = [{"role": "user", "content": "x"}] * 5001

    refused = caller.tool(
        "save_conversation", {"session_id": "s", "user_id": "ana", "messages": messages}
    )

    assert faults(refused) == [("/messages", "too_long")]
    assert nothing_is_stored(caller, database)


def test_odd_but_storable_texts_are_kept_as_they_are(caller: Caller) -> None:
    odd = "🙂 \u202e\u200f \x7f \r\n\t '; drop table conversations; -- %s \\u0000 {{x}} <script>"

    saved = caller.tool(
        "save_conversation", {"session_id": "s", "user_id": "ana", "messages": transcript(odd)}
    )

    context = caller.get("/api/v1/mcp/get_user_context/ana").json
    assert saved.json["messages"][0]["content"] == odd
    assert context["recent_conversations"][0]["messages"][0]["content"] == odd


@pytest.mark.parametrize("key", ["k" * 256, "a\x00b"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(
    caller: Caller, database: Database, key: str
) -> None:
    body = {"user_id": "ana", "idempotency_key": key}

    refused = caller.tool("create_chat_session", body)

    assert refused.status_code == 422
    assert nothing_is_stored(caller, database)
