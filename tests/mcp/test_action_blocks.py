"""The flow builder's action blocks, as the original README writes them."""

from __future__ import annotations

from typing import Any

import pytest
from callers import Caller
from factories import new_user, transcript
from flask.testing import FlaskClient

from requirements import requirement
from talkhub.names import Scope
from talkhub.tools.catalogue import registry

ADDRESSES = pytest.mark.parametrize("address", ["/", "/mcp", "/api/v1/mcp"])


def action(name: str, parameters: object) -> dict[str, Any]:
    return {"integration": "mcp_server", "action": name, "parameters": parameters}


def tool(name: str, parameters: object, variable: object = "answer") -> dict[str, Any]:
    return {
        "type": "integration",
        "integration": "mcp_server",
        "endpoint": "https://mcp.talkhub.me",
        "tool": name,
        "parameters": parameters,
        "output_variable": variable,
    }


@ADDRESSES
@requirement("flow:action-block")
def test_an_action_answers_as_its_rest_route(caller: Caller, address: str) -> None:
    parameters = {
        "user_id": new_user(),
        "user_data": {"name": "Ana", "phone": "{{user_phone}}"},
        "platform": "whatsapp",
    }

    answer = caller.post(address, action("create_chat_session", parameters))

    assert answer.status_code == 201
    assert (answer.json["user_id"], answer.json["platform"]) == (parameters["user_id"], "whatsapp")


@ADDRESSES
@pytest.mark.parametrize("as_text", [False, True])
def test_a_tool_answers_under_its_variable_too(
    caller: Caller, address: str, *, as_text: bool
) -> None:
    caller.tool(
        "save_conversation",
        saved := {"session_id": "s", "user_id": "ana", "messages": transcript("oi")},
    )
    parameters = '{"user_id": "ana"}' if as_text else {"user_id": saved["user_id"]}

    answer = caller.post(address, tool("get_user_context", parameters, "user_context"))
    plain = caller.get("/api/v1/mcp/get_user_context/ana").json

    assert answer.status_code == 200
    assert answer.json == {**plain, "user_context": plain}


def test_without_a_variable_there_is_only_the_answer(caller: Caller) -> None:
    answer = caller.post("/", tool("get_user_context", {"user_id": "ana"}, ""))

    assert answer.json == caller.get("/api/v1/mcp/get_user_context/ana").json


def test_the_idempotency_header_counts_here_too(caller: Caller) -> None:
    block = action("create_chat_session", {"user_id": new_user()})

    first, second = (caller.post("/", block, **{"Idempotency-Key": "k"}) for _ in range(2))

    assert first.json == second.json


@pytest.mark.parametrize("block", [action("save", {}), tool("save", {}), action("", {})])
def test_an_unknown_action_is_refused_with_those_there_are(
    caller: Caller, block: dict[str, Any]
) -> None:
    refused = caller.post("/", block)

    assert refused.status_code == 422
    assert refused.json["errors"][0]["code"] == "unknown_action"
    assert all(name in refused.json["detail"] for name in registry.specs)


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"integration": "other"}, "/integration"),
        ({"parameters": []}, "/parameters"),
        ({"parameters": None}, "/parameters"),
        ({"parameters": "[]"}, "/parameters"),
        ({"output_variable": 5}, "/output_variable"),
        ({"output_variable": "x" * 101}, "/output_variable"),
        ({"parameters": {"user_id": "{{contact.id}}"}}, "/user_id"),
    ],
    ids=repr,
)
def test_what_is_wrong_in_a_block_is_named(
    caller: Caller, changed: dict[str, Any], pointer: str
) -> None:
    refused = caller.post("/", {**tool("get_user_context", {"user_id": "ana"}), **changed})

    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == pointer


def test_a_block_needs_the_tools_scope(caller: Caller, client: FlaskClient, sign_token) -> None:
    reader = Caller(client, caller.workspace_id, sign_token(caller.workspace_id, Scope.MCP_READ))

    assert reader.post("/", action("create_chat_session", {"user_id": "a"})).status_code == 403
    assert client.post("/", json=action("create_chat_session", {})).status_code == 401


@pytest.mark.parametrize("path", ["/uchat", "/webhooks/uchat"])
def test_a_block_at_the_webhook_is_told_where_it_belongs(client: FlaskClient, path: str) -> None:
    refused = client.post(path, json=action("create_chat_session", {"user_id": "a"}))

    assert refused.status_code == 422
    assert refused.json["errors"][0]["code"] == "wrong_address"
    assert "/mcp" in refused.json["detail"]
