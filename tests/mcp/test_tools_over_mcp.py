"""The five tools as clients of the protocol meet them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from callers import Caller
from factories import transcript
from flask.testing import FlaskClient
from rpc import Rpc

from requirements import requirement
from talkhub.mcp.content.compact_text import LIMIT, compact_text
from talkhub.names import Scope
from talkhub.tools.catalogue import registry

SAVED = {"session_id": "s", "user_id": "ana", "messages": transcript("oi", "olá, tudo bem?")}
READS = frozenset(
    {
        *("get_user_context", "search_memory", "get_message"),
        *("list_conversations", "list_profiles"),
        *("get_conversation_analytics", "get_satisfaction", "get_retention", "get_funnel"),
    }
)


def complaint(result: dict[str, Any]) -> str:
    """Return what an error result says; it must be one."""
    assert result["isError"] is True
    assert "structuredContent" not in result
    return result["content"][0]["text"]


def test_each_tool_says_what_it_does_to_the_data(rpc: Rpc) -> None:
    hints = {tool["name"]: tool["annotations"] for tool in rpc.result("tools/list")["tools"]}

    assert {name for name, each in hints.items() if each["readOnlyHint"]} == READS
    assert {name for name, each in hints.items() if each["destructiveHint"]} == {
        "update_user_profile"
    }
    assert {name for name, each in hints.items() if each["openWorldHint"]} == {"send_message"}
    assert all(each["title"] for each in hints.values())


def without(tool: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in tool.items() if name != member}


def test_both_eras_list_the_tools_of_the_rest_listing(rpc: Rpc, caller: Caller) -> None:
    listed = caller.get("/api/v1/mcp/tools").json["tools"]

    for answer in (rpc.result("tools/list"), rpc.legacy_result("tools/list")):
        # What clients may show beside an answer is the protocol's alone.
        assert [without(tool, "_meta") for tool in answer["tools"]] == listed


def test_the_schemas_need_no_reference_to_be_followed(rpc: Rpc) -> None:
    for tool in rpc.result("tools/list")["tools"]:
        assert "$ref" not in json.dumps(tool)
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])


@pytest.mark.parametrize(
    "spec",
    # Messages need somebody to write to: tests/sending sends them.
    [spec for spec in registry if spec.name not in {"send_message", "get_message"}],
    ids=lambda spec: spec.name,
)
@requirement("mcp:structured-content")
def test_structure_and_text_say_the_same(rpc: Rpc, spec: Any) -> None:
    arguments = {
        "create_chat_session": {"user_id": "ana"},
        "save_conversation": SAVED,
        "get_user_context": {"user_id": "ana"},
        "search_memory": {"user_id": "ana", "query": "olá"},
        "update_user_profile": {"user_id": "ana", "profile_data": {"name": "Ana"}},
        "record_event": {"user_id": "ana", "name": "order_paid"},
        "record_score": {"user_id": "ana", "kind": "nps", "score": 9},
    }
    rpc.call("save_conversation", SAVED)

    given = arguments.get(spec.name, {})
    answer = rpc.call(spec.name, given)
    legacy = rpc.legacy_result("tools/call", {"name": spec.name, "arguments": given})

    assert answer["isError"] is False
    assert answer["structuredContent"] == json.loads(answer["content"][0]["text"])
    spec.output_model.model_validate(answer["structuredContent"])
    spec.output_model.model_validate(legacy["structuredContent"])


@requirement("mcp:argument-errors")
def test_wrong_arguments_come_back_as_something_to_correct(rpc: Rpc) -> None:
    told = complaint(rpc.call("save_conversation", {"session_id": "s", "message": []}))

    assert "/user_id: Field required" in told
    assert "/messages: Field required" in told
    assert "/message: Extra inputs are not permitted" in told


def test_the_value_that_was_wrong_is_not_repeated(rpc: Rpc) -> None:
    arguments = {"user_id": "ana", "profile_data": {"timezone": "ana@example.com"}}

    told = complaint(rpc.call("update_user_profile", arguments))

    assert "/profile_data/timezone: is not a time zone" in told
    assert "ana@example.com" not in told


@requirement("mcp:business-errors")
def test_what_the_business_refuses_is_a_result_too(rpc: Rpc) -> None:
    key = {"idempotency_key": "k1"}
    rpc.call("create_chat_session", {"user_id": "ana", **key})

    told = complaint(rpc.call("create_chat_session", {"user_id": "bia", **key}))

    assert told.startswith("Idempotency key reused: ")


def test_a_retry_with_its_key_is_answered_like_the_first_call(rpc: Rpc) -> None:
    arguments = {"user_id": "ana", "idempotency_key": "k2"}

    first, second = (rpc.call("create_chat_session", arguments) for _ in range(2))

    assert first["structuredContent"] == second["structuredContent"]


def test_a_missing_scope_is_answered_by_http(rpc_of: Callable[..., Rpc]) -> None:
    reader = rpc_of(Scope.MCP_READ)
    call = {"name": "save_conversation", "arguments": SAVED}

    for refused in (reader.modern("tools/call", call), reader.legacy("tools/call", call)):
        assert refused.status_code == 403
        assert refused.json["scope"] == "mcp:write"
    listed = {tool["name"] for tool in reader.result("tools/list")["tools"]}
    assert listed == {spec.name for spec in registry if spec.scope == Scope.MCP_READ}
    assert reader.result("tools/list")["cacheScope"] == "private"


def test_nobody_sees_what_is_another_workspaces(
    rpc: Rpc, client: FlaskClient, sign_token: Callable[..., str], stranger: int
) -> None:
    rpc.call("save_conversation", SAVED)

    caio = Rpc(client, sign_token(stranger))
    seen = caio.call("get_user_context", {"user_id": "ana"})["structuredContent"]

    assert (seen["found"], seen["recent_conversations"]) == (False, [])


@pytest.mark.parametrize("asked", ["address", "meta"])
def test_chatbots_can_ask_for_short_text(rpc: Rpc, asked: str) -> None:
    for number in range(6):
        texts = [f"mensagem {number} " * 30] * 20
        rpc.call(
            "save_conversation",
            {**SAVED, "session_id": f"{number}"} | {"messages": transcript(*texts)},
        )
    address = Rpc(rpc.client, rpc.token, "/mcp?text=compact")
    ana = {"user_id": "ana"}

    if asked == "address":
        answer = address.call("get_user_context", ana)
    else:
        answer = rpc.call("get_user_context", ana, **{"me.talkhub/text": "compact"})
    whole = rpc.call("get_user_context", ana)

    text = answer["content"][0]["text"]
    assert len(text) <= LIMIT < len(whole["content"][0]["text"])
    assert text.startswith("user_id: ana\nfound: yes\n")
    assert answer["structuredContent"] == whole["structuredContent"]


def test_short_text_keeps_something_of_everything() -> None:
    answer = {
        "name": "Ana",
        "phone": None,
        "tags": ["vip", "sul"],
        "is_new": False,
        "talks": [{"id": number, "said": "oi " * 200} for number in range(50)],
    }

    text = compact_text(answer, limit=300)

    assert len(text) <= 300
    assert text.startswith("name: Ana\ntags: vip, sul\nis_new: no\ntalks:\n  - id: 0\n")
    assert text.endswith("more")
    assert "phone" not in text


@pytest.mark.parametrize("answer", [{"a": "x" * 9_000}, {f"{n}": "x" for n in range(9_000)}, {}])
def test_short_text_is_never_longer_than_it_may_be(answer: dict[str, str]) -> None:
    assert len(compact_text(answer)) <= LIMIT


def test_a_long_count_tells_that_it_is_still_counting(rpc: Rpc) -> None:
    params = {"name": "get_conversation_analytics", "_meta": {"progressToken": 1}}

    answer = rpc.modern("tools/call", {**params, "arguments": {}})

    events = [
        json.loads(line.removeprefix("data: "))
        for line in answer.text.splitlines()
        if line.startswith("data: ")
    ]
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert events[0]["params"]["message"] == "Counting conversations"
    assert events[-1]["result"]["structuredContent"]["total_conversations"] == 0


def test_more_streams_than_there_is_room_for_are_told_to_wait(
    rpc: Rpc, client: FlaskClient, workspace: int, sign_token: Callable[..., str]
) -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "get_conversation_analytics", "_meta": {"progressToken": 1}},
    }
    headers = [
        {"Authorization": f"Bearer {sign_token(workspace, subject=who)}"} for who in ("bia", "caio")
    ]
    held = [
        client.post("/mcp", json=call, headers=headers[turn % 2], buffered=False)
        for turn in range(8)
    ]
    try:
        refused = rpc.post(call)
        plain = rpc.legacy("ping")
    finally:
        for response in held:
            response.close()

    assert [response.status_code for response in held] == [200] * 8
    assert (refused.status_code, plain.status_code) == (503, 200)
    assert rpc.post(call).status_code == 200


def test_calls_are_measured_by_tool_and_result(rpc: Rpc, client: FlaskClient) -> None:
    rpc.call("get_user_context", {})
    rpc.modern("tools/call", {"name": "made-up"})
    rpc.modern("made/up")

    told = client.get("/metrics").text

    name = "talkhub_mcp_request_duration_seconds_count"
    called = 'method="tools/call",result="{}",tool="{}"'
    assert f"{name}{{{called.format('tool_error', 'get_user_context')}}}" in told
    assert f"{name}{{{called.format('error', '')}}}" in told
    assert f'{name}{{method="other",result="error",tool=""}}' in told
    assert "made" not in told
    assert 'endpoint="mcp",method="POST",status="404"' in told


@requirement("mcp:rate-limit")
def test_the_limit_of_a_token_holds_for_the_protocol(
    make_client: Callable[..., FlaskClient], caller: Caller
) -> None:
    own = Rpc(make_client(rate_limit_principal=2), caller.token)

    statuses = [own.legacy("ping").status_code for _ in range(4)]

    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_the_server_introduces_itself(rpc: Rpc) -> None:
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "c", "version": "1"},
    }

    discovered, greeted = rpc.result("server/discover"), rpc.legacy_result("initialize", hello)

    assert discovered["supportedVersions"] == ["2026-07-28"]
    assert discovered["instructions"] == greeted["instructions"]
    assert discovered["_meta"]["io.modelcontextprotocol/serverInfo"] == greeted["serverInfo"]
    assert greeted["serverInfo"]["title"] == "TalkHub"
    assert greeted["serverInfo"]["icons"][0]["src"].startswith("data:image/png;base64,")
    assert greeted["protocolVersion"] == "2025-06-18"
